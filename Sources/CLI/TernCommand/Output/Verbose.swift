import TernCore

/// Tells what happens, on standard error: `*` for facts, `>` for what goes out, `<` for what comes in. Credentials
/// and cookies that go out are hidden.
struct Verbose: Hook {
    func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool) {
        Output.error.line("* \(reused ? "Using the open connection" : "Connected"): \(connection)")
        let framing = try? RequestFraming(request)
        Output.error.line("> \(request.method.rawValue) \(request.target) HTTP/\(connection.version.rawValue)")
        Output.error.line("> Host: \(framing?.authority ?? request.url.authority)")
        for field in framing?.fields ?? request.fields { Output.error.line("> \(field.name.rawName): \(shown(field))") }
        if let length = framing?.contentLength { Output.error.line("> Content-Length: \(length)") }
        Output.error.line(">")
    }

    func earlyResponse(_ response: HTTPResponse, to request: Request) {
        tell("\(StatusText.of(response.status))", response.headerFields)
    }

    func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
        tell("HTTP/\(response.version.rawValue) \(StatusText.of(response.status))", response.fields)
        return response
    }

    private func tell(_ status: String, _ fields: HTTPFields) {
        Output.error.line("< \(status)")
        for field in fields { Output.error.line("< \(field.name.rawName): \(field.value)") }
        Output.error.line("<")
    }

    private func shown(_ field: HTTPField) -> String {
        switch field.name {
        case .authorization, .proxyAuthorization, .cookie: "(hidden)"
        default: field.value
        }
    }
}
