import DequeModule
import IOLoop
import Synchronization
import TLSEngine
import TransportCore

/// One loop's share of the transport: its routes, the exchanges under way, their timeouts, and the end of each turn.
/// Used on the loop; `@unchecked` because `send` holds it to reach the inbox.
final class Driver: @unchecked Sendable {
    /// What other threads tell the loop.
    enum Message: Sendable {
        case start(NativeExchange)
        case cancel(NativeExchange)
        /// The reader has taken bytes.
        case drained(NativeExchange)
        /// There are bytes of a request's body again.
        case uploadReady(NativeExchange)
        /// Anything else; rare, so that messages stay small.
        case run(@Sendable () -> Void)
        case shutDown(ShutDown)
    }
    /// The wish to end, on its way to the loop.
    final class ShutDown: Sendable {
        let deadline: Instant?
        let done: @Sendable () -> Void
        init(by deadline: Instant?, _ done: @escaping @Sendable () -> Void) {
            self.deadline = deadline
            self.done = done
        }
    }

    let loop: IOLoop
    let configuration: NativeH2Transport.Configuration
    let buffer = ReadBuffer()
    let shelf = TLSShelf()
    /// Output is put together in here; kept for its memory.
    var scratch: [UInt8] = []
    private(set) var now: Instant
    private var inbox: Inbox<Message>?

    private var routes: [Route: RouteState] = [:]
    private var lastRoute: RouteState?
    private var exchanges: [NativeExchange] = []

    // Work for the end of the turn
    private var touched: [Carrier] = []
    private var announced: [NativeExchange] = []
    private var ready: [Waiter] = []
    private var isTurnMarked = false
    private var endTurn: () -> Void = {}

    // Timeouts
    private var sweepTimer: LoopTimer?
    private var nextSweep = Instant(nanoseconds: .max)

    // Shutting down
    private var isClosed = false
    private var closesAt: Instant?
    private var whenClosed: [@Sendable () -> Void] = []
    private var hasEnded = false

    /// What the loop holds of a driver until it has ended. Not a weak reference: one alone makes every retain of the
    /// driver slow, and there are several for each exchange.
    private final class Hold: @unchecked Sendable {
        var driver: Driver?
    }
    private let hold = Hold()

    private init(_ loop: IOLoop, _ configuration: NativeH2Transport.Configuration) {
        self.loop = loop
        self.configuration = configuration
        now = loop.now
    }

    /// A driver on `loop`, which it stops when it has been shut down.
    static func start(on loop: IOLoop, _ configuration: NativeH2Transport.Configuration) -> Driver {
        let driver = Driver(loop, configuration)
        let hold = driver.hold
        hold.driver = driver
        driver.inbox = Inbox(on: loop) { messages in
            guard let driver = hold.driver else { return Driver.refuse(&messages) }
            driver.wake()
            while let message = messages.popFirst() { driver.take(message) }
        }
        driver.endTurn = { hold.driver?.finishTurn() }
        return driver
    }

    /// What comes after the end.
    private static func refuse(_ messages: inout Deque<Message>) {
        while let message = messages.popFirst() {
            switch message {
            case .start(let exchange):
                exchange.outcome = .failure(NativeH2Transport.closed(exchange.exchange))
                exchange.isSettled.store(true, ordering: .releasing)
                exchange.waiter?.resume()
                exchange.waiter = nil
            case .shutDown(let wish): wish.done()
            case .cancel, .drained, .uploadReady, .run: break
            }
        }
    }

    /// Tells the loop something, from any thread. False if the loop has ended.
    @discardableResult
    func push(_ message: Message) -> Bool { inbox?.push(message) ?? false }

    /// Something happens on the loop: reads the time, and marks the turn.
    func wake() {
        guard !isTurnMarked else { return }
        isTurnMarked = true
        now = loop.now
        loop.atEndOfTurn(endTurn)
    }

    private func take(_ message: Message) {
        switch message {
        case .start(let exchange): start(exchange)
        case .cancel(let exchange): cancel(exchange)
        case .drained(let exchange): drained(exchange)
        case .uploadReady(let exchange):
            guard exchange.isStarved, let carrier = exchange.carrier else { return }
            exchange.isStarved = false
            exchange.since = now
            look(after: limits(of: exchange).idleWrite)
            carrier.feedUpload(of: exchange)
        case .run(let action): action()
        case .shutDown(let wish): shutDown(by: wish.deadline, wish.done)
        }
    }

