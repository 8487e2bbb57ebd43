import Driving
import IOLoop
import TLSEngine
import TransportCore

/// One loop's share of the transport: its routes, and the connections that have something to send. Used on the loop.
final class Driver: ExchangeDriver, @unchecked Sendable {
    let configuration: NativeH2Transport.Configuration
    let buffer = ReadBuffer()
    let shelf = TLSShelf()
    /// Output is put together in here; kept for its memory.
    var scratch: [UInt8] = []

    private var routes: [Route: RouteState] = [:]
    private var lastRoute: RouteState?
    private var touched: [Carrier] = []

    init(_ loop: IOLoop, _ configuration: NativeH2Transport.Configuration) {
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

    /// The carrier has something to send.
    func touch(_ carrier: Carrier) {
        guard !carrier.isTouched else { return }
        carrier.isTouched = true
        touched.append(carrier)
        wake()
    }

    override func work() {
        // Sending may find a connection dead, and so touch others.
        while !touched.isEmpty {
            let carriers = touched
            touched.removeAll(keepingCapacity: true)
            for carrier in carriers {
                carrier.isTouched = false
                carrier.flush()
            }
        }
    }

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
        shelf.clear()
    }
}
