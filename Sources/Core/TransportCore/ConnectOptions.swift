/// How a connection is made: protocols, addresses, sockets. Part of the pool's key.
public struct ConnectOptions: Sendable, Hashable {
    /// The protocols that may be chosen.
    public var protocols: ProtocolSet = .automatic
    /// The families of addresses that may be used.
    public var family: AddressFamily = .any
    /// The local address to connect from; `nil` lets the system choose.
    public var localAddress: IPAddress?
    /// The network interface to connect from, by name.
    public var interface: String?
    /// Other places for given hosts, as curl's `--resolve` and `--connect-to`. The first that matches counts.
    public var overrides: [AddressOverride] = []
    /// Addresses that must not be connected to. Checked after the host is resolved, for every connection.
    public var rules: AddressRules = AddressRules()
    /// The path of a Unix socket to connect to in place of any address.
    public var unixSocket: String?
    /// Finds addresses in place of the system's resolver. Two routes are equal only with the same object.
    public var resolver: (any Resolver)?

    /// The defaults.
    public init() {}

    func requiredFeatures(for origin: Origin) -> Feature {
        var features: Feature = []
        if localAddress != nil { features.insert(.localAddress) }
        if interface != nil { features.insert(.interface) }
        if !overrides.isEmpty { features.insert(.addressOverrides) }
        if !rules.isEmpty { features.insert(.addressRules) }
        if unixSocket != nil { features.insert(.unixSocket) }
        if resolver != nil { features.insert(.customResolver) }
        return features
    }

    public static func == (left: ConnectOptions, right: ConnectOptions) -> Bool {
        left.protocols == right.protocols && left.family == right.family && left.localAddress == right.localAddress
            && left.interface == right.interface && left.overrides == right.overrides && left.rules == right.rules
            && left.unixSocket == right.unixSocket && left.resolver === right.resolver
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(protocols)
        hasher.combine(family)
        hasher.combine(localAddress)
        hasher.combine(interface)
        hasher.combine(overrides)
        hasher.combine(rules)
        hasher.combine(unixSocket)
        hasher.combine(resolver.map(ObjectIdentifier.init))
    }
}

/// The kinds of addresses that may be used.
public enum AddressFamily: Sendable, Hashable {
    /// Both, in the order in which the resolver gives them.
    case any
    /// IPv4 alone.
    case ipv4
    /// IPv6 alone.
    case ipv6
}

/// Another place for a host: what is connected to, while `Host`, SNI and the certificate's name stay.
public struct AddressOverride: Sendable, Hashable {
    /// The host of the URL, in lower case; `nil` matches every host.
    public var host: String?
    /// The port of the URL; `nil` matches every port.
    public var port: Int?
    /// Where to connect to.
    public var target: Target

    /// A place to connect to.
    public enum Target: Sendable, Hashable {
        /// These addresses, at the URL's port; as curl's `--resolve`.
        case addresses([IPAddress])
        /// Another host and port; `nil` keeps the URL's. As curl's `--connect-to`.
        case host(String?, port: Int?)
    }

    /// An override for `host` and `port`.
    public init(host: String?, port: Int?, target: Target) {
        self.host = host?.lowercased()
        self.port = port
        self.target = target
    }

    /// Whether the override is meant for `origin`.
    public func matches(_ origin: Origin) -> Bool {
        (host == nil || host == origin.host) && (port == nil || port == origin.port)
    }
}

/// Which addresses may be connected to. An address is refused if a block of `denied` holds it and none of `allowed`.
public struct AddressRules: Sendable, Hashable {
    /// Blocks that are refused.
    public var denied: [AddressBlock]
    /// Blocks that are allowed whatever else is denied.
    public var allowed: [AddressBlock]
    /// Refuses loopback, private, link-local, shared and multicast addresses, and 0.0.0.0/8, too.
    public var deniesPrivate: Bool

    /// Rules; by default everything is allowed.
    public init(denied: [AddressBlock] = [], allowed: [AddressBlock] = [], deniesPrivate: Bool = false) {
        self.denied = denied
        self.allowed = allowed
        self.deniesPrivate = deniesPrivate
    }

    /// Whether everything is allowed.
    public var isEmpty: Bool { denied.isEmpty && !deniesPrivate }

    /// Whether `address` may be connected to.
    public func allows(_ address: IPAddress) -> Bool {
        if isEmpty || allowed.contains(where: { $0.contains(address) }) { return true }
        return !(deniesPrivate && address.isPrivate) && !denied.contains(where: { $0.contains(address) })
    }
}

/// An address and port, or a Unix socket.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// An address and a port.
    case ip(IPAddress, port: Int)
    /// The path of a Unix socket.
    case unix(String)

    /// `127.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`.
    public var description: String {
        switch self {
        case .ip(let address, let port): address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
