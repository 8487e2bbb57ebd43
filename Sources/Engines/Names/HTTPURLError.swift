/// Why a string is no http(s) URL that a request can be sent to.
public struct HTTPURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// Nothing was given, or spaces only.
        case emptyURL
        /// There is no `http://` or `https://` in front.
        case missingScheme
        /// The scheme, here in lower case, is one that Tern does not speak.
        case unsupportedScheme(String)
        /// No host stands between the scheme and the path; `http:/x` and `http:x` are this error too.
        case missingHost
        /// The host is no name, IPv4 address or bracketed IPv6 address; the text says why.
        case invalidHost(String)
        /// The port is not a number from 1 to 65,535.
        case invalidPort
        /// The part before "@" holds a second "@", bad percent-encoding, or control characters.
        case invalidUserinfo
        /// A C0 control character or DEL stands at this offset, in bytes of UTF-8.
        case controlCharacter(offset: Int)
        /// The URL takes this many bytes, more than ``HTTPURL/maximumLength``.
        case tooLong(Int)
    }

    /// What was wrong.
    public let reason: Reason

    /// The offending text without userinfo, with control and format characters escaped, and cut after 200
    /// characters: fit for a log.
    public let url: String

    init(_ reason: Reason, in text: String) {
        self.reason = reason
        url = Self.presentable(text)
    }

    /// One sentence: what was wrong, and with which text.
    public var description: String { "not an http(s) URL: \(explanation) in \"\(url)\"" }

    private var explanation: String {
        switch reason {
        case .emptyURL: "nothing"
        case .missingScheme: "no http:// or https:// in front"
        case .unsupportedScheme(let scheme): "unsupported scheme \(Self.escaped(scheme))"
        case .missingHost: "no host after the scheme"
        case .invalidHost(let why): "bad host (\(why))"
        case .invalidPort: "a port that is no number from 1 to 65535"
        case .invalidUserinfo: "malformed user or password before \"@\""
        case .controlCharacter(let offset): "a control character at byte \(offset)"
        case .tooLong(let length): "\(length) bytes, over the limit of \(HTTPURL.maximumLength),"
        }
    }

    private static let shown = 200

    /// What may be a password is left out: all from the scheme to the last "@", unless the part before the first
    /// slash holds neither ":" nor "@", for then no user can stand there. It works on bytes, since the parser does:
    /// an "@" with a combining mark is a character of its own, and still ends a user.
    static func presentable(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isSlash: (UInt8) -> Bool = { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        let schemeEnd = SchemeName(in: bytes[...])?.end ?? 0
        let slashes = bytes[schemeEnd...].prefix(while: isSlash)
        let start = slashes.isEmpty ? 0 : slashes.endIndex
        let authority = bytes[start...].prefix { $0 != UInt8(ascii: "/") }
        let mayHoldUser = authority.contains { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: ":") }
        guard mayHoldUser, let at = bytes[start...].lastIndex(of: UInt8(ascii: "@")) else { return escaped(text) }
        return escaped(String(decoding: bytes[..<start] + bytes[(at + 1)...], as: UTF8.self))
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < shown else { return result + "…" }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
