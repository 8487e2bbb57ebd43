import TernCore

/// Fills in the format of `--write-out`: `%{name}`, `%%`, `\n`, `\r`, `\t`. An unknown name is left as it stands.
enum WriteOut {
    static func text(_ format: String, _ response: StreamingResponse, _ received: Int64) -> String {
        var text = ""
        var rest = format[...]
        while let character = rest.popFirst() {
            switch (character, rest.first) {
            case ("\\", "n"?): text += "\n"
            case ("\\", "r"?): text += "\r"
            case ("\\", "t"?): text += "\t"
            case ("%", "%"?): text += "%"
            case ("%", "{"?):
                guard let end = rest.firstIndex(of: "}") else {
                    text.append(character)
                    continue
                }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                text += value(of: name, response, received) ?? "%{\(name)}"
                rest = rest[rest.index(after: end)...]
                continue
            default:
                text.append(character)
                continue
            }
            rest = rest.dropFirst()
        }
        return text
    }

    private static func value(of name: String, _ response: StreamingResponse, _ received: Int64) -> String? {
        switch name {
        case "http_code", "response_code": "\(response.status.code)"
        case "http_version": response.version.rawValue
        case "content_type": response.headers[.contentType] ?? ""
        case "size_download": "\(received)"
        case "url_effective": "\(response.url)"
        case "num_redirects": "\(response.history.count)"
        case "num_retries": "\(max(0, response.attempts.count - 1 - response.history.count))"
        case "num_connects": response.reusedConnection ? "0" : "1"
        case "method": response.request.method.rawValue
        case "scheme": response.url.scheme.rawValue.uppercased()
        case "remote_ip": remote(response)?.address.description ?? ""
        case "remote_port": remote(response).map { "\($0.port)" } ?? ""
        case "time_namelookup": seconds(response, "resolved")
        case "time_connect": seconds(response, "connected")
        case "time_appconnect": seconds(response, "TLS done")
        case "time_pretransfer": seconds(response, "ready")
        case "time_starttransfer": seconds(response, "head")
        case "time_total": seconds(response, "done")
        default: nil
        }
    }

    private static func remote(_ response: StreamingResponse) -> (address: IPAddress, port: Int)? {
        guard case .ip(let address, let port)? = response.connection.remote else { return nil }
        return (address, port)
    }

    private static func seconds(_ response: StreamingResponse, _ phase: String) -> String {
        let micros = Int64((response.timeline?.time(of: phase) ?? .zero).milliseconds * 1_000)
        let fraction = "\(micros % 1_000_000)"
        return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}