    // MARK: Exchanges

    private func start(_ exchange: NativeExchange) {
        guard !exchange.isCancelled, !isClosed else {
            exchange.step = .done
            exchange.outcome = .failure(
                exchange.isCancelled ? cancellation(of: exchange) : NativeH2Transport.closed(exchange.exchange))
            return resume(exchange)
        }
        let route = routeState(for: exchange.exchange.route)
        exchange.route = route
        exchange.index = exchanges.count
        exchanges.append(exchange)
        exchange.step = .queued
        exchange.started = now
        exchange.since = now
        if !exchange.onlyConnects { exchange.tell(.queued, at: now) }
        look(after: limits(of: exchange).earliest)
        if let deadline = exchange.exchange.deadline { look(at: deadline) }
        route.enqueue(exchange)
    }

    private func routeState(for route: Route) -> RouteState {
        if let lastRoute, lastRoute.route == route { return lastRoute }
        let state = routes[route] ?? RouteState(route, self)
        routes[route] = state
        lastRoute = state
        return state
    }

    private func cancel(_ exchange: NativeExchange) {
        exchange.isCancelled = true
        guard exchange.step != .new, exchange.step != .done else { return }
        finish(exchange, .failure(cancellation(of: exchange)))
    }

    private func cancellation(of exchange: NativeExchange) -> TransportError {
        exchange.error(.cancelled, "\(exchange.summary) was cancelled")
    }

    private func drained(_ exchange: NativeExchange) {
        var count = exchange.unreported.exchange(0, ordering: .relaxed)
        let paid = min(count, exchange.prepaid)
        exchange.prepaid -= paid
        count -= paid
        exchange.carrier?.consumed(count, by: exchange)
    }

    /// Ends an exchange: its stream or connection is let go, its waiter or its body's reader gets the outcome.
    func finish(_ exchange: NativeExchange, _ outcome: Result<HTTPFields, TransportError>) {
        guard exchange.step != .done else { return }
        switch outcome {
        case .success(let trailers):
            if !exchange.onlyConnects { exchange.tell(.done(trailers: trailers), at: now) }
            if let channel = exchange.channel {
                exchange.flushPieces()
                channel.finish(trailers: trailers)
            } else {
                exchange.outcome = .success(ResponseBody(exchange.takeBytes(), trailers: trailers))
            }
        case .failure(let error):
            if let channel = exchange.channel {
                exchange.flushPieces()
                channel.fail(error)
            } else {
                exchange.outcome = .failure(error)
            }
        }
        exchange.step = .done
        exchange.stopUpload()
        exchange.holdsBodyUntil = nil
        remove(exchange)
        if let ticket = exchange.ticket { exchange.route?.withdraw(exchange, ticket) }
        exchange.carrier?.finished(exchange)
        exchange.carrier = nil
        exchange.route = nil
        exchange.channel = nil
        exchange.pieces = []
        exchange.body = []
        resume(exchange)
        wake()
    }

    /// Wakes the task that waits for the outcome, at the end of the turn.
    private func resume(_ exchange: NativeExchange) {
        guard let waiter = exchange.waiter else { return }
        exchange.waiter = nil
        exchange.isSettled.store(true, ordering: .releasing)
        ready.append(waiter)
    }

    private func remove(_ exchange: NativeExchange) {
        let index = exchange.index
        guard exchanges.indices.contains(index), exchanges[index] === exchange else { return }
        exchange.index = -1
        let last = exchanges.removeLast()
        guard last !== exchange else { return }
        exchanges[index] = last
        last.index = index
    }

    // MARK: The end of a turn

    /// Something of a response is ready for whoever waits for it.
    func announce(_ exchange: NativeExchange) {
        guard !exchange.isAnnounced else { return }
        exchange.isAnnounced = true
        announced.append(exchange)
    }

    /// The carrier has something to send.
    func touch(_ carrier: Carrier) {
        guard !carrier.isTouched else { return }
        carrier.isTouched = true
        touched.append(carrier)
        wake()
    }

