/// application/x-www-form-urlencoded (WHATWG URL §5): bodies of forms, and the parameters of a query.
public enum FormEncoding {
    /// The media type of what ``encode(_:)`` gives.
    public static let mediaType = "application/x-www-form-urlencoded"

    /// The pairs in their order as `name=value`, joined by `&`: space as `+`, and everything but letters, digits
    /// and `*-._` percent-encoded as UTF-8.
    public static func encode(_ pairs: [(String, String)]) -> String {
        encode(pairs.map { ($0.0, Optional($0.1)) })
    }

    /// The same, where a pair without a value is its name alone, without `=`.
    static func encode(_ items: [(String, String?)]) -> String {
        var bytes: [UInt8] = []
        for (position, item) in items.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: "&")) }
            append(item.0, to: &bytes)
            guard let value = item.1 else { continue }
            bytes.append(UInt8(ascii: "="))
            append(value, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The pairs of a form, in their order: `+` is a space, a name without `=` has the value "", empty members are
    /// left out. Bad percent-encoding stays as it stands, and bad UTF-8 becomes U+FFFD.
    public static func decode(_ text: String) -> [(String, String)] {
        text.utf8.split(separator: UInt8(ascii: "&")).map { member in
            let halves = member.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (plain(halves.first), plain(halves.count > 1 ? halves.last : nil))
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            if byte == UInt8(ascii: " ") {
                bytes.append(UInt8(ascii: "+"))
            } else {
                PercentEncoding.append(byte, to: &bytes, keeping: .form)
            }
        }
    }

    private static func plain(_ text: Substring.UTF8View?) -> String {
        guard let text else { return "" }
        let spaced = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        return String(decoding: PercentEncoding.decode(spaced[...]) ?? spaced, as: UTF8.self)
    }
}
