import Wire

/// Parameters behind a value: `;name=value`, with values as tokens, strings, or in the form of RFC 8187 with a charset
/// (`name*=UTF-8''na%C3%AFve`). Read as leniently as servers write them: white space anywhere, values that are neither.
struct FieldParameters: Sendable, Hashable {
    /// Names in lower case, with a `*` at their end where they came with one.
    private(set) var pairs: [Pair] = []

    /// One parameter.
    struct Pair: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// Takes parameters off the front of `rest`, up to a comma or its end.
    init(_ rest: inout ArraySlice<UInt8>) {
        while true {
            rest = rest.drop { $0.isBlank || $0 == .semicolon }
            guard let first = rest.first, first != .comma else { return }
            let name = rest.prefix { !$0.isBlank && $0 != UInt8(ascii: "=") && $0 != .semicolon && $0 != .comma }
            rest = rest[name.endIndex...].drop(while: \.isBlank)
            var value: [UInt8] = []
            if rest.first == UInt8(ascii: "=") {
                rest = rest.dropFirst().drop(while: \.isBlank)
                if rest.first == UInt8(ascii: "\"") {
                    value = QuotedString.take(&rest, lenient: true)
                    rest = rest.drop { $0 != .semicolon && $0 != .comma }
                } else {
                    value = Array(rest.prefix { $0 != .semicolon && $0 != .comma })
                    rest = rest[(rest.startIndex + value.count)...]
                    while value.last?.isBlank == true { value.removeLast() }
                }
            }
            guard !name.isEmpty else { continue }
            pairs.append(
                Pair(
                    name: String(decoding: name.map(\.lowercased), as: UTF8.self),
                    value: String(decoding: value, as: UTF8.self)))
        }
    }

    /// The first value of a name as it stands.
    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The text of a name: that with a charset wins, if it can be read (RFC 8288 §3.4.1, RFC 6266 §4.3).
    func text(_ name: String) -> String? { self["\(name)*"].flatMap(Self.extended) ?? self[name] }

    /// `charset'language'value`, percent-encoded (RFC 8187 §3.2); `nil` if it is not of that form.
    private static func extended(_ value: String) -> String? {
        let parts = value.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let charset = Charset(label: String(parts[0])) else { return nil }
        var bytes: [UInt8] = []
        var rest = parts[2].utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else { return nil }
            bytes.append(high << 4 | low)
        }
        return charset.decode(bytes)
    }
}
