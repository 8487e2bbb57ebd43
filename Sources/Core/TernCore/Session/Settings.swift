import Synchronization

/// A configuration made ready for use: its chain of links, and the routes that it leads to. Immutable but for the
/// routes found so far; shared by all calls until the configuration changes.
final class Settings: Sendable {
    let configuration: SessionConfiguration
    let chain: [any Middleware]
    let exchangeOptions: ExchangeOptions
    private let routes = Mutex<[Origin: Route]>([:])

    /// Origins remembered; a crawler's session must not grow without bound.
    private static let routeLimit = 1_024

    init(_ configuration: SessionConfiguration) {
        self.configuration = configuration
        chain = DefaultChain.links(of: configuration)
        exchangeOptions = configuration.exchange
    }

    func route(for url: HTTPURL) -> Route {
        let origin = url.origin
        if let route = routes.withLock({ $0[origin] }) { return route }
        let route = Route(
            to: origin, tls: configuration.tls, proxy: configuration.proxies.select(url),
            connect: configuration.connect)
        routes.withLock { routes in
            if routes.count >= Settings.routeLimit { routes.removeAll(keepingCapacity: true) }
            routes[origin] = route
        }
        return route
    }
}
