import Tern

/// Fills in and writes the format of `--write-out`: `%{name}`, `%header{name}`, `%%`, `\n`, `\r`, `\t`, `@file`.
struct WriteOut {
    /// What the names stand for.
    struct Facts {
        var url: String
        var number: Int
        var outcome: Transfer.Outcome
        var record: Recorder.Record
        var start: Instant
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
        if name == "json" { return json }
        if name == "header_json" { return HeaderJSON.text(facts.record.final?.fields ?? [:]) }
        switch WriteOutVariables(facts).value(of: name) {
        case nil: return nil
        case .text(let text)?: return text ?? ""
        case .number(let number)?: return "\(number)"
        case .seconds(let text)?: return text
        // curl writes the code of the status with three digits.
        case .status(let code)?: return String(repeating: "0", count: max(0, 3 - "\(code)".count)) + "\(code)"
        }
    }

    /// All variables, in curl's order.
    private var json: String {
        var json = JSONWriter()
        let variables = WriteOutVariables(facts)
        json.object { object in
            for name in WriteOutVariables.names {
                object.name(name)
                switch variables.value(of: name) {
                case .text(let text)?: object.string(text)
                case .number(let number)?: object.integer(number)
                case .seconds(let text)?: object.value(.number(text))
                case .status(let code)?: object.integer(code)
                case nil: object.null()
                }
            }
            object.name("curl_version")
            object.string("tern/\(ternVersion) \(CurlTransport.libraries)")
        }
        return String(decoding: json.bytes, as: UTF8.self)
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
