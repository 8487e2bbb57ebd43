import Synchronization

/// A configuration made ready for use: its chain of links, and the routes that it leads to. Immutable but for the
/// routes found so far; shared by all calls until the configuration changes.
final class Settings: Sendable {
    let configuration: SessionConfiguration
    let chain: [any Middleware]
    let shortWay: ShortWay?
    let exchangeOptions: ExchangeOptions
    /// The session's own fields, and the first of them that cannot be sent.
    let fields: HTTPFields
    let headerFault: InvalidField?
    /// The same with the field that asks for content codings; `nil` if none are to be asked for.
    let codedFields: HTTPFields?
    let hasParams: Bool
    let bodyLimit: Int
    let recordsTimeline: Bool
    let hasAuth: Bool
    /// With what the environment says where the configuration says nothing.
    private let tls: TLSOptions
    private let proxies: ProxyRules
    private let cache = Mutex(Cache())

    private struct Known {
        let route: Route
        /// How all its URLs begin, up to the first slash of the path: URLs are in normal form.
        let prefix: String
    }

    private struct Cache {
        var routes: [Origin: Known] = [:]
        var latest: Known?
        var forHead: Settings?
        var apart: [Route: Route] = [:]

        mutating func use(_ origin: Origin) -> Route? {
            guard let known = routes[origin] else { return nil }
            latest = known
            return known.route
        }

        mutating func keep(_ known: Known) {
            if routes.count >= Settings.routeLimit { routes.removeAll(keepingCapacity: true) }
            routes[known.route.origin] = known
            latest = known
        }
    }

    /// Origins remembered; a crawler's session must not grow without bound.
    private static let routeLimit = 1_024

    init(_ configuration: SessionConfiguration) {
        self.configuration = configuration
        let effective = configuration.heedingEnvironment
        tls = effective.tls
        proxies = effective.proxies
        chain = DefaultChain.links(of: effective)
        shortWay = ShortWay(effective)
        exchangeOptions = configuration.exchange
        fields = configuration.headers.fields
        headerFault = configuration.headers.fault
        let offersCodings = configuration.decoding.isActive && !Decoding.leavesAlone(configuration.headers.fields)
        codedFields = offersCodings ? configuration.headers.fields + [Decoding.acceptable] : nil
        hasParams = !configuration.params.isEmpty
        bodyLimit = configuration.bodyLimit
        recordsTimeline = configuration.recordsTimeline
        hasAuth = configuration.auth != nil
    }

    func route(for url: HTTPURL) throws(TransportError) -> Route {
        // Most calls of a session go where the one before went.
        let latest = cache.withLock { cache in
            cache.latest.flatMap { url.absoluteString.hasPrefix($0.prefix) ? $0.route : nil }
        }
        if let latest { return latest }
        let origin = url.origin
        if let route = cache.withLock({ $0.use(origin) }) { return route }
        let proxy = try proxy(for: url, origin)
        let route = Route(to: origin, tls: tls, proxy: proxy, connect: configuration.connect)
        let known = Known(route: route, prefix: "\(url.scheme)://\(url.authority)/")
        cache.withLock { $0.keep(known) }
        return route
    }

    /// The proxy for `url`. One that cannot be used is an error, and not passed by; and so is one that would walk around
    /// the rules about addresses, because it resolves names itself.
    private func proxy(for url: HTTPURL, _ origin: Origin) throws(TransportError) -> ProxyOptions? {
        guard let proxy = proxies.select(url) else {
            guard let reason = proxies.refusal(url) else { return nil }
            throw TransportError(
                .badRequest, phase: .input, retrySafety: .notSent, endpoint: origin.description,
                message: "the environment's proxy for \(origin) cannot be used: \(reason)", underlying: reason)
        }
        guard configuration.connect.rules.deniesPrivate, proxy.resolvesNames else { return proxy }
        throw TransportError(
            .addressRefused, phase: .input, retrySafety: .notSent, endpoint: origin.description,
            message: "private addresses are refused, and \(proxy) would resolve \(url.host) where nobody here sees to "
                + "what; use no proxy, or SOCKS5 with names resolved here")
    }

    /// The route that a link chose for a request to `url`; without a choice, its usual one.
    func route(for url: HTTPURL, _ choice: Way.Choice?) throws(TransportError) -> Route {
        guard let choice else { return try route(for: url) }
        var route = try route(for: url)
        if let chosen = choice.route, chosen.origin == url.origin { route = chosen }
        guard choice.isApart, route.separation == 0 else { return route }
        return cache.withLock { cache in
            if let known = cache.apart[route] { return known }
            if cache.apart.count >= Settings.routeLimit { cache.apart.removeAll() }
            let apart = route.apart()
            cache.apart[route] = apart
            return apart
        }
    }

    /// The settings for one call. HEAD asks about one resource: it follows no redirect unless the call says so.
    func adjusted(for method: HTTPRequest.Method, _ override: ((inout SessionConfiguration) -> Void)?) -> Settings {
        guard let override else { return method == .head ? forHead : self }
        var configuration = configuration
        if method == .head { configuration.redirects = .none }
        override(&configuration)
        return Settings(configuration)
    }

    private var forHead: Settings {
        guard configuration.redirects.isFollowing else { return self }
        if let known = cache.withLock({ $0.forHead }) { return known }
        var configuration = configuration
        configuration.redirects = .none
        let made = Settings(configuration)
        cache.withLock { $0.forHead = made }
        return made
    }
}

extension ProxyOptions {
    /// Whether it is told names, and not addresses.
    fileprivate var resolvesNames: Bool {
        switch kind {
        case .http, .https, .socks4a, .socks5h: true
        case .socks4, .socks5: false
        }
    }
}
