import DequeModule
package import IOLoop
import Synchronization
public import TransportCore

/// One loop's share of a transport: the exchanges under way, their timeouts, the messages of other threads, and the end
/// of each turn. What every driver does the same way; a transport's own class keeps its routes and connections, and
/// overrides what it is asked.
///
/// Used on the loop; `@unchecked` because `send` holds it to reach the inbox. `@exclusivity(unchecked)` as in
/// ``OngoingExchange``. Open only because Swift has no word for
/// "within the package"; the module is part of no product.
open class ExchangeDriver: @unchecked Sendable {
    /// What other threads tell the loop.
    package enum Message: Sendable {
        case start(OngoingExchange)
        case cancel(OngoingExchange)
        /// The reader has taken bytes.
        case drained(OngoingExchange)
        /// There are bytes of a request's body again.
        case uploadReady(OngoingExchange)
        /// Anything else; rare, so that messages stay small.
        case run(@Sendable () -> Void)
        case shutDown(ShutDown)
    }

    package final let loop: IOLoop
    /// When the turn began.
    @safe @exclusivity(unchecked) package final private(set) var now: Instant
    private final var inbox: Inbox<Message>?
    @safe @exclusivity(unchecked) package final var exchanges: [OngoingExchange] = []

    // For the end of the turn
    private final var announced: [OngoingExchange] = []
    private final var ready: [Waiter] = []
    private final var isTurnMarked = false
    private final var endTurn: () -> Void = {}

    // Timeouts
    final var sweepTimer: LoopTimer?
    @safe @exclusivity(unchecked) final var nextSweep = Instant(nanoseconds: .max)
    @safe @exclusivity(unchecked) final var knownLimits = ExchangeLimits(ExchangeOptions())

    // Shutting down
    package final var isClosed = false
    final var closesAt: Instant?
    final var whenClosed: [@Sendable () -> Void] = []
    package final var hasEnded = false

    /// What the loop holds of a driver until it has ended. Not a weak reference: one alone makes every retain of the
    /// driver slow, and there are several for each exchange.
    final class Hold: @unchecked Sendable { var driver: ExchangeDriver? }
    final let hold = Hold()

    /// A driver on `loop`, which it stops when it has been shut down.
    package init(on loop: IOLoop) {
        self.loop = loop
        now = loop.now
    }

    // MARK: For transports to override. All are called on the loop.

    /// The turn ends: sends what waits. May be called several times before the answers are handed out.
    open func work() {}
    /// Whether ``work()`` has more to do.
    open var hasWork: Bool { false }
    /// Looks at what has grown old on the routes; returns when to look again.
    open func sweepRoutes() -> Instant? { nil }
    /// Closes every connection. No exchange is under way any more.
    open func closeRoutes() {}
    /// From how many answers of one turn on the tasks are resumed by a job of the global pool.
    open var handsOverFrom: Int { .max }

    // MARK: From any thread

    /// Lets the loop know the driver, which it keeps until it has been shut down.
    final func run() {
        let hold = hold
        hold.driver = self
        inbox = Inbox(on: loop) { messages in
            guard let driver = hold.driver else { return ExchangeDriver.refuse(&messages) }
            driver.wake()
            while let message = messages.popFirst() { driver.take(message) }
        }
        endTurn = { hold.driver?.finishTurn() }
    }

    /// Tells the loop something, from any thread. False if the loop has ended.
    @discardableResult
    package final func push(_ message: Message) -> Bool { inbox?.push(message) ?? false }

    /// Carries `exchange` to its response or its error; cancels it when the task is cancelled.
    package final func carry(_ exchange: OngoingExchange) async throws(TransportError) -> TransportResponse {
        await withTaskCancellationHandler {
            await Waiter.wait { waiter in
                exchange.waiter = waiter
                if !push(.start(exchange)) {
                    exchange.outcome = .failure(exchange.exchange.closed)
                    waiter.resume()
                }
            }
        } onCancel: {
            push(.cancel(exchange))
        }
        return try exchange.result()
    }

    /// What comes after the end.
    private static func refuse(_ messages: inout Deque<Message>) {
        while let message = messages.popFirst() {
            switch message {
            case .start(let exchange):
                exchange.outcome = .failure(exchange.exchange.closed)
                exchange.isSettled.store(true, ordering: .releasing)
                exchange.waiter?.resume()
                exchange.waiter = nil
            case .shutDown(let wish): wish.done()
            case .cancel, .drained, .uploadReady, .run: break
            }
        }
    }

    private final func take(_ message: Message) {
        switch message {
        case .start(let exchange): start(exchange)
        case .cancel(let exchange): cancel(exchange)
        case .drained(let exchange): exchange.drained()
        case .uploadReady(let exchange): resumeUpload(of: exchange)
        case .run(let action): action()
        case .shutDown(let wish): shutDown(wish)
        }
    }

