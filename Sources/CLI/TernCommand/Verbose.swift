import TernCore

/// Tells what happens, on standard error: `*` for facts, `>` for what goes out, `<` for what comes in.
struct Verbose: Hook {
    func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool) {
        Output.error.line("* \(reused ? "Using the open connection" : "Connected"): \(connection)")
        Output.error.line("> \(request.method.rawValue) \(request.target) HTTP/\(connection.version.rawValue)")
        Output.error.line("> Host: \(request.url.authority)")
        for field in request.fields { Output.error.line("> \(field.name.rawName): \(shown(field))") }
        Output.error.line(">")
    }

    func earlyResponse(_ response: HTTPResponse, to request: Request) {
        Output.error.line("< \(response.status)")
        for field in response.headerFields { Output.error.line("< \(field.name.rawName): \(field.value)") }
        Output.error.line("<")
    }

    func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
        Output.error.line("< HTTP/\(response.version.rawValue) \(response.status)")
        for field in response.fields { Output.error.line("< \(field.name.rawName): \(field.value)") }
        Output.error.line("<")
        return response
    }

    private func shown(_ field: HTTPField) -> String {
        field.name == .authorization || field.name == .proxyAuthorization ? "(hidden)" : field.value
    }
}
