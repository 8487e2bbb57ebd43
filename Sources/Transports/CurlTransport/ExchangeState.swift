import HTTP1Engine
import Synchronization
import TransportCore

/// One exchange while it is under way: where it stands, what has come, and who waits for it.
///
/// Made by `send`, and from then on used on the loop alone: hence `@unchecked`. Two of its parts are for other threads:
/// `wantsDrain`, and the upload's buffer.
final class ExchangeState: @unchecked Sendable {
    /// How far it is.
    enum Step: UInt8 {
        /// Waits for addresses, a connection or a stream.
        case queued
        case connecting, securing
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
    /// Whether a wish of it, for trailers say, can be granted over HTTP/1.1 alone.
    let pinsHTTP1: Bool
    let started: Instant
    var waiter: Waiter?

    // Where it stands
    var step = Step.queued
    /// When the step, or the last progress that its timeout looks at, was.
    var since: Instant
    var route: RouteState?
    var easy: Easy?
    /// Its place in the driver's list of all.
    var index = -1
    var isQueued = false
    var isCancelled = false
    /// What ended it, if it was not libcurl: takes precedence over libcurl's code.
    var failure: TransportError?
    /// Whether its response is ready for the waiter at the end of the turn.
    var isAnnounced = false

    /// Whether the request says `TE: trailers`.
    var wantsTrailers = false

    /// In nanoseconds; see ``Driver/watchTime(of:)``.
    var shortestTimeout = Int64.max

    // The connection
    var connection: ConnectionRecord?
    var isReused = false
    var timesReady = 0

    // The request's body
    var upload = Upload.none
    var sent: Int64 = 0
    var isUploadPaused = false
    var isBodyHandedOver = false
    /// Until when the body waits for 100 (Continue).
    var continueDue: Instant?

    // The response
    var lines: ResponseHeadLines
    var trailerLines: HeadLines?
    var informationals = 0
    var proxyHead: ResponseHead?
    var head: ResponseHead?
    /// Whether a line of a response has come.
    var hasBegun = false
    var responseFraming = MessageFraming.none
    var bytes: [UInt8] = []
    var received: Int64 = 0
    var trailers = ExchangeState.noFields
    var isPaused = false
    var isComplete = false
    var channel: BodyChannel?
    /// Keeps the loop running while a live body is read.
    var keeper: (any AnyObject & Sendable)?

    /// Whether the reader should say when it has taken bytes.
    let wantsDrain = Atomic(false)

    /// Shared by all, as most have none.
    private static let noFields = HTTPFields()

    init(
        _ exchange: Exchange, framing: RequestFraming, pinsHTTP1: Bool, at now: Instant,
        keeper: any AnyObject & Sendable
    ) {
        self.exchange = exchange
        self.pinsHTTP1 = pinsHTTP1
        self.keeper = keeper
        self.framing = framing
        started = now
        since = now
        let limits = exchange.options.limits
        lines = ResponseHeadLines(
            limits: HTTP1Limits(headBytes: limits.head, fields: limits.fields), synthesised: true)
    }

    /// Tells the observer of the exchange, if there is one.
    @inline(__always)
    func tell(_ kind: @autoclosure () -> ExchangeEvent.Kind) {
        guard let onEvent = exchange.onEvent else { return }
        let at = route?.driver.now ?? started
        onEvent(ExchangeEvent(kind(), at: at))
    }

    /// The step as errors name it.
    var phase: TransportError.Phase {
        switch step {
        case .queued: route?.isResolving == true ? .resolve : .queue
        case .connecting: .connect
        case .securing: .tls
        case .sending: .send
        case .waiting: .head
        case .receiving, .done: .body
        }
    }

    /// What is known of whether the peer may have acted on the request.
    var retrySafety: RetrySafety {
        if hasBegun { return .processed }
        return timesReady == 0 ? .notSent : .maybeProcessed
    }

    /// An error of this exchange, as far as it is.
    func error(
        _ code: TransportError.Code, _ message: String, phase: TransportError.Phase? = nil,
        elapsed: Duration? = nil, safety: RetrySafety? = nil, libraryCode: String? = nil,
        proxyAnswer: TransportError.ProxyAnswer? = nil, underlying: (any Error)? = nil
    ) -> TransportError {
        TransportError(
            code, phase: phase ?? self.phase, retrySafety: safety ?? retrySafety,
            endpoint: exchange.route.origin.description, message: message,
            elapsed: elapsed ?? (route?.driver.now).map { started.duration(to: $0) }, reusedConnection: isReused,
            proxyAnswer: proxyAnswer, libraryCode: libraryCode, underlying: underlying)
    }

    /// Notes why the exchange ends, for a callback to abort its transfer; the first reason counts.
    func fail(_ error: @autoclosure () -> TransportError) {
        if failure == nil { failure = error() }
    }

    /// What the method is, and where it goes: for messages.
    var summary: String { "\(exchange.request.method.rawValue) \(exchange.route.origin)" }
}
