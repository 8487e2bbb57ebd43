import Names
import Wire

/// An `Alt-Svc` field (RFC 7838 §3): `clear`, or a list of places by protocol.
///
///     Alt-Svc: h3=":443"; ma=3600; persist=1, h2="alt.example.com:8443"
///
/// Reads every field, whatever is in it: an entry that breaks the grammar is left out, and the reason is in `faults`.
/// Parameters that are not known are ignored (§3).
package struct AltSvcField: Sendable, Hashable {
    /// One alternative, as it stands in the field.
    package struct Entry: Sendable, Hashable {
        /// The protocol by its ALPN name, decoded.
        package var alpn: String
        /// The host in normal form; nil for the origin's own.
        package var host: String?
        package var port: Int
        /// Seconds that it holds from when the response was made.
        package var maxAge: Int64
        package var persists: Bool

        package init(alpn: String, host: String?, port: Int, maxAge: Int64, persists: Bool) {
            self.alpn = alpn
            self.host = host
            self.port = port
            self.maxAge = maxAge
            self.persists = persists
        }
    }

    /// All alternatives are to be forgotten. Where `clear` stands beside others, they are none (RFC 7838 §3).
    package private(set) var clears = false
    package private(set) var entries: [Entry] = []
    /// What was ignored, and why: half sentences.
    package private(set) var faults: [String] = []

    /// Reads a field's value; of several fields, their values joined by commas.
    package init(_ value: String) {
        let count = value.utf8.count
        guard count <= AltSvcLimits.field else {
            faults = ["the field has \(count) bytes, more than \(AltSvcLimits.field)"]
            return
        }
        var scanner = AltSvcScanner(value.utf8)
        var read = 0
        while scanner.skipToMember() {
            guard read < AltSvcLimits.entries else {
                note("it has more than \(AltSvcLimits.entries) entries")
                break
            }
            read += 1
            do throws(AltSvcFault) {
                guard let entry = try scanner.entry() else {
                    clears = true
                    continue
                }
                entries.append(entry)
            } catch {
                note(error.reason)
                scanner.skipMember()
            }
        }
        if clears { entries = [] }
    }

    private mutating func note(_ reason: String) {
        if faults.count < AltSvcLimits.faults { faults.append(reason) }
    }
}

/// Why an entry is left out.
struct AltSvcFault: Error {
    let reason: String
}

/// Reads the entries of a field, one after the other. Never looks outside of its bytes.
struct AltSvcScanner {
    private let bytes: [UInt8]
    private var at = 0

    private static let quote = UInt8(ascii: "\"")
    private static let equals = UInt8(ascii: "=")

    init(_ value: String.UTF8View) { bytes = Array(value) }

    private var next: UInt8? { bytes.indices.contains(at) ? bytes[at] : nil }

    private mutating func skipBlanks() { while let byte = next, byte.isBlank { at += 1 } }

    /// Goes to the next member of the list; empty ones count for nothing (RFC 9110 §5.6.1). False at the end.
    mutating func skipToMember() -> Bool {
        while let byte = next, byte.isBlank || byte == .comma { at += 1 }
        return next != nil
    }

    /// Goes past the rest of a member, to the comma after it; a comma in a quoted string is none.
    mutating func skipMember() {
        while let byte = next, byte != .comma {
            if byte == Self.quote { _ = try? quotedString() } else { at += 1 }
        }
    }

    /// The next entry; nil for `clear`.
    mutating func entry() throws(AltSvcFault) -> AltSvcField.Entry? {
        let name = token()
        guard !name.isEmpty else { throw AltSvcFault(reason: "an entry does not begin with a protocol") }
        guard next == Self.equals else {
            skipBlanks()
            // Case matters: %s"clear".
            if name.elementsEqual("clear".utf8), next == nil || next == .comma { return nil }
            throw AltSvcFault(reason: "'\(text(name))' has no authority")
        }
        at += 1
        guard next == Self.quote else { throw AltSvcFault(reason: "the authority of '\(text(name))' is not quoted") }
        let (host, port) = try Authority.parse(try quotedString())
        var entry = AltSvcField.Entry(
            alpn: try decoded(name), host: host, port: port, maxAge: AltSvcLimits.maxAge, persists: false)
        try parameters(of: &entry)
        return entry
    }

