import TernCore

/// Fills in and writes the format of `--write-out`: `%{name}`, `%header{name}`, `%%`, `\n`, `\r`, `\t`, `@file`.
struct WriteOut {
    /// What the names stand for.
    struct Facts {
        var url: String
        var number: Int
        var outcome: Transfer.Outcome
        var record: Recorder.Record
        var elapsed: Duration
    }

    private let facts: Facts
    private let warns: Bool

    init(_ facts: Facts, warns: Bool) {
        self.facts = facts
        self.warns = warns
    }

    func write(_ format: String) throws {
        var format = format
        if format.hasPrefix("@") {
            let bytes = try InputReader.all(of: String(format.dropFirst()))
            format = String(decoding: bytes.filter { $0 != 10 && $0 != 13 && $0 != 0 }, as: UTF8.self)
        }
        for piece in pieces(of: format) {
            try (piece.goesToError ? Output.error : Output.standard).write(Array(piece.text.utf8))
        }
    }

    /// The text, cut where `%{stderr}` and `%{stdout}` change where it goes.
    func pieces(of format: String) -> [(text: String, goesToError: Bool)] {
        var pieces: [(text: String, goesToError: Bool)] = [("", false)]
        func add(_ text: String) { pieces[pieces.count - 1].text += text }
        var rest = format[...]
        while let character = rest.popFirst() {
            switch (character, rest.first) {
            case ("\\", let next?):
                rest.removeFirst()
                add(["n": "\n", "r": "\r", "t": "\t"][next] ?? "\\\(next)")
            case ("%", "%"?):
                rest.removeFirst()
                add("%")
            case ("%", "{"?):
                guard let name = braced(&rest) else { return pieces }
                switch name {
                case "stderr": pieces.append(("", true))
                case "stdout": pieces.append(("", false))
                case "onerror": if facts.outcome.code == 0 { return pieces }
                default:
                    if let value = value(of: name) {
                        add(value)
                    } else if warns {
                        Output.error.line("tern: --write-out: there is no %{\(name)} here")
                    }
                }
            case ("%", "h"?) where rest.hasPrefix("header{"):
                rest = rest.dropFirst(6)
                guard let name = braced(&rest) else { return pieces }
                add(facts.record.final?.fields.first { $0.name.rawName.lowercased() == name.lowercased() }?.value ?? "")
            default: add(String(character))
            }
        }
        return pieces
    }

    /// What stands in the braces that `rest` begins with.
    private func braced(_ rest: inout Substring) -> String? {
        guard let end = rest.firstIndex(of: "}") else { return nil }
        defer { rest = rest[rest.index(after: end)...] }
        return String(rest[..<end].dropFirst())
    }

    private func value(of name: String) -> String? {
        let response = facts.outcome.response
        let record = facts.record
        switch name {
        case "http_code", "response_code":
            let code = "\(record.final?.status.code ?? 0)"
            return String(repeating: "0", count: max(0, 3 - code.count)) + code
        case "http_connect": return "000"
        case "http_version": return record.final?.version.rawValue ?? "0"
        case "content_type": return record.final?.fields[values: .contentType].first ?? ""
        case "errormsg": return facts.outcome.message
        case "exitcode": return "\(facts.outcome.code)"
        case "filename_effective": return facts.outcome.path ?? ""
        case "header_json": return HeaderJSON.text(record.final?.fields ?? [:])
        case "method": return response?.request.method.rawValue ?? ""
        case "num_connects": return "\(record.connections)"
        case "num_headers": return "\(record.final?.fields.count ?? 0)"
        case "num_redirects": return "\(response?.history.count { (300..<400).contains($0.status.code) } ?? 0)"
        case "num_retries":
            return "\(response.map { max(0, $0.attempts.count - 1 - $0.history.count) } ?? 0)"
        case "redirect_url": return redirect ?? ""
        case "referer": return response?.request.fields[values: .referer].first ?? ""
        case "scheme": return (response?.url.scheme.rawValue ?? "").uppercased()
        case "size_download": return "\(downloaded)"
        case "size_header": return "\(record.headBytes)"
        case "size_upload": return "\(uploaded)"
        case "speed_download": return "\(rate(downloaded))"
        case "speed_upload": return "\(rate(uploaded))"
        case "ssl_verify_result", "proxy_ssl_verify_result": return "0"
        case "url": return facts.url
        case "url_effective": return response.map { "\($0.url)" } ?? URLText.complete(facts.url)
        case "urlnum": return "\(facts.number)"
        case "remote_ip": return address(record.connection?.remote)?.0 ?? ""
        case "remote_port": return address(record.connection?.remote)?.1 ?? ""
        case "local_ip": return address(record.connection?.local)?.0 ?? ""
        case "local_port": return address(record.connection?.local)?.1 ?? ""
        case "time_namelookup": return seconds(record.times["resolved"])
        case "time_connect": return seconds(record.times["connected"])
        case "time_appconnect": return seconds(record.times["TLS done"])
        case "time_pretransfer": return seconds(record.times["ready"])
        case "time_starttransfer": return seconds(record.times["head"])
        case "time_redirect": return seconds(response?.history.isEmpty == false ? record.times["queued"] : nil)
        case "time_total": return seconds(facts.elapsed)
        default: return nil
        }
    }

    private var downloaded: Int64 { facts.record.received ?? facts.outcome.received }

    private var uploaded: Int64 {
        max(facts.record.sent, facts.record.final == nil ? 0 : facts.outcome.response?.request.body.length ?? 0)
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

    private func address(_ endpoint: Endpoint?) -> (String, String)? {
        guard case .ip(let address, let port)? = endpoint else { return nil }
        return ("\(address)", "\(port)")
    }

    /// With six digits behind the point.
    private func seconds(_ time: Duration?) -> String {
        let micros = max(0, Int64(((time ?? .zero).milliseconds * 1_000).rounded()))
        let fraction = "\(micros % 1_000_000)"
        return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}

/// `%{header_json}`: an object of names in lower case with lists of values, in the order of the first of each.
enum HeaderJSON {
    static func text(_ fields: HTTPFields) -> String {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for field in fields {
            let name = field.name.rawName.lowercased()
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(field.value)
        }
        let members = names.map { "\(quoted($0)):[\((values[$0] ?? []).map(quoted).joined(separator: ","))]" }
        return "{" + members.joined(separator: ",\n") + "\n}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
