import Synchronization
public import TransportCore

/// One exchange while it is under way: where it stands, what has come, and who waits for it. What every driver needs of
/// it; a transport's own class adds what it knows besides, and is told by the overridable methods what to do.
///
/// Made by `send`, and from then on used on the loop alone: hence `@unchecked`. `unreported` is for other threads.
///
/// The compiler proves that accesses to a property do not overlap only where it sees them all, in one module; across
/// modules each access is checked while the program runs, which cost a small request 8 % of its time. No access to these
/// spans a call: hence `@exclusivity(unchecked)`, and `@safe`.
///
/// Open only because Swift has no word for "within the package"; the module is part of no product.
open class OngoingExchange: @unchecked Sendable {
    /// How far it is.
    package enum Step: UInt8, Sendable {
        /// On its way to the loop.
        case new
        /// Waits for a connection or a stream.
        case queued
        /// Where exchanges open their connections themselves: it is being made, or secured.
        case connecting, securing
        /// The head goes out, and the body.
        case sending
        /// The request is out.
        case waiting
        /// The final head is in.
        case receiving
        case done
    }

    package final let exchange: Exchange
    package final let framing: RequestFraming
    /// Whether it ends when its connection stands, and nothing of it is sent: for ``Preconnecting``. It has an `info`
    /// then. Set before it is handed to the driver.
    @safe @exclusivity(unchecked) package final var onlyConnects = false
    /// Keeps the loops running while a live body is read.
    final let keeper: any AnyObject & Sendable
    /// When the loop took it.
    @safe @exclusivity(unchecked) package final var started = Instant(nanoseconds: 0)
    @safe @exclusivity(unchecked) final var waiter: Waiter?
    /// How it ended, or that its body is live: for the task that waits, set before it is resumed.
    @safe @exclusivity(unchecked) package final var outcome: Result<ResponseBody, TransportError>?
    /// The connection that carries it.
    @safe @exclusivity(unchecked) package final var info: ConnectionInfo?

    // Where it stands
    @safe @exclusivity(unchecked) package final var step = Step.new
    /// When the step, or the last progress that its timeout looks at, was.
    @safe @exclusivity(unchecked) package final var since = Instant(nanoseconds: 0)
    /// Its place in the driver's list of all.
    @safe @exclusivity(unchecked) final var index = -1
    @safe @exclusivity(unchecked) package final var isCancelled = false
    @safe @exclusivity(unchecked) package final var isReused = false
    /// Whether a byte of it may have reached the peer.
    @safe @exclusivity(unchecked) package final var mayBeSent = false

    // The request's body
    @safe @exclusivity(unchecked) package final var upload = Upload.none
    @safe @exclusivity(unchecked) package final var sent: Int64 = 0
    /// The body has nothing to give now.
    @safe @exclusivity(unchecked) package final var isStarved = false
    /// The body waits for 100 (Continue), until then.
    @safe @exclusivity(unchecked) package final var holdsBodyUntil: Instant?

    // The response
    @safe @exclusivity(unchecked) package final var status = 0
    @safe @exclusivity(unchecked) package final var reason = ""
    @safe @exclusivity(unchecked) package final var fields = HTTPFields.none
    @safe @exclusivity(unchecked) package final var informationals = 0
    /// What has come of a buffered body.
    @safe @exclusivity(unchecked) package final var body: [UInt8] = []
    /// What has come of a live body since the reader was last given something.
    @safe @exclusivity(unchecked) package final var pieces: [[UInt8]] = []
    @safe @exclusivity(unchecked) package final var piecesSize = 0
    @safe @exclusivity(unchecked) package final var received: Int64 = 0
    @safe @exclusivity(unchecked) package final var declaredLength: Int64?
    @safe @exclusivity(unchecked) package final var channel: BodyChannel?
    @safe @exclusivity(unchecked) package final var isAnnounced = false
    /// What had come of a live body when it was last looked at whether more does.
    @safe @exclusivity(unchecked) final var gathered = 0
    /// What rate caps hold back; nil without any.
    @safe @exclusivity(unchecked) final var throttle: Throttle?

    /// Whether the outcome is there: what the loop wrote before is for the task that waits to read.
    final let isSettled = Atomic(false)
    /// Bytes that the reader took and the loop was not told of.
    final let unreported = Atomic(0)

    /// An exchange that has not begun. A live body keeps `keeper` alive.
    package init(_ exchange: Exchange, framing: RequestFraming, keeper: any AnyObject & Sendable) {
        self.exchange = exchange
        self.framing = framing
        self.keeper = keeper
    }

    // MARK: For transports to override. All are called on the loop unless said otherwise.