    private mutating func parameters(of entry: inout AltSvcField.Entry) throws(AltSvcFault) {
        var hasAge = false
        while true {
            skipBlanks()
            guard next == .semicolon else { break }
            at += 1
            skipBlanks()
            let name = token().map(\.lowercased)
            guard next == Self.equals else {
                // An empty parameter, or one without a value: nothing that is known.
                guard next == nil || next == .semicolon || next == .comma || next?.isBlank == true else {
                    throw AltSvcFault(reason: "what stands behind '\(text(name[...]))' is no parameter")
                }
                continue
            }
            at += 1
            let value = next == Self.quote ? try quotedString() : Array(token())
            switch String(decoding: name, as: UTF8.self) {
            case "ma" where !hasAge:
                hasAge = true
                guard let seconds = Self.seconds(value) else {
                    throw AltSvcFault(reason: "ma is no number of seconds but '\(text(value[...]))'")
                }
                entry.maxAge = seconds
            // Any other value means nothing (RFC 7838 §3.1).
            case "persist": entry.persists = value == [UInt8(ascii: "1")]
            default: break
            }
        }
        guard next == nil || next == .comma else {
            throw AltSvcFault(reason: "something stands between an entry and the comma after it")
        }
    }

    /// `delta-seconds` (RFC 9111 §1.2.2): what is larger than can be held counts as the largest.
    private static func seconds(_ digits: [UInt8]) -> Int64? {
        guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
        let value = Int64(String(decoding: digits, as: UTF8.self)) ?? .max
        return min(value, AltSvcLimits.longestAge)
    }

    private mutating func token() -> ArraySlice<UInt8> {
        let start = at
        while let byte = next, byte.isTokenCharacter { at += 1 }
        return bytes[start..<at]
    }

    /// The content of a quoted string (RFC 9110 §5.6.4); stands at its first quote.
    private mutating func quotedString() throws(AltSvcFault) -> [UInt8] {
        at += 1
        var content: [UInt8] = []
        while var byte = next {
            at += 1
            if byte == Self.quote { return content }
            if byte == UInt8(ascii: "\\") {
                guard let escaped = next else { break }
                byte = escaped
                at += 1
            }
            content.append(byte)
        }
        throw AltSvcFault(reason: "a quote is not closed")
    }

    /// The ALPN name of a `protocol-id` (RFC 7838 §3): what no token holds is percent-encoded.
    private func decoded(_ token: ArraySlice<UInt8>) throws(AltSvcFault) -> String {
        guard token.contains(UInt8(ascii: "%")) else { return text(token) }
        var name: [UInt8] = []
        var rest = token
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                name.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else {
                throw AltSvcFault(reason: "the protocol '\(text(token))' is not encoded well")
            }
            name.append(high << 4 | low)
        }
        return String(decoding: name, as: UTF8.self)
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        let start = bytes.prefix(48)
        return String(decoding: start, as: UTF8.self) + (bytes.count > start.count ? "…" : "")
    }
}

/// `alt-authority` (RFC 7838 §3): `[ uri-host ] ":" port`.
enum Authority {
    static func parse(_ bytes: [UInt8]) throws(AltSvcFault) -> (host: String?, port: Int) {
        guard let colon = bytes.lastIndex(of: .colon) else { throw fault(bytes, "has no port") }
        guard let port = port(bytes[(colon + 1)...]) else { throw fault(bytes, "has no port from 1 to 65535") }
        guard colon > 0 else { return (nil, port) }
        guard let host = host(bytes[..<colon]) else { throw fault(bytes, "has a host that is none") }
        return (host, port)
    }

    static func port(_ digits: ArraySlice<UInt8>) -> Int? {
        guard 1...5 ~= digits.count, digits.allSatisfy(\.isDigit),
            let port = Int(String(decoding: digits, as: UTF8.self)), 1...65_535 ~= port
        else { return nil }
        return port
    }

    /// The host in normal form, as of a URL: so that it compares, and nothing else gets through.
    static func host(_ bytes: ArraySlice<UInt8>) -> String? {
        let isPlain = bytes.allSatisfy { byte in
            byte.isDigit || byte.isLetter || byte >= 0x80 || "-._[]:".utf8.contains(byte)
        }
        guard isPlain, !bytes.isEmpty, let url = try? HTTPURL("https://\(String(decoding: bytes, as: UTF8.self)):1/"),
            url.explicitPort == 1
        else { return nil }
        return url.host
    }

    private static func fault(_ bytes: [UInt8], _ what: String) -> AltSvcFault {
        AltSvcFault(reason: "the authority '\(String(decoding: bytes.prefix(64), as: UTF8.self))' \(what)")
    }
}
