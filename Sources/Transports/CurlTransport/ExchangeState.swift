import Driving
import HTTP1Engine
import Synchronization
import TransportCore

/// One exchange of this transport: libcurl's handle for it, and what its callbacks have noted. Used on the loop;
/// `wantsDrain` is for the reader's thread, too.
final class ExchangeState: OngoingExchange, @unchecked Sendable {
    /// Whether a wish of it, for trailers say, can be granted over HTTP/1.1 alone.
    let pinsHTTP1: Bool

    // Where it stands
    var route: RouteState?
    var easy: Easy?
    var isQueued = false
    /// What ended it, if it was not libcurl: takes precedence over libcurl's code.
    var failure: TransportError?
    /// Whether the request says `TE: trailers`.
    var wantsTrailers = false

    // The connection
    var connection: ConnectionRecord?
    var timesReady = 0

    // The request's body
    var uploadReader: UploadReader?
    /// libcurl was told that there is nothing to send now.
    var isUploadPaused = false
    var isBodyHandedOver = false

    // The response
    var lines: ResponseHeadLines
    var trailerLines: HeadLines?
    var proxyHead: ResponseHead?
    var head: ResponseHead?
    /// Whether a line of a response has come.
    var hasBegun = false
    var responseFraming = MessageFraming.none
    var trailers = HTTPFields.none
    var isPaused = false
    /// Whether the reader should say when it has taken bytes.
    let wantsDrain = Atomic(false)

    init(_ exchange: Exchange, framing: RequestFraming, pinsHTTP1: Bool, keeper: any AnyObject & Sendable) {
        self.pinsHTTP1 = pinsHTTP1
        let limits = exchange.options.limits
        lines = ResponseHeadLines(
            limits: HTTP1Limits(headBytes: limits.head, fields: limits.fields), synthesised: true)
        super.init(exchange, framing: framing, keeper: keeper)
    }

    // MARK: What the driver asks

    override func begin(on driver: ExchangeDriver) {
        guard let driver = driver as? Driver else { return }
        let route = driver.routeState(for: self)
        self.route = route
        route.enqueue(self)
    }

    override func leave() {
        if let easy { route?.release(easy, of: self) }
        if isQueued { route?.abandon(self) }
        uploadReader = nil
        route = nil
    }

    /// There is something to send again.
    override func feedUpload() {
        guard isUploadPaused, let easy else { return }
        isUploadPaused = false
        easy.pause(receiving: isPaused)
        route?.touch()
    }

    /// The reader says so only if the body was held back.
    override func readerTook(_ count: Int, from driver: ExchangeDriver) {
        if wantsDrain.exchange(false, ordering: .sequentiallyConsistent) { driver.push(.drained(self)) }
    }

    override func drained() {
        guard isPaused, step != .done, let easy, let route else { return }
        let limit = exchange.options.limits.unreadBody
        guard waitingBytes <= limit / 2 else {
            wantsDrain.store(true, ordering: .sequentiallyConsistent)
            if waitingBytes <= limit / 2 { route.driver.resumeLater(self) }
            return
        }
        isPaused = false
        since = route.driver.now
        isUploadPaused = false
        easy.pause(receiving: false)
        route.touch()
    }

    override var awaited: (phase: TransportError.Phase, since: Instant) {
        guard easy == nil, let resolving = route?.resolvingSince else { return (.queue, since) }
        return (.resolve, resolving)
    }

    override var retrySafety: RetrySafety {
        if hasBegun { return .processed }
        return timesReady == 0 ? .notSent : .maybeProcessed
    }
}

extension ExchangeState {
    /// Tells the observer of the exchange, if there is one.
    @inline(__always)
    func tell(_ kind: @autoclosure () -> ExchangeEvent.Kind) { tell(kind(), at: route?.driver.now ?? started) }

    /// Goes to `step`, and starts its clock.
    func enter(_ step: Step) {
        guard let driver = route?.driver else { return }
        enter(step, driver)
    }

    /// Notes why the exchange ends, for a callback to abort its transfer; the first reason counts.
    func fail(_ error: @autoclosure () -> TransportError) {
        if failure == nil { failure = error() }
    }
}
