import DequeModule
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
    }
    /// A route on its way through another thread.
    struct RouteReference: @unchecked Sendable { weak var route: RouteState? }

    let loop: IOLoop
    let gathering: Gathering
    let limits: PoolLimits
    private(set) var now: Instant
    private var inbox: Inbox<Message>?

    private var routes: [RouteState.Key: RouteState] = [:]
    private var lastRoute: RouteState?
    private var exchanges: [ExchangeState] = []

    // Work for the end of the turn
    private var touchedRoutes: [RouteState] = []
    private var announced: [ExchangeState] = []
    private var endings: [ExchangeState] = []
    private var resumptions: [ExchangeState] = []
    private var postponed: [() -> Void] = []
    private var isTurnMarked = false
    private var endTurn: () -> Void = {}
    private var ready: [(Waiter, Result<TransportResponse, TransportError>)] = []

    // Timeouts
    private var sweepTimer: LoopTimer?
    private var nextSweep = Instant(nanoseconds: .max)

    // Shutting down
    private var isClosed = false
    private var closesAt: Instant?
    private var whenClosed: [@Sendable () -> Void] = []
    private var hasEnded = false

    private init(_ loop: IOLoop, _ limits: PoolLimits) {
        self.loop = loop
        gathering = Gathering(loop)
        self.limits = limits
        now = loop.now
    }

    /// A driver on `loop`, which keeps it alive until it is stopped.
    static func start(on loop: IOLoop, _ limits: PoolLimits) -> Driver {
        let driver = Driver(loop, limits)
        driver.inbox = Inbox(on: loop) { [weak driver] messages in
            guard let driver else { return }
            driver.now = loop.now
            while let message = messages.popFirst() { driver.take(message) }
        }
        driver.endTurn = { [weak driver] in driver?.finishTurn() }
        return driver
    }

    /// Tells the loop something, from any thread. `false` if the loop has ended.
    @discardableResult
    func push(_ message: Message) -> Bool { inbox?.push(message) ?? false }

    private func take(_ message: Message) {
        switch message {
        case .start(let exchange): start(exchange)
        case .cancel(let exchange): cancel(exchange)
        case .drained(let exchange): drained(exchange)
        case .uploadReady(let exchange): resumeUpload(exchange)
        case .resolved(let reference, let answer): reference.route?.resolved(answer)
        case .shutDown(let deadline, let done): shutDown(by: deadline, done)
        }
    }

    // MARK: Exchanges

    private func start(_ exchange: ExchangeState) {
        guard !exchange.isCancelled else { return cancel(exchange) }
        guard !isClosed else {
            if let waiter = exchange.waiter {
                ready.append((waiter, .failure(CurlTransport.closed(exchange.exchange))))
            }
            exchange.waiter = nil
            exchange.step = .done
            return markTurn()
        }
        let route = routeState(for: exchange)
        exchange.route = route
        exchange.index = exchanges.count
        exchanges.append(exchange)
        exchange.tell(.queued)
        watchTime(of: exchange)
        if let attempt = exchange.exchange.options.timeouts.attempt { look(at: exchange.started.advanced(by: attempt)) }
        if let deadline = exchange.exchange.deadline { look(at: deadline) }
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

    private func cancel(_ exchange: ExchangeState) {
        exchange.isCancelled = true
        guard exchange.step != .done else { return }
        finish(exchange, .failure(exchange.error(.cancelled, "\(exchange.summary) was cancelled")))
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
        exchange.channel = nil
        exchange.keeper = nil
        exchange.route = nil
        markTurn()
        if isClosed, exchanges.isEmpty { markTurn() }
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

    // MARK: Bodies

    /// Something of a response is ready for whoever waits for it.
    func announce(_ exchange: ExchangeState) {
        guard !exchange.isAnnounced else { return }
        exchange.isAnnounced = true
        announced.append(exchange)
        markTurn()
    }

    private func deliver(_ exchange: ExchangeState) {
        exchange.isAnnounced = false
        guard exchange.step != .done else { return }
        if let waiter = exchange.waiter {
            exchange.waiter = nil
            let channel = BodyChannel(endpoint: exchange.exchange.route.origin.description) {
                [weak exchange, inbox] _ in
                guard let exchange, exchange.wantsDrain.exchange(false, ordering: .sequentiallyConsistent) else {
                    return
                }
                inbox?.push(.drained(exchange))
            } onCancel: { [weak exchange, inbox] in
                if let exchange { inbox?.push(.cancel(exchange)) }
            }
            exchange.channel = channel
            let body = ResponseBody(LiveSource(channel, keeping: exchange.keeper))
            ready.append((waiter, exchange.response(body)))
        }
        flush(exchange)
    }

    private func flush(_ exchange: ExchangeState) {
        guard let channel = exchange.channel, !exchange.bytes.isEmpty else { return }
        channel.append(exchange.takeBytes())
    }

    private func drained(_ exchange: ExchangeState) {
        guard exchange.isPaused, exchange.step != .done, let easy = exchange.easy else { return }
        let limit = exchange.exchange.options.limits.unreadBody
        guard exchange.waitingBytes <= limit / 2 else {
            exchange.wantsDrain.store(true, ordering: .sequentiallyConsistent)
            if exchange.waitingBytes <= limit / 2 { resumeLater(exchange) }
            return
        }
        exchange.isPaused = false
        exchange.since = now
        watchTime(of: exchange)
        if exchange.isUploadPaused { exchange.isUploadPaused = false }
        easy.pause(receiving: false)
        exchange.route?.touch()
    }

    /// There is something to send again.
    func resumeUpload(_ exchange: ExchangeState) {
        guard exchange.isUploadPaused, let easy = exchange.easy else { return }
        exchange.isUploadPaused = false
        if exchange.step == .sending { exchange.enter(.sending) }
        easy.pause(receiving: exchange.isPaused)
        exchange.route?.touch()
    }

    /// The reader may already have taken what stood in the way.
    func resumeLater(_ exchange: ExchangeState) {
        resumptions.append(exchange)
        markTurn()
    }

    /// The response is complete while the request is still going out.
    func endEarly(_ exchange: ExchangeState) {
        endings.append(exchange)
        markTurn()
    }

    /// Runs `action` when libcurl is not in the middle of something.
    func later(_ action: @escaping () -> Void) {
        postponed.append(action)
        markTurn()
    }

    // MARK: The end of a turn

    func touched(_ route: RouteState) {
        touchedRoutes.append(route)
        markTurn()
    }

    private func markTurn() {
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
        let ready = ready
        self.ready.removeAll(keepingCapacity: true)
        if !ready.isEmpty {
            gathering.resumeTogether {
                for (waiter, result) in ready { waiter.resume(result) }
            }
        }
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
        return { [inbox] answer in inbox?.push(.resolved(reference, answer)) }
    }

    // MARK: Timeouts

    /// Looks at the exchange's timeouts in time.
    func watchTime(of exchange: ExchangeState) {
        if let due = exchange.stepDue { look(at: due) }
    }

    /// Makes sure that timeouts are looked at at `instant` or shortly after.
    ///
    /// One timer serves all exchanges: it fires at the earliest instant that was asked for, and asks all of them then.
    /// Most have ended long before, so that happens every few seconds, not with each request.
    func look(at instant: Instant) {
        guard instant < nextSweep else { return }
        nextSweep = instant
        if let sweepTimer { loop.cancel(sweepTimer) }
        sweepTimer = loop.schedule(at: instant) { [weak self] in self?.sweep() }
    }

    /// Two looks are at least so far apart, however many timeouts there are.
    private static let sweepInterval = Duration.milliseconds(2)

    private func sweep() {
        now = loop.now
        nextSweep = Instant(nanoseconds: .max)
        sweepTimer = nil
        var next = Instant(nanoseconds: .max)
        for exchange in exchanges {
            if let error = exchange.timeoutError(at: now) {
                finish(exchange, .failure(error))
                continue
            }
            if let due = exchange.continueDue, due <= now {
                exchange.continueDue = nil
                resumeUpload(exchange)
            }
            if let due = exchange.due {
                next = min(next, due)
            }
        }
        for route in Array(routes.values) {
            if let since = route.idleSince {
                let due = since.advanced(by: limits.idle)
                if due <= now { drop(route) } else { next = min(next, due) }
            } else if route.canGrow, let waits = oldestWait(on: route) {
                let due = waits.advanced(by: RouteState.patience)
                if due <= now { route.grow() }
                next = min(next, max(due, now.advanced(by: RouteState.patience)))
            }
        }
        if let closesAt {
            if closesAt <= now { cancelAll() } else { next = min(next, closesAt) }
        }
        if next.nanoseconds != .max { look(at: max(next, now.advanced(by: Driver.sweepInterval))) }
    }

    private func oldestWait(on route: RouteState) -> Instant? {
        var oldest: Instant?
        for exchange in exchanges where exchange.step == .queued && exchange.route === route {
            oldest = min(oldest ?? exchange.since, exchange.since)
        }
        return oldest
    }

    private func drop(_ route: RouteState) {
        routes[route.key] = nil
        if lastRoute === route { lastRoute = nil }
        route.close()
    }

    // MARK: Shutting down

    private func shutDown(by deadline: Instant?, _ done: @escaping @Sendable () -> Void) {
        guard !hasEnded else { return done() }
        isClosed = true
        whenClosed.append(done)
        if let deadline, closesAt.map({ deadline < $0 }) ?? true {
            closesAt = deadline
            if deadline <= now { cancelAll() } else { look(at: deadline) }
        }
        markTurn()
    }

    private func cancelAll() {
        closesAt = nil
        for exchange in exchanges {
            finish(exchange, .failure(exchange.error(.closed, "\(exchange.summary): the transport was shut down")))
        }
    }

    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        for route in routes.values { route.close() }
        routes = [:]
        lastRoute = nil
        touchedRoutes = []
        if let sweepTimer { loop.cancel(sweepTimer) }
        loop.stop()
        for done in whenClosed { done() }
        whenClosed = []
    }
}
