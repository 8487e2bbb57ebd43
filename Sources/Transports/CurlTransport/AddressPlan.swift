import TransportCore

/// Which names a route needs the addresses of, and what libcurl is told then.
///
/// libcurl never resolves a name here: it is given addresses by `CURLOPT_RESOLVE`, so that the resolver, its cache, the
/// rules about addresses and the timeout are ours, and cancelling is immediate.
struct AddressPlan {
    /// Where the addresses come from.
    enum Source {
        case name(String)
        case fixed([IPAddress])
    }
    /// One host and port that libcurl will look up.
    struct Lookup {
        /// As libcurl has it.
        var host: String
        var port: Int
        var source: Source
    }
    /// What will be looked up; empty for a Unix socket, and where a proxy resolves nothing but itself.
    private(set) var lookups: [Lookup] = []
    /// An entry of `CURLOPT_CONNECT_TO`, if the port differs, or the host does and a proxy connects to it.
    private(set) var connectTo: String?

    /// The plan for `route`, whose URLs have `host` in place of the origin's host.
    init(_ route: Route, urlHost host: String) {
        let origin = route.origin
        guard route.connect.unixSocket == nil else { return }
        var name = origin.host
        var port = origin.port
        var fixed: [IPAddress]?
        switch route.connect.overrides.first(where: { $0.matches(origin) })?.target {
        case .addresses(let addresses): fixed = addresses
        case .host(let other, let otherPort):
            name = other?.lowercased() ?? name
            port = otherPort ?? port
        case nil: break
        }
        var looksUpTarget = true
        if let proxy = route.proxy {
            lookups.append(Lookup(host: proxy.host, port: proxy.port, source: AddressPlan.source(proxy.host)))
            looksUpTarget = proxy.kind == .socks4 || proxy.kind == .socks5
        }
        if looksUpTarget, host.utf8.contains(UInt8(ascii: ":")), fixed != nil || name != host {
            // CURLOPT_RESOLVE cannot name an IPv6 address as the host to be looked up.
            let target = fixed?.first.map(\.description) ?? name
            connectTo = "[\(host)]:\(origin.port):\(AddressPlan.bracketed(target)):\(port)"
            lookups.append(Lookup(host: target, port: port, source: AddressPlan.source(target)))
        } else if looksUpTarget {
            if port != origin.port { connectTo = "\(AddressPlan.bracketed(host)):\(origin.port)::\(port)" }
            let source = fixed.map(Source.fixed) ?? AddressPlan.source(name)
            lookups.append(Lookup(host: host, port: port, source: source))
        } else {
            // The proxy connects, so it must be told the other host itself.
            let target = fixed?.first.map(\.description) ?? name
            if target != host || port != origin.port {
                connectTo = "\(AddressPlan.bracketed(host)):\(origin.port):\(AddressPlan.bracketed(target)):\(port)"
            }
        }
    }

    private static func source(_ host: String) -> Source {
        IPAddress(host).map { .fixed([$0]) } ?? .name(host.lowercased())
    }

    private static func bracketed(_ host: String) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    }

    /// Whether a resolver is needed at all.
    var needsResolver: Bool { lookups.contains { if case .name = $0.source { true } else { false } } }

    /// Addresses for all lookups.
    struct Answer: Sendable {
        /// Entries of `CURLOPT_RESOLVE`.
        var entries: [String] = []
        /// What is connected to, for the event.
        var addresses: [IPAddress] = []
        var timeToLive: Duration = .seconds(60)
    }

    /// The longest time for which an answer without a time to live is used.
    static let unknownTimeToLive = Duration.seconds(60)

    /// Finds the addresses, and takes out those that the family or the rules exclude.
    func answer(_ connect: ConnectOptions, from resolver: any Resolver, for endpoint: String)
        async throws(TransportError) -> Answer
    {
        var found: [[IPAddress]] = []
        var timeToLive = AddressPlan.unknownTimeToLive
        for lookup in lookups {
            switch lookup.source {
            case .fixed(let addresses): found.append(addresses)
            case .name(let name):
                do {
                    let host = try await resolver.resolve(name, family: connect.family)
                    found.append(host.addresses)
                    if let time = host.timeToLive { timeToLive = min(timeToLive, time) }
                } catch {
                    throw AddressPlan.error(error, name, endpoint)
                }
            }
        }
        return try settle(found, timeToLive, connect, endpoint)
    }

    /// The answer where no name is to be resolved.
    func fixedAnswer(_ connect: ConnectOptions, for endpoint: String) throws(TransportError) -> Answer {
        try settle(
            lookups.map { if case .fixed(let addresses) = $0.source { addresses } else { [] } }, .seconds(1 << 32),
            connect,
            endpoint)
    }

    private func settle(
        _ found: [[IPAddress]], _ timeToLive: Duration, _ connect: ConnectOptions, _ endpoint: String
    ) throws(TransportError) -> Answer {
        var answer = Answer(timeToLive: timeToLive)
        for (lookup, addresses) in zip(lookups, found) {
            let ofFamily = addresses.filter { connect.family.includes($0) }
            guard !ofFamily.isEmpty else {
                throw TransportError(
                    .hostNotFound, phase: .resolve, retrySafety: .notSent, endpoint: endpoint,
                    message: "\(lookup.host) has no address of the family that is allowed")
            }
            let allowed = ofFamily.filter { connect.rules.allows($0) }
            guard !allowed.isEmpty else {
                throw TransportError(
                    .addressRefused, phase: .resolve, retrySafety: .notSent, endpoint: endpoint,
                    message: "the rules allow no address of \(lookup.host): "
                        + ofFamily.map(\.description).joined(separator: ", "))
            }
            if answer.addresses.isEmpty { answer.addresses = allowed }
            if IPAddress(lookup.host).map({ allowed == [$0] }) ?? false { continue }
            answer.entries.append(
                "\(lookup.host):\(lookup.port):"
                    + allowed.map { AddressPlan.bracketed($0.description) }.joined(separator: ","))
        }
        return answer
    }

    private static func error(_ error: ResolveError, _ name: String, _ endpoint: String) -> TransportError {
        let code: TransportError.Code =
            switch error.reason {
            case .notFound: .hostNotFound
            case .unavailable: .resolveFailed
            case .cancelled: .cancelled
            }
        return TransportError(
            code, phase: .resolve, retrySafety: .notSent, endpoint: endpoint,
            message: "resolving \(name): \(error.message)",
            underlying: error)
    }
}

extension AddressFamily {
    func includes(_ address: IPAddress) -> Bool {
        switch self {
        case .any: true
        case .ipv4: address.family == .v4
        case .ipv6: address.family == .v6
        }
    }
}
