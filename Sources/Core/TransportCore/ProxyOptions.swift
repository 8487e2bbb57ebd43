/// A proxy, and how to talk to it. Part of the pool's key.
public struct ProxyOptions: Sendable, Hashable, CustomStringConvertible {
    /// The protocol spoken with a proxy.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// CONNECT for `https:`, absolute-form targets for `http:` (RFC 9110 §9.3.6, RFC 9112 §3.2.2).
        case http
        /// The same, inside TLS to the proxy.
        case https
        /// SOCKS 4: the host is resolved here, IPv4 only.
        case socks4
        /// SOCKS 4a: the proxy resolves.
        case socks4a
        /// SOCKS 5 (RFC 1928): the host is resolved here.
        case socks5
        /// SOCKS 5: the proxy resolves.
        case socks5h
    }

    /// The protocol spoken with it.
    public var kind: Kind
    /// Name or address, without brackets.
    public var host: String
    /// Its port, 1 to 65,535.
    public var port: Int
    /// User and password for Basic or SOCKS authentication. Never shown.
    public var credentials: Credentials?
    /// Fields for the proxy alone, sent with CONNECT or with an absolute-form request.
    public var fields: HTTPFields = [:]
    /// Whether `http:` URLs go through a tunnel (CONNECT), too: no.
    public var tunnelsClearText: Bool = false
    /// Trust and identity for the connection to an `https` proxy.
    public var tls: TLSOptions = TLSOptions()

    /// A proxy at `host` and `port`.
    public init(_ kind: Kind, host: String, port: Int, credentials: Credentials? = nil) {
        self.kind = kind
        self.host = host
        self.port = port
        self.credentials = credentials
    }

    var requiredFeatures: Feature {
        switch kind {
        case .http: .httpProxy
        case .https: [.httpProxy, .httpsProxy]
        case .socks4, .socks4a: .socks4Proxy
        case .socks5, .socks5h: .socks5Proxy
        }
    }

    /// Kind, host and port; never the credentials.
    public var description: String { "\(kind.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
