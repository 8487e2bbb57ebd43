import Driving
import Fields
import IOLoop
import TransportCore

/// One loop's share of the transport: its routes, and what libcurl must be asked when it is not in the middle of
/// something. Used on the loop.
final class Driver: ExchangeDriver, @unchecked Sendable {
    let limits: PoolLimits

    private var routes: [RouteState.Key: RouteState] = [:]
    private var lastRoute: RouteState?

    /// What came before in the heads of responses.
    var fields = FieldCache()

    // Work for the end of the turn
    private var touchedRoutes: [RouteState] = []
    private var endings: [ExchangeState] = []
    private var resumptions: [ExchangeState] = []
    private var postponed: [() -> Void] = []

    init(_ loop: IOLoop, _ limits: PoolLimits) {
        self.limits = limits
        super.init(on: loop)
    }

    /// It was measured: 50 answers in a turn woke a thread 50 times, a third of the CPU time of small requests.
    override var handsOverFrom: Int { 3 }

    // MARK: Routes

    func routeState(for exchange: ExchangeState) -> RouteState {
        let key = RouteState.Key(route: exchange.exchange.route, pinsHTTP1: exchange.pinsHTTP1)
        if let lastRoute, lastRoute.key == key { return lastRoute }
        let route = routes[key] ?? RouteState(key, self)
        routes[key] = route
        lastRoute = route
        return route
    }

    /// libcurl has ended a transfer.
    func ended(_ exchange: ExchangeState, _ outcome: CurlOutcome) {
        if let error = outcome.error(for: exchange) {
            if error.phase == .connect { exchange.route?.distrustAddresses() }
            finish(exchange, .failure(error))
        } else {
            finish(exchange, .success(exchange.trailers))
        }
    }

    override func sweepRoutes() -> Instant? {
        var next: Instant?
        for route in Array(routes.values) {
            if let since = route.idleSince {
                let due = since.advanced(by: limits.idle)
                if due <= now { drop(route) } else { next = min(next ?? due, due) }
            } else if route.canGrow, let waits = oldestWait(on: route) {
                if waits.advanced(by: RouteState.patience) <= now { route.grow() }
                let due = max(waits, now).advanced(by: RouteState.patience)
                next = min(next ?? due, due)
            }
        }
        return next
    }

    private func oldestWait(on route: RouteState) -> Instant? {
        var oldest: Instant?
        for exchange in exchanges where exchange.step == .queued && (exchange as? ExchangeState)?.route === route {
            oldest = min(oldest ?? exchange.since, exchange.since)
        }
        return oldest
    }

    private func drop(_ route: RouteState) {
        routes[route.key] = nil
        if lastRoute === route { lastRoute = nil }
        route.close()
    }

    override func closeRoutes() {
        for route in routes.values { route.close() }
        routes = [:]
        lastRoute = nil
        touchedRoutes = []
    }

    // MARK: The end of a turn

    func touched(_ route: RouteState) {
        touchedRoutes.append(route)
        wake()
    }

    /// The reader may already have taken what stood in the way.
    func resumeLater(_ exchange: ExchangeState) {
        resumptions.append(exchange)
        wake()
    }

    /// The response is complete while the request is still going out.
    func endEarly(_ exchange: ExchangeState) {
        endings.append(exchange)
        wake()
    }

    /// Runs `action` when libcurl is not in the middle of something.
    func later(_ action: @escaping () -> Void) {
        postponed.append(action)
        wake()
    }

    /// How often routes are looked at again in one turn before the loop looks at its descriptors.
    private static let rounds = 4

    override func work() {
        for _ in 0..<Driver.rounds {
            workOnce()
            if !hasWork { return }
        }
    }

    override var hasWork: Bool {
        !touchedRoutes.isEmpty || !postponed.isEmpty || !endings.isEmpty || !resumptions.isEmpty
    }

    private func workOnce() {
        let routes = touchedRoutes
        touchedRoutes.removeAll(keepingCapacity: true)
        for route in routes {
            route.isTouched = false
            route.work()
        }
        guard !postponed.isEmpty || !endings.isEmpty || !resumptions.isEmpty else { return }
        let (actions, ends, resumed) = (postponed, endings, resumptions)
        postponed = []
        endings = []
        resumptions = []
        for action in actions { action() }
        for exchange in ends { finish(exchange, .success(exchange.trailers)) }
        for exchange in resumed { exchange.drained() }
    }

    /// How a resolver's answer gets back to its route.
    func answers(
        for route: RouteState
    ) -> @Sendable (Result<AddressPlan.Answer, OpeningFailure>) -> Void {
        let reference = RouteReference(route: route)
        return { answer in self.push(.run { reference.route.resolved(answer) }) }
    }

    /// A route on its way through another thread.
    private struct RouteReference: @unchecked Sendable { let route: RouteState }
}
