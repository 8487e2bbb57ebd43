import TestServer

/// A value of JSON (RFC 8259), written with its names in their order.
enum JSONText: Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case none
    case list([JSONText])
    case object([(name: String, value: JSONText)])

    /// The text, indented.
    var pretty: String {
        var text = ""
        write(into: &text, indent: "\n")
        return text + "\n"
    }

    /// The text on one line.
    var line: String {
        var text = ""
        write(into: &text, indent: nil)
        return text
    }

    private func write(into text: inout String, indent: String?) {
        switch self {
        case .text(let value): JSONText.write(value, into: &text)
        case .number(let value): text += "\(value)"
        case .flag(let value): text += value ? "true" : "false"
        case .none: text += "null"
        case .list(let values):
            JSONText.write(values, "[", "]", into: &text, indent) { $0.write(into: &$1, indent: $2) }
        case .object(let members):
            JSONText.write(members, "{", "}", into: &text, indent) { member, text, indent in
                JSONText.write(member.name, into: &text)
                text += ": "
                member.value.write(into: &text, indent: indent)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, into text: inout String, _ indent: String?,
        _ body: (Element, inout String, String?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + "  " }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += inner == nil ? ", " : "," }
            text += inner ?? ""
            body(element, &text, inner)
        }
        if !elements.isEmpty { text += indent ?? "" }
        text += close
    }

    private static func write(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    /// Names with their values; what comes more than once becomes a list.
    static func pairs(_ pairs: [(name: String, value: String)]) -> JSONText {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for pair in pairs {
            if values[pair.name] == nil { names.append(pair.name) }
            values[pair.name, default: []].append(pair.value)
        }
        return .object(
            names.map { name in
                let all = values[name] ?? []
                return (name, all.count == 1 ? .text(all[0]) : .list(all.map { .text($0) }))
            })
    }
}