    /// The driver has taken it: finds its route, and waits or goes.
    open func begin(on driver: ExchangeDriver) {}
    /// It has ended: lets go of its connection, its stream, its place in a queue.
    open func leave() {}
    /// The reader took bytes.
    open func drained() {}
    /// So many bytes were kept for a buffered response after they had been held back, and count as read.
    open func keptBody(_ count: Int) {}
    /// What had come was handed to the reader.
    open func delivered() {}
    /// There is more of the request's body, or it need not be held back any longer.
    open func feedUpload() {}
    /// A timeout has passed: it is about to be ended, and the connection may be dead.
    open func hasTimedOut() {}
    /// The reader took `count` bytes. Called on the reader's thread, and must be quick: as a rule every
    /// ``reportedStep`` bytes it has the driver call ``drained()``.
    open func readerTook(_ count: Int, from driver: ExchangeDriver) {
        let before = unreported.wrappingAdd(count, ordering: .relaxed).oldValue
        let step = reportedStep
        if before < step, before + count >= step { driver.push(.drained(self)) }
    }
    /// What it waits for while it is queued: the pool, by default, or a phase of the connection's opening, and since
    /// when.
    open var awaited: (phase: TransportError.Phase, since: Instant) { (.queue, since) }
    /// What is known of whether the peer may have acted on the request.
    open var retrySafety: RetrySafety {
        if hasHead || informationals > 0 { return .processed }
        return mayBeSent ? .maybeProcessed : .notSent
    }
}

extension OngoingExchange {
    /// Tells the observer of the exchange, if there is one.
    @inline(__always)
    package final func tell(_ kind: @autoclosure () -> ExchangeEvent.Kind, at now: Instant) {
        guard let onEvent = exchange.onEvent else { return }
        onEvent(ExchangeEvent(kind(), at: now))
    }

    /// How many bytes the reader took since the driver asked last.
    package final func takeReported() -> Int { unreported.exchange(0, ordering: .relaxed) }

    /// The method, and where it goes: for messages.
    package final var summary: String { "\(exchange.request.method.rawValue) \(exchange.route.origin)" }

    /// Whether the final head is in.
    package final var hasHead: Bool { status != 0 }

    /// The step as errors name it.
    package final var phase: TransportError.Phase {
        switch step {
        case .new: .queue
        case .queued: awaited.phase
        case .connecting: .connect
        case .securing: .tls
        case .sending: .send
        case .waiting: .head
        case .receiving, .done: .body
        }
    }

    /// An error of this exchange, as far as it is.
    package final func error(
        _ code: TransportError.Code, _ message: String, phase: TransportError.Phase? = nil, elapsed: Duration? = nil,
        safety: RetrySafety? = nil, proxyAnswer: TransportError.ProxyAnswer? = nil, libraryCode: String? = nil,
        underlying: (any Error)? = nil
    ) -> TransportError {
        TransportError(
            code, phase: phase ?? self.phase, retrySafety: safety ?? retrySafety,
            endpoint: exchange.route.origin.description, message: message,
            elapsed: elapsed ?? started.duration(to: SystemClock().now), reusedConnection: isReused,
            proxyAnswer: proxyAnswer, libraryCode: libraryCode, underlying: underlying)
    }

    /// An error from why its connection could not be opened.
    package final func error(_ failure: OpeningFailure) -> TransportError {
        error(
            failure.code, "\(summary): \(failure.message)", phase: failure.phase, safety: .notSent,
            proxyAnswer: failure.proxyAnswer, libraryCode: failure.libraryCode, underlying: failure.underlying)
    }

    /// Goes to `step`, starts its clock, and has its timeout looked at.
    package final func enter(_ step: Step, _ driver: ExchangeDriver) {
        self.step = step
        since = driver.now
        driver.look(after: driver.limits(of: self)[step])
    }

    /// The response, or why there is none: for the task that waits, once it was resumed.
    final func result() throws(TransportError) -> TransportResponse {
        _ = isSettled.load(ordering: .acquiring)
        // Taken out: a live body holds its channel, and that the exchange.
        guard let outcome = outcome.take() else {
            throw error(.libraryFailure, "\(summary) ended without an outcome")
        }
        let body = try outcome.get()
        guard let info else { throw error(.libraryFailure, "\(summary) ended without a connection") }
        return TransportResponse(
            status: HTTPResponse.Status(code: status, reasonPhrase: reason), fields: fields, connection: info,
            reused: isReused, body: body)
    }
}

extension HTTPFields {
    /// Shared by all that have none: an empty list of its own is an allocation.
    package static let none = HTTPFields()
}
