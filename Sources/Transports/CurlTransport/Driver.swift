import DequeModule
import Fields
import IOLoop
import Synchronization
import TransportCore

/// One loop's share of the transport: its routes, the exchanges under way, their timeouts, and the end of each turn.
/// Used on the loop; `@unchecked` because `send` holds it to reach the inbox.
final class Driver: @unchecked Sendable {
    /// What other threads tell the loop.
    enum Message: Sendable {
        case start(ExchangeState)
        case cancel(ExchangeState)
        /// The reader has taken bytes of a body that was held back.
        case drained(ExchangeState)
        /// There are bytes of a request's body again.
        case uploadReady(ExchangeState)
        case resolved(RouteReference, Result<AddressPlan.Answer, TransportError>)
        case shutDown(by: Instant?, done: @Sendable () -> Void)

        /// What becomes of a message that comes when the driver has ended.
        fileprivate func refuse() {
            switch self {
            case .start(let exchange): exchange.waiter?.resume(.failure(CurlTransport.closed(exchange.exchange)))
            case .shutDown(_, let done): done()
            case .cancel, .drained, .uploadReady, .resolved: break
            }
        }
    }
    /// A route on its way through another thread.
    struct RouteReference: @unchecked Sendable { let route: RouteState }

    let loop: IOLoop
    let limits: PoolLimits
    var now: Instant
    let inbox: Inbox<Message>

    var routes: [RouteState.Key: RouteState] = [:]
    var lastRoute: RouteState?
    var exchanges: [ExchangeState] = []

    /// What came before in the heads of responses.
    var fields = FieldCache()

    // Work for the end of the turn
    var touchedRoutes: [RouteState] = []
    var announced: [ExchangeState] = []
    var endings: [ExchangeState] = []
    var resumptions: [ExchangeState] = []
    var postponed: [() -> Void] = []
    private var isTurnMarked = false
    private let endTurn: () -> Void
    var ready: [Waiter.Ready] = []

    // Timeouts
    var sweepTimer: LoopTimer?
    var nextSweep = Instant(nanoseconds: .max)
    /// The shortest timeout of the options that came last, in nanoseconds.
    var shortest = ExchangeState.shortestTimeout(ExchangeOptions())
    var timedOptions = ExchangeOptions()

    // Shutting down
    var isClosed = false
    var closesAt: Instant?
    var whenClosed: [@Sendable () -> Void] = []
    var hasEnded = false

    /// Keeps the driver alive until it has ended.
    final class Slot { var driver: Driver? }
    let slot = Slot()

    private init(_ loop: IOLoop, _ limits: PoolLimits) {
        self.loop = loop
        self.limits = limits
        now = loop.now
        // No weak references to what the loop uses all the time: they make each retain of it several times as slow.
        // The driver lets go of itself when it ends.
        inbox = Inbox(on: loop) { [slot] messages in
            guard let driver = slot.driver else { return messages.forEach { $0.refuse() } }
            driver.now = loop.now
            while let message = messages.popFirst() { driver.take(message) }
        }
        endTurn = { [slot] in slot.driver?.finishTurn() }
    }

    /// A driver on `loop`, which keeps it alive until it is stopped.
    static func start(on loop: IOLoop, _ limits: PoolLimits) -> Driver {
        let driver = Driver(loop, limits)
        driver.slot.driver = driver
        return driver
    }

    /// Tells the loop something, from any thread. `false` if the loop has ended.
    @discardableResult
    func push(_ message: Message) -> Bool { inbox.push(message) }

    private func take(_ message: Message) {
        switch message {
        case .start(let exchange): start(exchange)
        case .cancel(let exchange): cancel(exchange)
        case .drained(let exchange): drained(exchange)
        case .uploadReady(let exchange): resumeUpload(exchange)
        case .resolved(let reference, let answer): reference.route.resolved(answer)
        case .shutDown(let deadline, let done): shutDown(by: deadline, done)
        }
    }

    // MARK: Exchanges

    private func start(_ exchange: ExchangeState) {
        guard !exchange.isCancelled else { return refuse(exchange, with: cancelled(exchange)) }
        guard !isClosed else { return refuse(exchange, with: CurlTransport.closed(exchange.exchange)) }
        let route = routeState(for: exchange)
        exchange.route = route
        exchange.index = exchanges.count
        exchanges.append(exchange)
        exchange.tell(.queued)
        watchTime(of: exchange)
        route.enqueue(exchange)
    }

