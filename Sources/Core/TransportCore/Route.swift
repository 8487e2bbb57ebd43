import Synchronization

/// Where an exchange goes, and under what identity and trust: the key of connection pools.
///
/// Everything that changes who is reached or who is trusted is in it, and nothing else. Immutable; sessions keep
/// one for each origin, so that comparing is mostly comparing two references.
public final class Route: Sendable, Hashable {
    /// Scheme, host and port.
    public let origin: Origin
    /// Trust and identity.
    public let tls: TLSOptions
    /// The proxy that carries it, if any.
    public let proxy: ProxyOptions?
    /// Protocols, addresses and sockets.
    public let connect: ConnectOptions
    /// What a transport must be able to do to take this route.
    public let requiredFeatures: Feature
    /// Nought for the usual connections; else the number of a route apart: see ``apart()``.
    public let separation: UInt64

    private let hash: Int
    private static let separations = Atomic<UInt64>(0)

    /// A route to `origin`.
    public convenience init(
        to origin: Origin, tls: TLSOptions = TLSOptions(), proxy: ProxyOptions? = nil,
        connect: ConnectOptions = ConnectOptions()
    ) {
        self.init(origin, tls, proxy, connect, separation: 0)
    }

    private init(
        _ origin: Origin, _ tls: TLSOptions, _ proxy: ProxyOptions?, _ connect: ConnectOptions, separation: UInt64
    ) {
        self.separation = separation
        self.origin = origin
        self.tls = tls
        self.proxy = proxy
        self.connect = connect
        requiredFeatures = tls.requiredFeatures(for: origin).union(proxy?.requiredFeatures ?? [])
            .union(connect.requiredFeatures(for: origin))
        var hasher = Hasher()
        hasher.combine(origin)
        hasher.combine(tls)
        hasher.combine(proxy)
        hasher.combine(connect)
        hasher.combine(separation)
        hash = hasher.finalize()
    }

    /// The same way over connections that are shared with no other route, and with no other server: where a 421 says
    /// that a connection was the wrong one (RFC 9110 §15.5.20). Equal to nothing but itself. A transport that composes
    /// others takes no alternative service for it (RFC 7838 §6).
    public func apart() -> Route {
        let number = Self.separations.add(1, ordering: .relaxed).newValue
        return Route(origin, tls, proxy, connect, separation: number)
    }

    /// The same way, with the proxy told of in another manner.
    package func through(_ proxy: ProxyOptions) -> Route {
        Route(origin, tls, proxy, connect, separation: separation)
    }

    public static func == (left: Route, right: Route) -> Bool {
        left === right
            || left.hash == right.hash && left.origin == right.origin && left.tls == right.tls
                && left.proxy == right.proxy && left.connect == right.connect && left.separation == right.separation
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
