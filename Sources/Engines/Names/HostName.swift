/// The host of a URL in normal form: the bytes as they stand in the URL, and what they are.
///
/// A name is ASCII in lower case, its labels 1 to 63 bytes of letters, digits, hyphens and underscores, one dot at
/// its end allowed. A name whose last label is a number is an IPv4 address or an error, since resolvers take such
/// names for addresses in ways that differ (WHATWG URL §3.5).
struct HostName {
    /// RFC 1035 §2.3.4.
    static let longestLabel = 63
    /// The 255 octets of RFC 1035 §2.3.4 as text.
    static let longestName = 253

    /// The host as it stands in a URL: an IPv6 address has its brackets.
    let text: [UInt8]
    let kind: HTTPURL.Layout.HostKind

    init(_ given: ArraySlice<UInt8>) throws(HostRefusal) {
        if given.first == UInt8(ascii: "[") {
            text = try Self.bracketed(given)
            kind = .v6
            return
        }
        let isASCII = given.allSatisfy { $0 < 128 }
        let name = isASCII ? given.map(\.lowercased) : try Self.international(given)
        try Self.check(name)
        if Self.endsInNumber(name) {
            guard let address = IPAddress(text: name[...]) else {
                throw HostRefusal(message: "it ends in a number, and is no IPv4 address in dotted decimal")
            }
            text = Array(address.description.utf8)
            kind = .v4
        } else {
            text = name
            kind = .name
        }
    }

    private static func bracketed(_ given: ArraySlice<UInt8>) throws(HostRefusal) -> [UInt8] {
        guard given.last == UInt8(ascii: "]") else { throw HostRefusal(message: "a bracket is not closed") }
        let inside = given.dropFirst().dropLast()
        guard !inside.contains(UInt8(ascii: "%")) else {
            throw HostRefusal(message: "an IPv6 zone has no place in a URL, RFC 9844")
        }
        guard let address = IPAddress(text: inside), address.family == .v6 else {
            throw HostRefusal(message: "what stands in brackets is no IPv6 address")
        }
        return Array("[\(address)]".utf8)
    }

    private static func international(_ given: ArraySlice<UInt8>) throws(HostRefusal) -> [UInt8] {
        do throws(IDN.Refusal) {
            return try IDN.toASCII(given).map(\.lowercased)
        } catch {
            throw HostRefusal(message: error.message)
        }
    }

    private static func check(_ name: [UInt8]) throws(HostRefusal) {
        guard name.allSatisfy(ByteSet.host.contains) else {
            throw HostRefusal(message: "a character that no host name holds")
        }
        let labels = name.last == UInt8(ascii: ".") ? name.dropLast() : name[...]
        guard labels.count <= longestName else { throw HostRefusal(message: "longer than \(longestName) bytes") }
        for label in labels.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard !label.isEmpty else { throw HostRefusal(message: "an empty label") }
            guard label.count <= longestLabel else {
                throw HostRefusal(message: "a label longer than \(longestLabel) bytes")
            }
        }
    }

    /// Whether the last label is decimal digits, or hexadecimal ones after "0x".
    private static func endsInNumber(_ name: [UInt8]) -> Bool {
        let labels = name.last == UInt8(ascii: ".") ? name.dropLast() : name[...]
        let last = labels[(labels.lastIndex(of: UInt8(ascii: ".")).map { $0 + 1 } ?? labels.startIndex)...]
        if last.allSatisfy(\.isDigit) { return true }
        return last.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")])
            && last.dropFirst(2).allSatisfy { $0.hexValue != nil }
    }
}

/// Why a host is none.
struct HostRefusal: Error {
    let message: String
}
