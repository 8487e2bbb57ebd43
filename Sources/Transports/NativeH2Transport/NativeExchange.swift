import HTTP2Engine
import Pooling
import Synchronization
import TransportCore

/// One exchange while it is under way: where it stands, what has come, and who waits for it.
///
/// Made by `send`, and from then on used on the loop alone: hence `@unchecked`. `unreported` is for other threads.
final class NativeExchange: @unchecked Sendable {
    /// How far it is.
    enum Step: UInt8 {
        /// On its way to the loop.
        case new
        /// Waits for a connection or a stream.
        case queued
        /// The head goes out, and the body.
        case sending
        /// The request is out.
        case waiting
        /// The final head is in.
        case receiving
        case done
    }

    let exchange: Exchange
    let framing: RequestFraming
    /// Whether it ends when its connection stands, and nothing of it is sent.
    let onlyConnects: Bool
    /// When the loop took it.
    var started: Instant
    /// Keeps the loops running while a live body is read.
    let keeper: any AnyObject & Sendable
    var waiter: Waiter?
    /// How it ended, or that its body is live: for the task that waits, set before it is resumed.
    var outcome: Result<ResponseBody, TransportError>?
    /// The connection that carries it.
    var info: ConnectionInfo?

    // Where it stands
    var step = Step.new
    /// When the step, or the last progress that its timeout looks at, was.
    var since: Instant
    /// Its place in the driver's list of all.
    var index = -1
    var isCancelled = false
    var ticket: WaiterTicket?
    var route: RouteState?
    var carrier: Carrier?
    /// Its stream on an HTTP/2 connection.
    var stream: HTTP2Stream?
    var isReused = false
    /// Whether a byte of it may have reached the peer.
    var mayBeSent = false

    // The request's body
    var upload = Upload.none
    var sent: Int64 = 0
    /// The body has nothing to give now.
    var isStarved = false
    /// The body waits for 100 Continue, until then.
    var holdsBodyUntil: Instant?

    // The response
    var status = 0
    var reason = ""
    var fields: HTTPFields = [:]
    var informationals = 0
    /// What has come of a buffered body.
    var body: [UInt8] = []
    /// What has come of a live body since the reader was last given something.
    var pieces: [[UInt8]] = []
    var piecesSize = 0
    var received: Int64 = 0
    var declaredLength: Int64?
    var channel: BodyChannel?
    /// Bytes that count as read, and that the reader is yet to take.
    var prepaid = 0
    var isAnnounced = false

    /// Whether the outcome is there: what the loop wrote before is for the task that waits to read.
    let isSettled = Atomic(false)
    /// Bytes that the reader took and the loop was not told of.
    let unreported = Atomic(0)

    init(
        _ exchange: Exchange, framing: RequestFraming, keeper: any AnyObject & Sendable, onlyConnects: Bool = false
    ) {
        self.exchange = exchange
        self.framing = framing
        self.onlyConnects = onlyConnects
        self.keeper = keeper
        started = Instant(nanoseconds: 0)
        since = started
    }

    /// Tells the observer of the exchange, if there is one.
    @inline(__always)
    func tell(_ kind: @autoclosure () -> ExchangeEvent.Kind, at now: Instant) {
        guard let onEvent = exchange.onEvent else { return }
        onEvent(ExchangeEvent(kind(), at: now))
    }

    /// The method, and where it goes: for messages.
    var summary: String { "\(exchange.request.method.rawValue) \(exchange.route.origin)" }

    /// Whether the final head is in.
    var hasHead: Bool { status != 0 }

    /// What is known of whether the peer may have acted on the request.
    var retrySafety: RetrySafety {
        if hasHead || informationals > 0 { return .processed }
        return mayBeSent ? .maybeProcessed : .notSent
    }

    /// An error of this exchange, as far as it is.
    func error(
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

    /// The step as errors name it.
    var phase: TransportError.Phase {
        switch step {
        case .new: .queue
        case .queued: route?.waitingPhase ?? .queue
        case .sending: .send
        case .waiting: .head
        case .receiving, .done: .body
        }
    }

    /// An error from why its connection could not be opened.
    func error(_ failure: OpeningFailure) -> TransportError {
        error(
            failure.code, "\(summary): \(failure.message)", phase: failure.phase, safety: .notSent,
            proxyAnswer: failure.proxyAnswer, libraryCode: failure.libraryCode, underlying: failure.underlying)
    }

    /// The response, or why there is none: for the task that waits, once it was resumed.
    func result() throws(TransportError) -> TransportResponse {
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

/// The task that waits in `send`. Resumed once: whoever resumes it takes it out of the exchange before.
@safe
struct Waiter: Sendable {
    private let continuation: UnsafeContinuation<Void, Never>

    /// Suspends the calling task until the waiter that `body` is given is resumed.
    static func wait(_ body: (Waiter) -> Void) async {
        await unsafe withUnsafeContinuation { continuation in
            unsafe body(Waiter(continuation: continuation))
        }
    }

    func resume() { unsafe continuation.resume() }
}
