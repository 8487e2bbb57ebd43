import Driving
import HTTP3Engine
import IOLoop
import QUICEngine
import TransportCore

/// One loop's share of the transport: its routes, and the links that have something to send. Used on the loop.
final class Driver: ExchangeDriver, @unchecked Sendable {
    let configuration: QUICTransport.Configuration
    let buffer = DatagramBuffer()
    /// Output is put together in here; kept for its memory.
    var outgoing = DatagramBatch()
    let shelf = ContextShelf()
    let tickets = QUICTicketStore()
    /// When datagrams were last let gather: once a turn at most, whatever the number of links.
    var gathered = Instant(nanoseconds: 0)

    private var routes: [Route: RouteState] = [:]
    private var lastRoute: RouteState?
    private var touched: [Link] = []
    private var addresses: AddressWatch?

    init(_ loop: IOLoop, _ configuration: QUICTransport.Configuration) {
        self.configuration = configuration
        super.init(on: loop)
    }

    func routeState(for route: Route) -> RouteState {
        if let lastRoute, lastRoute.route == route { return lastRoute }
        let state = routes[route] ?? RouteState(route, self)
        routes[route] = state
        lastRoute = state
        return state
    }

    /// Begins to listen for changes of the machine's addresses.
    func watchAddresses() {
        guard configuration.migrates, addresses == nil else { return }
        addresses = AddressWatch(on: loop) { [unowned self] in
            wake()
            for state in routes.values { state.addressesChanged() }
        }
    }

    /// The link has something to send.
    func touch(_ link: Link) {
        guard !link.isTouched else { return }
        link.isTouched = true
        touched.append(link)
        wake()
    }

    override func work() {
        // Sending may find a connection dead, and so touch others; one that has more to send than a turn takes comes
        // again in the next.
        var later: [Link] = []
        while !touched.isEmpty {
            let links = touched
            touched.removeAll(keepingCapacity: true)
            for link in links {
                link.isTouched = false
                if link.flush() { later.append(link) }
            }
        }
        for link in later where !link.isTouched {
            link.isTouched = true
            touched.append(link)
        }
    }

    override var hasWork: Bool { !touched.isEmpty }

    override func sweepRoutes() -> Instant? {
        var next: Instant?
        for state in Array(routes.values) {
            if let due = state.expire() { next = min(next ?? due, due) }
            if state.isUnused {
                routes[state.route] = nil
                if lastRoute === state { lastRoute = nil }
            }
        }
        return next
    }

    override func closeRoutes() {
        for state in routes.values { state.close() }
        routes = [:]
        lastRoute = nil
        touched = []
        tickets.removeAll()
        shelf.clear()
        addresses?.stop()
        addresses = nil
    }
}
