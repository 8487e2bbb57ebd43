import IOLoop
import TransportCore

/// Where the sockets of a route lead to, and what a proxy is asked for.
struct Destination: Sendable {
    /// What is connected to.
    enum Place: Sendable {
        case unix(String)
        /// The host is to be resolved, unless it is an address.
        case host(String, port: Int)
        case addresses([IPAddress], port: Int)
    }
    /// The first hop: the proxy, where there is one.
    let place: Place
    /// The server behind the proxy, as the proxy is told; the origin's own host and port if nothing overrides them.
    let target: (host: String, port: Int)
    /// Whether the target has to be resolved here for the proxy's sake: SOCKS 4 and 5 without their own resolving.
    let resolvesTarget: Bool

    init(_ route: Route) {
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
        if let path = route.connect.unixSocket {
            place = .unix(path)
        } else if let proxy = route.proxy {
            place = .host(proxy.host, port: proxy.port)
        } else if let fixed {
            place = .addresses(fixed, port: port)
        } else {
            place = .host(host, port: port)
        }
        target = (fixed?.first.map(\.description) ?? host, port)
        resolvesTarget = route.proxy.map { $0.kind == .socks4 || $0.kind == .socks5 } ?? false
    }

    /// The addresses of `host` that `connect` allows, best first.
    static func addresses(of host: String, _ connect: ConnectOptions) async -> Result<[IPAddress], OpeningFailure> {
        if let address = IPAddress(host) { return allowed([address], of: host, connect) }
        let resolver = connect.resolver ?? SystemResolver.shared
        do throws(ResolveError) {
            return allowed(
                try await resolver.resolve(host.lowercased(), family: connect.family).addresses, of: host, connect)
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
    static func allowed(
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

/// Why a connection could not be opened; each exchange that waited for it makes an error of its own from it.
struct OpeningFailure: Error {
    var code: TransportError.Code
    var phase: TransportError.Phase
    var message: String
    var proxyAnswer: TransportError.ProxyAnswer?
    var libraryCode: String?
    var underlying: (any Error)?

    init(
        _ code: TransportError.Code, _ phase: TransportError.Phase, _ message: String,
        proxyAnswer: TransportError.ProxyAnswer? = nil, libraryCode: String? = nil, underlying: (any Error)? = nil
    ) {
        self.code = code
        self.phase = phase
        self.message = message
        self.proxyAnswer = proxyAnswer
        self.libraryCode = libraryCode
        self.underlying = underlying
    }
}