    private func routeState(for exchange: ExchangeState) -> RouteState {
        let key = RouteState.Key(route: exchange.exchange.route, pinsHTTP1: exchange.pinsHTTP1)
        if let lastRoute, lastRoute.key == key { return lastRoute }
        let route =
            routes[key]
            ?? {
                let made = RouteState(key, self)
                routes[key] = made
                return made
            }()
        lastRoute = route
        return route
    }

    /// Ends an exchange that was never begun.
    private func refuse(_ exchange: ExchangeState, with error: TransportError) {
        exchange.step = .done
        guard let waiter = exchange.waiter else { return }
        exchange.waiter = nil
        ready.append((waiter, .failure(error)))
        markTurn()
    }

    /// A task that is cancelled before it has begun says so before it starts the exchange.
    private func cancel(_ exchange: ExchangeState) {
        exchange.isCancelled = true
        guard exchange.route != nil, exchange.step != .done else { return }
        finish(exchange, .failure(cancelled(exchange)))
    }

    func cancelled(_ exchange: ExchangeState) -> TransportError {
        exchange.error(.cancelled, "\(exchange.summary) was cancelled")
    }

    /// libcurl has ended a transfer.
    func ended(_ exchange: ExchangeState, _ outcome: CurlOutcome) {
        if let error = outcome.error(for: exchange) {
            if error.phase == .connect { exchange.route?.distrustAddresses() }
            finish(exchange, .failure(error))
        } else {
            finish(exchange, .success(()))
        }
    }

    /// Ends an exchange: its handle goes back, its waiter or its body's reader gets the outcome.
    func finish(_ exchange: ExchangeState, _ outcome: Result<Void, TransportError>) {
        guard exchange.step != .done else { return }
        // The head is in, and its turn has not ended yet: the response is given all the same, and the failure ends its
        // body, so that the bytes before it are not lost.
        if case .failure(let error) = outcome, exchange.isAnnounced, error.code != .cancelled { deliver(exchange) }
        if let easy = exchange.easy { exchange.route?.release(easy, of: exchange) }
        if exchange.isQueued { exchange.route?.abandon(exchange) }
        if case .stream(let buffer) = exchange.upload { buffer.stop() }
        if case .success = outcome { exchange.tell(.done(trailers: exchange.trailers)) }
        exchange.step = .done
        exchange.isComplete = true
        remove(exchange)
        switch outcome {
        case .success:
            if exchange.channel == nil, let waiter = exchange.waiter {
                exchange.waiter = nil
                ready.append((waiter, exchange.response(.init(exchange.takeBytes(), trailers: exchange.trailers))))
            } else {
                flush(exchange)
                exchange.channel?.finish(trailers: exchange.trailers)
            }
        case .failure(let error):
            if let waiter = exchange.waiter {
                exchange.waiter = nil
                ready.append((waiter, .failure(error)))
            } else {
                flush(exchange)
                exchange.channel?.fail(error)
            }
        }
        exchange.upload = .none
        exchange.channel = nil
        exchange.keeper = nil
        exchange.route = nil
        markTurn()
    }

    private func remove(_ exchange: ExchangeState) {
        let index = exchange.index
        guard exchanges.indices.contains(index), exchanges[index] === exchange else { return }
        exchange.index = -1
        let last = exchanges.removeLast()
        guard last !== exchange else { return }
        exchanges[index] = last
        last.index = index
    }

    // MARK: The end of a turn

    func touched(_ route: RouteState) {
        touchedRoutes.append(route)
        markTurn()
    }

    func markTurn() {
        guard !isTurnMarked else { return }
        isTurnMarked = true
        now = loop.now
        loop.atEndOfTurn(endTurn)
    }

    /// How often routes are looked at again in one turn before the loop looks at its descriptors.
    private static let rounds = 4

    private func finishTurn() {
        isTurnMarked = false
        now = loop.now
        for _ in 0..<Driver.rounds {
            workOnce()
            if touchedRoutes.isEmpty, postponed.isEmpty, endings.isEmpty, resumptions.isEmpty { break }
        }
        if !touchedRoutes.isEmpty { markTurn() }
        let announced = announced
        self.announced.removeAll(keepingCapacity: true)
        for exchange in announced { deliver(exchange) }
        Waiter.resume(&ready)
        if isClosed, exchanges.isEmpty { end() }
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
        for exchange in ends { finish(exchange, .success(())) }
        for exchange in resumed { drained(exchange) }
    }

    /// How a resolver's answer gets back to its route.
    func answers(
        for route: RouteState
    ) -> @Sendable (Result<AddressPlan.Answer, TransportError>) -> Void {
        let reference = RouteReference(route: route)
        return { [inbox] answer in inbox.push(.resolved(reference, answer)) }
    }
}
