/// Where and by which protocol an origin can be had besides its own place (RFC 7838 §2).
public struct AltService: Sendable, Hashable, CustomStringConvertible {
    /// The protocol by its ALPN name: `h3`.
    public var alpn: String
    /// The host as ``HTTPURL/host`` gives it: lower case, no brackets around an IPv6 address.
    public var host: String
    /// The port, 1 to 65,535; of UDP for `h3`.
    public var port: Int

    /// The service that speaks `alpn` at `host` and `port`.
    public init(alpn: String = "h3", host: String, port: Int) {
        self.alpn = alpn
        self.host = host
        self.port = port
    }

    /// `h3=[::1]:443`.
    public var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "\(alpn)=[\(host)]:\(port)" : "\(alpn)=\(host):\(port)"
    }
}

/// An alternative service of an origin, and how long it is one.
public struct Alternative: Sendable, Hashable, CustomStringConvertible {
    /// Who said so.
    public enum Source: String, Sendable, Hashable, CaseIterable {
        /// An `Alt-Svc` field of the origin (RFC 7838 §3).
        case field
        /// An HTTPS record in the DNS (RFC 9460).
        case dns
        /// A file that another run, or curl, had written.
        case file
        /// The application, by hand. Neither a field nor a record replaces it, and it does not expire.
        case hand
    }

    /// Where it is.
    public var service: AltService
    /// When it ends to be one, in seconds since 1970.
    public var expires: Int64
    /// Whether it outlives a change of the network (`persist=1`, RFC 7838 §3.1).
    public var persists: Bool
    /// Who said so.
    public var source: Source
    /// Whether it may be at a private or loopback address: only if the origin is at one too, or by hand.
    public var mayBePrivate: Bool

    /// An alternative until `expires`, in seconds since 1970.
    public init(
        _ service: AltService, expires: Int64, persists: Bool = false, source: Source = .field,
        mayBePrivate: Bool = false
    ) {
        self.service = service
        self.expires = expires
        self.persists = persists
        self.source = source
        self.mayBePrivate = mayBePrivate
    }

    /// The service.
    public var description: String { service.description }
}

/// An alternative, and what was experienced with it.
public struct KnownAlternative: Sendable, Hashable {
    /// What the origin said.
    public var alternative: Alternative
    /// How many attempts in a row have failed on this network.
    public var failures: Int
    /// Until when it is left alone for that, in seconds since 1970; `nil` if no attempt has failed.
    public var brokenUntil: Int64?

    /// An alternative with its history.
    public init(_ alternative: Alternative, failures: Int = 0, brokenUntil: Int64? = nil) {
        self.alternative = alternative
        self.failures = failures
        self.brokenUntil = brokenUntil
    }

    /// Whether it is left alone at `now`, in seconds since 1970.
    public func isBroken(at now: Int64) -> Bool { brokenUntil.map { now < $0 } ?? false }
}
