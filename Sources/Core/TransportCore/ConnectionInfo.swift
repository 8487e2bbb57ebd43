import Synchronization

/// What is known of a connection. Shared by all exchanges on it.
public final class ConnectionInfo: Sendable, CustomStringConvertible {
    /// A number that no other connection of the process has.
    public let id: UInt64
    /// The protocol spoken on it.
    public let version: HTTPVersion
    /// The address and port on this side, where the library tells.
    public let local: Endpoint?
    /// The address and port that was connected to: the proxy's, where there is one.
    public let remote: Endpoint?
    /// The proxy, if one carries it.
    public let proxy: ProxyOptions?
    /// What TLS settled; `nil` in clear text.
    public let tls: TLSInfo?

    /// What changes in its life.
    private final class Life: Sendable {
        let retired = Atomic(false)
        let lastHeard = Atomic(Int64.min)
    }
    private let life: Life

    /// What is known. If more has become known of a connection, it is `continuing` what was known before: both tell the
    /// same of its life.
    public init(
        id: UInt64, version: HTTPVersion, local: Endpoint?, remote: Endpoint?, proxy: ProxyOptions? = nil,
        tls: TLSInfo? = nil, continuing before: ConnectionInfo? = nil
    ) {
        life = before?.life ?? Life()
        self.id = id
        self.version = version
        self.local = local
        self.remote = remote
        self.proxy = proxy
        self.tls = tls
    }

    /// Whether it takes no more exchanges: it was closed, broke, or drains. Of a transport that does not tell, never.
    public var isRetired: Bool { life.retired.load(ordering: .relaxed) }

    /// For the transport: it takes no more exchanges. Once said it stays so.
    public func retire() { life.retired.store(true, ordering: .relaxed) }

    /// When something last came from the peer that shows it alive, an acknowledgement, say; `nil` if the transport does
    /// not tell.
    public var heard: Instant? {
        let nanoseconds = life.lastHeard.load(ordering: .relaxed)
        return nanoseconds == .min ? nil : Instant(nanoseconds: nanoseconds)
    }

    /// For the transport: something came from the peer. Cheap enough to be said for every packet.
    public func heard(at now: Instant) { life.lastHeard.store(now.nanoseconds, ordering: .relaxed) }

    /// What TLS settled.
    public struct TLSInfo: Sendable, Hashable {
        /// The version that was agreed on; `nil` if the library does not tell.
        public var version: TLSVersion?
        /// The cipher suite by its IANA or OpenSSL name.
        public var cipher: String?
        /// The group of the key exchange, where the library tells: `x25519`.
        public var group: String?
        /// The protocol chosen by ALPN (RFC 7301).
        public var alpn: String?
        /// Whether the session was resumed; `nil` if the library does not tell.
        public var resumed: Bool?
        /// The peer's certificate chain as it was sent, DER, its own first.
        public var certificates: [[UInt8]]

        /// What is known.
        public init(
            version: TLSVersion? = nil, cipher: String? = nil, group: String? = nil, alpn: String? = nil,
            resumed: Bool? = nil, certificates: [[UInt8]] = []
        ) {
            self.version = version
            self.cipher = cipher
            self.group = group
            self.alpn = alpn
            self.resumed = resumed
            self.certificates = certificates
        }
    }

    /// Protocol, addresses and TLS in one line.
    public var description: String {
        var text = "HTTP/\(version.rawValue)"
        if let local { text += " from \(local)" }
        if let remote { text += " to \(remote)" }
        if let proxy { text += " through \(proxy)" }
        if let tls {
            text += ", TLS \(tls.version?.rawValue ?? "?") \(tls.cipher ?? "")"
            if let group = tls.group { text += " \(group)" }
        }
        return text
    }
}
