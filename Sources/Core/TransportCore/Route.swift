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

    private let hash: Int

    /// A route to `origin`.
    public init(
        to origin: Origin, tls: TLSOptions = TLSOptions(), proxy: ProxyOptions? = nil,
        connect: ConnectOptions = ConnectOptions()
    ) {
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
        hash = hasher.finalize()
    }

    public static func == (left: Route, right: Route) -> Bool {
        left === right
            || left.hash == right.hash && left.origin == right.origin && left.tls == right.tls
                && left.proxy == right.proxy && left.connect == right.connect
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
