import IOLoop
package import TransportCore

/// Where the connections of a route lead to, and what a proxy is asked for.
package struct Destination: Sendable {
    /// What is connected to.
    package enum Place: Sendable {
        case unix(String)
        /// The host is to be resolved, unless it is an address.
        case host(String, port: Int)
        case addresses([IPAddress], port: Int)
    }
    /// The first hop: the proxy, where there is one.
    package let place: Place
    /// The server itself, whatever stands before it: the origin's own host and port if nothing overrides them.
    package let server: Place
    /// Whether the server has to be resolved here for the proxy's sake: SOCKS 4 and 5 without their own resolving.
    package let resolvesTarget: Bool

    package init(_ route: Route) {
        let origin = route.origin
        var host = origin.host
        var port = origin.port
        var fixed: [IPAddress]?
        switch route.connect.overrides.first(where: { $0.matches(origin) })?.target {
        case .addresses(let addresses): fixed = addresses
        case .host(let other, let otherPort):
            host = other?.lowercased() ?? host
            port = otherPort ?? port
        case nil: break
        }
        server = fixed.map { .addresses($0, port: port) } ?? .host(host, port: port)
        target = (fixed?.first.map(\.description) ?? host, port)
        if let path = route.connect.unixSocket {
            place = .unix(path)
        } else if let proxy = route.proxy {
            place = .host(proxy.host, port: proxy.port)
        } else {
            place = server
        }
        resolvesTarget = route.proxy.map { $0.kind == .socks4 || $0.kind == .socks5 } ?? false
    }

    /// The server as a proxy is told.
    package let target: (host: String, port: Int)

    /// The addresses of `host` that `connect` allows, best first, and how long they hold.
    package static func addresses(
        of host: String, _ connect: ConnectOptions
    ) async -> Result<ResolvedHost, OpeningFailure> {
        if let address = IPAddress(host) {
            return allowed([address], of: host, connect).map { ResolvedHost(addresses: $0) }
        }
        let resolver = connect.resolver ?? SystemResolver.shared
        do throws(ResolveError) {
            let found = try await resolver.resolve(host.lowercased(), family: connect.family)
            return allowed(found.addresses, of: host, connect)
                .map { ResolvedHost(addresses: $0, timeToLive: found.timeToLive) }
        } catch {
            let code: TransportError.Code =
                switch error.reason {
                case .notFound: .hostNotFound
                case .unavailable: .resolveFailed
                case .cancelled: .cancelled
                }
            return .failure(OpeningFailure(code, .resolve, "resolving \(host): \(error.message)", underlying: error))
        }
    }

    /// Those of `addresses` that the family and the rules allow.
    package static func allowed(
        _ addresses: [IPAddress], of host: String, _ connect: ConnectOptions
    ) -> Result<[IPAddress], OpeningFailure> {
        let ofFamily = addresses.filter { connect.family.includes($0) }
        guard !ofFamily.isEmpty else {
            let message = "\(host) has no address of the family that is allowed"
            return .failure(OpeningFailure(.hostNotFound, .resolve, message))
        }
        let allowed = ofFamily.filter { connect.rules.allows($0) }
        guard !allowed.isEmpty else {
            let list = ofFamily.map(\.description).joined(separator: ", ")
            return .failure(
                OpeningFailure(.addressRefused, .resolve, "the rules allow no address of \(host): \(list)"))
        }
        return .success(allowed)
    }
}

extension AddressFamily {
    fileprivate func includes(_ address: IPAddress) -> Bool {
        switch self {
        case .any: true
        case .ipv4: address.family == .v4
        case .ipv6: address.family == .v6
        }
    }
}
