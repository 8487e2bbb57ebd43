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
    let started: Instant
    /// Keeps the loops running while a live body is read.
    let keeper: any AnyObject & Sendable
    var waiter: Waiter?

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
    var pieces: [[UInt8]] = []
    var received: Int64 = 0
    var declaredLength: Int64?
    var channel: BodyChannel?
    /// Bytes that count as read, and that the reader is yet to take.
    var prepaid = 0
    var isAnnounced = false

    /// Bytes that the reader took and the loop was not told of.
    let unreported = Atomic(0)

    init(
        _ exchange: Exchange, framing: RequestFraming, at now: Instant, keeper: any AnyObject & Sendable
    ) {
        self.exchange = exchange
        self.framing = framing
        self.keeper = keeper
        started = now
        since = now
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

    /// The response with `body`.
    func response(_ body: ResponseBody) -> Result<TransportResponse, TransportError> {
        guard let carrier else {
            return .failure(error(.libraryFailure, "\(summary) ended well without a connection"))
        }
        return .success(
            TransportResponse(
                status: HTTPResponse.Status(code: status, reasonPhrase: reason), fields: fields,
                connection: carrier.info, reused: isReused, body: body))
    }
}

/// The task that waits in `send`. Resumed once: whoever resumes it takes it out of the exchange before.
@safe
struct Waiter: Sendable {
    private let continuation: UnsafeContinuation<Result<TransportResponse, TransportError>, Never>

    /// Suspends the calling task until the waiter that `body` is given is resumed.
    static func wait(_ body: (Waiter) -> Void) async -> Result<TransportResponse, TransportError> {
        await unsafe withUnsafeContinuation { continuation in
            unsafe body(Waiter(continuation: continuation))
        }
    }

    func resume(_ result: Result<TransportResponse, TransportError>) { unsafe continuation.resume(returning: result) }
}