    // MARK: Exchanges

    private final func start(_ exchange: OngoingExchange) {
        exchange.started = now
        guard !exchange.isCancelled, !isClosed else {
            exchange.step = .done
            exchange.outcome = .failure(
                exchange.isCancelled ? cancellation(of: exchange) : exchange.exchange.closed)
            return resume(exchange)
        }
        exchange.index = exchanges.count
        exchanges.append(exchange)
        exchange.step = .queued
        exchange.since = now
        exchange.throttle = Throttle(exchange.exchange.options.rates, at: now)
        if !exchange.onlyConnects { exchange.tell(.queued, at: now) }
        look(after: limits(of: exchange).earliest)
        if let deadline = exchange.exchange.deadline { look(at: deadline) }
        exchange.begin(on: self)
    }

    private final func cancel(_ exchange: OngoingExchange) {
        exchange.isCancelled = true
        guard exchange.step != .new, exchange.step != .done else { return }
        finish(exchange, .failure(cancellation(of: exchange)))
    }

    private final func cancellation(of exchange: OngoingExchange) -> TransportError {
        exchange.error(.cancelled, "\(exchange.summary) was cancelled")
    }

    final func resumeUpload(of exchange: OngoingExchange) {
        guard exchange.isStarved, exchange.step != .done else { return }
        exchange.isStarved = false
        if exchange.step == .sending {
            exchange.since = now
            look(after: limits(of: exchange).idleWrite)
        }
        exchange.feedUpload()
    }

    /// Ends an exchange, which lets go of its stream or connection; its waiter or its body's reader gets the outcome.
    package final func finish(_ exchange: OngoingExchange, _ outcome: Result<HTTPFields, TransportError>) {
        guard exchange.step != .done else { return }
        if let throttle = exchange.throttle {
            if case .success(let trailers) = outcome, exchange.endsLater(trailers) {
                exchange.stopUpload()
                return exchange.leave()
            }
            throttle.stop(loop)
            for piece in throttle.releaseAll() { _ = exchange.pass(piece, self) }
            exchange.throttle = nil
        }
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
            // The head is in, and its turn has not ended yet: the response is given all the same, and the failure ends
            // its body, so that the bytes before it are not lost.
            if exchange.isAnnounced, error.code != .cancelled { deliver(exchange) }
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
        exchange.leave()
        exchange.channel = nil
        exchange.pieces = []
        exchange.body = []
        resume(exchange)
        wake()
    }

    /// Wakes the task that waits for the outcome, at the end of the turn.
    private final func resume(_ exchange: OngoingExchange) {
        guard let waiter = exchange.waiter else { return }
        exchange.waiter = nil
        exchange.isSettled.store(true, ordering: .releasing)
        ready.append(waiter)
    }

    private final func remove(_ exchange: OngoingExchange) {
        let index = exchange.index
        guard exchanges.indices.contains(index), exchanges[index] === exchange else { return }
        exchange.index = -1
        let last = exchanges.removeLast()
        guard last !== exchange else { return }
        exchanges[index] = last
        last.index = index
    }

    // MARK: The turn

    /// Something happens on the loop: reads the time, and marks the turn, so that its end is seen to.
    package final func wake() {
        guard !isTurnMarked else { return }
        isTurnMarked = true
        now = loop.now
        loop.atEndOfTurn(endTurn)
    }

    /// Something of a response is ready for whoever waits for it.
    package final func announce(_ exchange: OngoingExchange) {
        guard !exchange.isAnnounced else { return }
        exchange.isAnnounced = true
        announced.append(exchange)
        wake()
    }

    private final func finishTurn() {
        isTurnMarked = false
        work()
        if hasWork { wake() }
        if !announced.isEmpty {
            let exchanges = announced
            announced.removeAll(keepingCapacity: true)
            for exchange in exchanges {
                if exchange.gathersMore() { announced.append(exchange) } else { deliver(exchange) }
            }
            if !announced.isEmpty { wake() }
        }
        if !ready.isEmpty { Waiter.resume(&ready, handedOver: handsOverFrom) }
        if isClosed, exchanges.isEmpty { end() }
    }

    private final func deliver(_ exchange: OngoingExchange) {
        exchange.isAnnounced = false
        guard exchange.step != .done else { return }
        if exchange.waiter != nil {
            let channel = exchange.makeChannel(self)
            exchange.channel = channel
            exchange.outcome = .success(ResponseBody(channel))
            resume(exchange)
        }
        exchange.flushPieces()
        exchange.delivered()
    }
}
