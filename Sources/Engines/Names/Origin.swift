/// Whom a request talks to: scheme, host and port (RFC 9110 §4.3.1), what connections and credentials belong to.
///
/// Two origins are equal if all three are; the host is compared in the normal form of ``HTTPURL/host``.
public struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// Whether the origin is spoken to in clear or over TLS.
    public let scheme: Scheme
    /// The host as ``HTTPURL/host`` gives it: lower case, no brackets around an IPv6 address.
    public let host: String
    /// The port, 1 to 65,535; the scheme's own if the URL named none.
    public let port: Int

    /// An origin of parts that are already in normal form.
    package init(scheme: Scheme, host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// Scheme, host and port, always with the port: `https://example.org:443`.
    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
    }
}
