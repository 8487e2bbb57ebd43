import Wire

/// A media type with its parameters, read as the web reads it (WHATWG MIME Sniffing §4.4; RFC 9110 §8.3.1 where it is
/// well formed).
struct MediaType: Hashable {
    /// In lower case.
    let type: String
    /// In lower case.
    let subtype: String
    /// Names in lower case with their values, in order; of a name that repeats, the first counts.
    private(set) var pairs: [(name: String, value: String)] = []

    /// Reads a field's value; `nil` if it has no type and subtype.
    init?(_ text: String) {
        let bytes = Self.trimmed(Array(text.utf8)[...])
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let end = bytes.firstIndex(of: .semicolon) ?? bytes.endIndex
        guard slash < end else { return nil }
        let name = bytes[..<slash]
        let sub = Self.trimmedEnd(bytes[bytes.index(after: slash)..<end])
        guard Self.isToken(name), Self.isToken(sub) else { return nil }
        type = Self.lowered(name)
        subtype = Self.lowered(sub)
        var rest = bytes[end...]
        while rest.first == .semicolon {
            rest = rest.dropFirst().drop(while: Self.isSpace)
            let name = Self.lowered(rest.prefix { $0 != .semicolon && $0 != UInt8(ascii: "=") })
            rest = rest.drop { $0 != .semicolon && $0 != UInt8(ascii: "=") }
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst()
            let value: [UInt8]
            if rest.first == UInt8(ascii: "\"") {
                value = QuotedString.take(&rest, lenient: true)
                rest = rest.drop { $0 != .semicolon }
            } else {
                value = Array(Self.trimmedEnd(rest.prefix { $0 != .semicolon }))
                rest = rest.drop { $0 != .semicolon }
                if value.isEmpty { continue }
            }
            guard Self.isToken(Array(name.utf8)[...]), value.allSatisfy(Self.isQuotable),
                !pairs.contains(where: { $0.name == name })
            else { continue }
            pairs.append((name, String(decoding: value, as: UTF8.self)))
        }
    }

    /// What several `Content-Type` fields say together (WHATWG Fetch §3.6, "extract a MIME type"): the last that can be
    /// read counts, and keeps the charset of those before it with the same type.
    init?(fields: HTTPFields) {
        let values = fields[values: .contentType]
        if values.count == 1, let value = values.first, !value.utf8.contains(.comma) {
            self.init(value)
            return
        }
        var found: MediaType?
        var charset: String?
        for value in Self.split(values.joined(separator: ", ")) {
            guard var next = MediaType(value), next.essence != "*/*" else { continue }
            if found?.essence != next.essence {
                charset = next["charset"]
            } else if next["charset"] == nil, let charset {
                next.pairs.append(("charset", charset))
            } else {
                charset = next["charset"] ?? charset
            }
            found = next
        }
        guard let found else { return nil }
        self = found
    }

    /// `type/subtype` in lower case.
    var essence: String { "\(type)/\(subtype)" }

    /// The value of a parameter, by its name in lower case.
    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// JSON, or a type whose suffix says that it is (RFC 6839 §3.1).
    var isJSON: Bool { essence == "application/json" || essence == "text/json" || subtype.hasSuffix("+json") }

    static func == (left: MediaType, right: MediaType) -> Bool { left.description == right.description }
    func hash(into hasher: inout Hasher) { hasher.combine(description) }

    /// Splits at commas outside of quotation marks.
    private static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var rest = Array(text.utf8)[...]
        var part: [UInt8] = []
        while let byte = rest.first {
            if byte == UInt8(ascii: "\"") {
                let before = rest
                _ = QuotedString.take(&rest, lenient: true)
                part += before[..<rest.startIndex]
            } else {
                rest = rest.dropFirst()
                if byte == .comma {
                    parts.append(String(decoding: part, as: UTF8.self))
                    part = []
                } else {
                    part.append(byte)
                }
            }
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte.isBlank || byte == .lineFeed || byte == .carriageReturn }
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        trimmedEnd(bytes.drop(while: isSpace))
    }
    private static func trimmedEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }
    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(\.isTokenCharacter)
    }
    private static func isQuotable(_ byte: UInt8) -> Bool { byte.isFieldValueCharacter }
    private static func lowered(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map(\.lowercased), as: UTF8.self)
    }
}

extension MediaType: CustomStringConvertible {
    /// The type as a field has it: values that are no tokens between quotation marks.
    var description: String {
        pairs.reduce(into: essence) { text, pair in
            let isToken = !pair.value.isEmpty && pair.value.utf8.allSatisfy(\.isTokenCharacter)
            text += ";\(pair.name)="
            text += isToken ? pair.value : QuotedString.quoted(pair.value)
        }
    }
}
