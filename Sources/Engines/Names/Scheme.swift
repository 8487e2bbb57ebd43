/// The two schemes that Tern speaks (RFC 9110 §4.2).
public enum Scheme: String, Hashable, Sendable, Codable, CustomStringConvertible {
    /// In clear; port 80.
    case http
    /// Over TLS or QUIC; port 443.
    case https

    /// The port of a URL that names none: 80 or 443.
    public var defaultPort: Int {
        switch self {
        case .http: 80
        case .https: 443
        }
    }

    /// The scheme in lower case, without the colon.
    public var description: String { rawValue }

    /// How many bytes stand before the authority: `http://` or `https://`.
    var prefixLength: Int {
        switch self {
        case .http: 7
        case .https: 8
        }
    }
}