    private func finishTurn() {
        isTurnMarked = false
        // Sending may find a connection dead, and so touch others.
        while !touched.isEmpty {
            let carriers = touched
            touched.removeAll(keepingCapacity: true)
            for carrier in carriers {
                carrier.isTouched = false
                carrier.flush()
            }
        }
        if !announced.isEmpty {
            let exchanges = announced
            announced.removeAll(keepingCapacity: true)
            for exchange in exchanges { deliver(exchange) }
        }
        if !ready.isEmpty {
            let answers = ready
            ready.removeAll(keepingCapacity: true)
            for waiter in answers { waiter.resume() }
        }
        if isClosed, exchanges.isEmpty { end() }
    }

    private func deliver(_ exchange: NativeExchange) {
        exchange.isAnnounced = false
        guard exchange.step != .done else { return }
        if exchange.waiter != nil {
            let channel = exchange.makeChannel(self)
            exchange.channel = channel
            exchange.outcome = .success(ResponseBody(channel))
            resume(exchange)
        }
        exchange.flushPieces()
        exchange.carrier?.delivered(exchange)
    }

    // MARK: Time

    private var knownLimits = ExchangeLimits(ExchangeOptions())

    /// The timeouts of an exchange. Sessions share options among exchanges, so mostly they are those of the last one.
    func limits(of exchange: NativeExchange) -> ExchangeLimits {
        if exchange.exchange.options != knownLimits.options { knownLimits = ExchangeLimits(exchange.exchange.options) }
        return knownLimits
    }

    /// As ``look(at:)``, so many nanoseconds from now; not at all for `Int64.max`.
    func look(after nanoseconds: Int64) {
        let (instant, overflow) = now.nanoseconds.addingReportingOverflow(nanoseconds)
        if !overflow, instant < nextSweep.nanoseconds { look(at: Instant(nanoseconds: instant)) }
    }

    /// Makes sure that timeouts are looked at at `instant` or shortly after.
    ///
    /// One timer serves all exchanges: it fires at the earliest instant that was asked for, and asks all of them then.
    /// Most have ended long before, so that happens every few seconds, not with each request.
    func look(at instant: Instant) {
        guard instant < nextSweep else { return }
        nextSweep = instant
        if let sweepTimer { loop.cancel(sweepTimer) }
        sweepTimer = loop.schedule(at: instant) { [hold] in hold.driver?.sweep() }
    }

    /// Two looks are at least so far apart, however many timeouts there are.
    private static let sweepInterval = Duration.milliseconds(2)

    private func sweep() {
        wake()
        nextSweep = Instant(nanoseconds: .max)
        sweepTimer = nil
        var next = Instant(nanoseconds: .max)
        for exchange in exchanges {
            exchange.noteStalledReader(at: now)
            if let error = exchange.timeoutError(at: now) {
                exchange.carrier?.suspect(since: exchange.since)
                finish(exchange, .failure(error))
                continue
            }
            if let held = exchange.holdsBodyUntil, held <= now {
                exchange.holdsBodyUntil = nil
                exchange.since = now
                exchange.carrier?.feedUpload(of: exchange)
            }
            if let due = exchange.due { next = min(next, due) }
        }
        for state in Array(routes.values) {
            if let due = state.expire() { next = min(next, due) }
            if state.isUnused {
                routes[state.route] = nil
                if lastRoute === state { lastRoute = nil }
            }
        }
        if let closesAt {
            if closesAt <= now { cancelAll() } else { next = min(next, closesAt) }
        }
        if next.nanoseconds != .max { look(at: max(next, now.advanced(by: Driver.sweepInterval))) }
    }

    // MARK: Shutting down

    private func shutDown(by deadline: Instant?, _ done: @escaping @Sendable () -> Void) {
        guard !hasEnded else { return done() }
        isClosed = true
        whenClosed.append(done)
        guard let deadline, closesAt.map({ deadline < $0 }) ?? true else { return }
        closesAt = deadline
        if deadline <= now { cancelAll() } else { look(at: deadline) }
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
        for state in routes.values { state.close() }
        routes = [:]
        lastRoute = nil
        touched = []
        shelf.clear()
        if let sweepTimer { loop.cancel(sweepTimer) }
        loop.stop()
        hold.driver = nil
        for done in whenClosed { done() }
        whenClosed = []
    }
}
