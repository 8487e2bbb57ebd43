import TernCore

/// What the variables of `--write-out` stand for.
struct WriteOutVariables {
    private let facts: WriteOut.Facts
    private let record: Recorder.Record

    init(_ facts: WriteOut.Facts) {
        self.facts = facts
        record = facts.record
    }

    /// A value, as text and as JSON differ.
    enum Value {
        case text(String?)
        case number(Int64)
        /// With six digits behind the point.
        case seconds(String)
        case status(Int)
    }

    /// Those that `%{json}` has, in curl's order.
    static let names = [
        "certs", "content_type", "errormsg", "exitcode", "filename_effective", "ftp_entry_path", "http_code",
        "http_connect", "http_version", "local_ip", "local_port", "method", "num_certs", "num_connects",
        "num_headers", "num_redirects", "proxy_ssl_verify_result", "redirect_url", "referer", "remote_ip",
        "remote_port", "response_code", "scheme", "size_download", "size_header", "size_request", "size_upload",
        "speed_download", "speed_upload", "ssl_verify_result", "time_appconnect", "time_connect", "time_namelookup",
        "time_pretransfer", "time_redirect", "time_starttransfer", "time_total", "url", "url_effective", "urlnum",
    ]

    func value(of name: String) -> Value? {
        let response = facts.outcome.response
        switch name {
        case "certs": return .text(certificates)
        case "num_certs": return .number(Int64(record.connection?.tls?.certificates.count ?? 0))
        case "content_type": return .text(record.final?.fields[values: .contentType].first)
        case "errormsg": return .text(facts.outcome.code == 0 ? nil : facts.outcome.message)
        case "exitcode": return .number(Int64(facts.outcome.code))
        case "filename_effective": return .text(facts.outcome.path)
        case "ftp_entry_path": return .text(nil)
        case "http_code", "response_code": return .status(facts.outcome.status ?? record.final?.status.code ?? 0)
        case "http_connect": return .status(0)
        case "http_version": return .text(record.final?.version.rawValue ?? "0")
        case "method": return .text(response?.request.method.rawValue)
        case "num_connects": return .number(Int64(record.connections))
        case "num_headers": return .number(Int64(record.final?.fields.count ?? 0))
        case "num_redirects":
            return .number(Int64(response?.history.count { (300..<400).contains($0.status.code) } ?? 0))
        case "num_retries":
            return .number(Int64(response.map { max(0, $0.attempts.count - 1 - $0.history.count) } ?? 0))
        case "redirect_url": return .text(redirect)
        case "referer": return .text(response?.request.fields[values: .referer].first)
        case "scheme": return .text((response?.url.scheme.rawValue ?? "").uppercased())
        case "size_download": return .number(downloaded)
        case "size_header": return .number(Int64(record.headBytes))
        case "size_request": return .number(requestBytes)
        case "size_upload": return .number(uploaded)
        case "speed_download": return .number(rate(downloaded))
        case "speed_upload": return .number(rate(uploaded))
        case "ssl_verify_result", "proxy_ssl_verify_result": return .number(0)
        case "url": return .text(facts.url)
        case "url_effective": return .text(response.map { "\($0.url)" } ?? URLText.complete(facts.url))
        case "urlnum": return .number(Int64(facts.number))
        case "remote_ip": return .text(address(record.connection?.remote)?.0 ?? "")
        case "remote_port": return port(record.connection?.remote)
        case "local_ip": return .text(address(record.connection?.local)?.0 ?? "")
        case "local_port": return port(record.connection?.local)
        case "time_namelookup": return seconds(upTo: "resolved")
        case "time_connect": return seconds(upTo: "connected")
        case "time_appconnect": return seconds(upTo: "TLS done")
        case "time_pretransfer": return seconds(upTo: "ready")
        case "time_starttransfer": return seconds(upTo: "head")
        case "time_redirect": return seconds(response?.history.isEmpty == false ? time(of: "queued") : nil)
        case "time_total": return seconds(facts.elapsed)
        default: return nil
        }
    }

    /// The chain that the peer sent, in PEM form.
    private var certificates: String {
        (record.connection?.tls?.certificates ?? []).map { certificate in
            let text = Array(Base64Text.encode(certificate))
            let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
            return "-----BEGIN CERTIFICATE-----\n\(lines.joined(separator: "\n"))\n-----END CERTIFICATE-----\n"
        }.joined()
    }

    private var downloaded: Int64 { record.received ?? facts.outcome.received }

    private var uploaded: Int64 {
        max(record.sent, record.final == nil ? 0 : facts.outcome.response?.request.body.length ?? 0)
    }

    /// The bytes of the requests' heads as HTTP/1.1 would write them.
    private var requestBytes: Int64 {
        (facts.outcome.response?.attempts ?? []).reduce(0) { sum, attempt in
            guard let framing = try? RequestFraming(attempt.request) else { return sum }
            let line = "\(attempt.request.method.rawValue) \(attempt.request.target) HTTP/1.1\r\n".utf8.count
            let host = "Host: \(framing.authority)\r\n".utf8.count
            let length = framing.contentLength.map { "Content-Length: \($0)\r\n".utf8.count } ?? 0
            let fields = framing.fields.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4 }
            return sum + Int64(line + host + length + fields + 2)
        }
    }

    private var redirect: String? {
        guard let response = facts.outcome.response, (300..<400).contains(response.status.code),
            let location = response.headers[values: .location].first
        else { return nil }
        return (try? response.url.resolving(location)).map { "\($0)" }
    }

    private func rate(_ bytes: Int64) -> Int64 {
        let seconds = facts.elapsed.milliseconds / 1_000
        return seconds > 0 ? Int64(Double(bytes) / seconds) : 0
    }

    private func address(_ endpoint: Endpoint?) -> (String, Int)? {
        guard case .ip(let address, let port)? = endpoint else { return nil }
        return ("\(address)", port)
    }

    private func port(_ endpoint: Endpoint?) -> Value { .number(Int64(address(endpoint)?.1 ?? 0)) }

    private func time(of phase: String) -> Duration? {
        record.lastExchange.last { $0.phase == phase }.map { facts.start.duration(to: $0.at) }
    }

    private func seconds(upTo phase: String) -> Value { seconds(time(of: phase)) }

    private func seconds(_ time: Duration?) -> Value {
        let micros = max(0, Int64(((time ?? .zero).milliseconds * 1_000).rounded()))
        let fraction = "\(micros % 1_000_000)"
        return .seconds("\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction)
    }
}
