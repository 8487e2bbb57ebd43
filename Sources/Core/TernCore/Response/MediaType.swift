/// A media type with its parameters (RFC 9110 §8.3.1), as far as it can be read.
struct MediaType {
    /// `type/subtype` in lower case.
    let essence: String
    /// Names in lower case, values as they stand; of a name that repeats, the first counts.
    private(set) var parameters: [String: String] = [:]

    init(_ text: String) {
        var rest = Substring(text)
        essence = MediaType.trim(rest.prefix { $0 != ";" }).lowercased()
        rest = rest.drop { $0 != ";" }
        while rest.first == ";" {
            rest.removeFirst()
            let name = MediaType.trim(rest.prefix { $0 != "=" && $0 != ";" }).lowercased()
            rest = rest.dropFirst(rest.prefix { $0 != "=" && $0 != ";" }.count)
            guard rest.first == "=" else { continue }
            rest.removeFirst()
            let value = MediaType.takeValue(&rest)
            if !name.isEmpty, parameters[name] == nil { parameters[name] = value }
        }
    }

    /// JSON, or a type whose suffix says that it is (RFC 6839 §3.1).
    var isJSON: Bool { essence == "application/json" || essence == "text/json" || essence.hasSuffix("+json") }

    private static func takeValue(_ rest: inout Substring) -> String {
        rest = rest.drop { $0 == " " || $0 == "\t" }
        guard rest.first == "\"" else {
            let value = rest.prefix { $0 != ";" }
            rest = rest[value.endIndex...]
            return String(trim(value))
        }
        // A quoted string (RFC 9110 §5.6.4).
        rest.removeFirst()
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let escaped = rest.popFirst() {
                value.append(escaped)
            } else {
                value.append(character)
            }
        }
        rest = rest.drop { $0 != ";" }
        return value
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
