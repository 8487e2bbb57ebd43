/// The version of HTTP that carried an exchange.
public enum HTTPVersion: String, Sendable, Hashable, Comparable, CaseIterable {
    /// RFC 1945, in responses only.
    case http10 = "1.0"
    /// RFC 9112.
    case http11 = "1.1"
    /// RFC 9113.
    case http2 = "2"
    /// RFC 9114.
    case http3 = "3"

    /// Whether `left` is the older version.
    public static func < (left: HTTPVersion, right: HTTPVersion) -> Bool { left.rawValue < right.rawValue }
}

/// The protocols that may be chosen for a connection. A transport uses those of them that it has, and refuses a
/// set of which it has none.
public struct ProtocolSet: OptionSet, Sendable, Hashable, CustomStringConvertible {
    /// One bit a protocol.
    public let rawValue: UInt8
    /// Protocols by their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// HTTP/1.1 (RFC 9112).
    public static let http1 = ProtocolSet(rawValue: 1)
    /// HTTP/2 over TLS, chosen by ALPN (RFC 9113 §3.2).
    public static let http2 = ProtocolSet(rawValue: 2)
    /// HTTP/2 in clear text without asking first (RFC 9113 §3.3). With it, `http:` URLs use HTTP/2.
    public static let http2PriorKnowledge = ProtocolSet(rawValue: 4)
    /// HTTP/3 (RFC 9114).
    public static let http3 = ProtocolSet(rawValue: 8)

    /// The default: HTTP/1.1, HTTP/2 and HTTP/3, the best that client and server share.
    public static let automatic: ProtocolSet = [.http1, .http2, .http3]

    /// The protocols by name, for messages.
    public var description: String {
        let names: [(ProtocolSet, String)] = [
            (.http1, "HTTP/1.1"), (.http2, "HTTP/2"), (.http2PriorKnowledge, "HTTP/2 in clear text"),
            (.http3, "HTTP/3"),
        ]
        let present = names.filter { contains($0.0) }.map(\.1)
        return present.isEmpty ? "no protocol" : present.joined(separator: ", ")
    }
}
