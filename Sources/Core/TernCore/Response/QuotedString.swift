import Wire

/// Strings between quotation marks, where a backslash takes the next octet as it is (RFC 9110 §5.6.4).
enum QuotedString {
    /// Takes one off the front of `rest`, which begins with the quotation mark. A `lenient` one may lack its end, and
    /// keeps a backslash that nothing follows (WHATWG Fetch, "collect an HTTP quoted string").
    static func take(_ rest: inout ArraySlice<UInt8>, lenient: Bool) -> [UInt8] {
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "\""): return value
            case UInt8(ascii: "\\"):
                if let escaped = rest.first {
                    value.append(escaped)
                    rest = rest.dropFirst()
                } else if lenient {
                    value.append(byte)
                }
            default: value.append(byte)
            }
        }
        return value
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
