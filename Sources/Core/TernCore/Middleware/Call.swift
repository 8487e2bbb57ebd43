import Synchronization

/// One call of a session's verb: what its hops and attempts share.
public final class Call: Sendable {
    /// The request that the caller made, before any link changed it.
    public let request: Request
    /// When the call began.
    public let start: Instant
    /// When it must have ended.
    public let deadline: Instant?
    /// Whether the body is wanted in one piece.
    public let delivery: Delivery
    /// Whether the session's verb has put in the field that ``Decoding`` asks for codings with: once for all calls,
    /// since changing a request costs more than all other links together.
    let offersCodings: Bool
    let settings: Settings
    private let transport: any Transport
    private let state: Mutex<State>

    struct State {
        var history: [Hop] = []
        var attempts: [Attempt] = []
        var observers: [@Sendable (borrowing ExchangeEvent) -> Void] = []
        var kept: Result<TransportResponse, TransportError>?
    }

    init(
        _ request: Request, settings: Settings, transport: any Transport, delivery: Delivery, total: Duration?,
        offersCodings: Bool = false, observers: [@Sendable (borrowing ExchangeEvent) -> Void]
    ) {
        self.request = request
        self.settings = settings
        self.transport = transport
        self.delivery = delivery
        self.offersCodings = offersCodings
        start = settings.configuration.clock.now
        deadline = (total ?? settings.configuration.timeouts.total).map { [start] in start.advanced(by: $0) }
        state = Mutex(State(observers: observers))
    }

    /// The first request's URL. Credentials and cookies set for the call are meant for its origin.
    public var url: HTTPURL { request.url }
    /// The settings that hold for this call.
    public var configuration: SessionConfiguration { settings.configuration }
    /// The session's clock.
    public var clock: any HTTPClock { settings.configuration.clock }

    /// The responses that led here: redirects, oldest first.
    public var history: [Hop] { state.withLock { $0.history } }
    /// Every time that a request was handed to the transport, oldest first.
    public var attempts: [Attempt] { state.withLock { $0.attempts } }

    /// Both at once.
    var record: (history: [Hop], attempts: [Attempt]) { state.withLock { ($0.history, $0.attempts) } }

    /// Notes a redirect.
    public func record(_ hop: Hop) { state.withLock { $0.history.append(hop) } }

    /// Lets `observer` see the events of the attempts to come. Called on the transport's thread: never block.
    public func observe(_ observer: @escaping @Sendable (borrowing ExchangeEvent) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    /// Whether `request` goes to the origin that the call was made for.
    public func isForOrigin(_ request: Request) -> Bool {
        request.url == url || request.url.origin == url.origin
    }

    /// An error of this call, with its history.
    func failure(_ kind: HTTPError.Kind) -> HTTPError {
        HTTPError(kind, request: request.description, history: history, attempts: attempts)
    }

    func transmit(
        _ request: Request, _ attemptObserver: Next.Observer?, _ way: Way? = nil
    ) async throws -> TransportResponse {
        let (ofCall, kept) = state.withLock { ($0.observers, $0.kept.take()) }
        if let kept { return try kept.get() }
        let route = try settings.route(for: request.url, way?.choice)
        let observers = attemptObserver.map { ofCall + [$0] } ?? ofCall
        var exchange = Exchange(
            request, over: route, delivery: delivery, deadline: deadline, options: settings.exchangeOptions)
        if let way, way.choice.avoidsEarlyData { exchange.options.earlyData = false }
        if let way, way.choice.avoidsExpectation { exchange.options.expectContinue = nil }
        if observers.count == 1 {
            exchange.onEvent = observers[0]
        } else if !observers.isEmpty {
            exchange.onEvent = { event in for observer in observers { observer(event) } }
        }
        let began = clock.now
        do {
            let response = try await transport.send(exchange)
            record(
                Attempt(request: request, began: began, outcome: .answered(response.status), fields: response.fields))
            return response
        } catch {
            record(Attempt(request: request, began: began, outcome: .failed(error)))
            throw error
        }
    }

    /// Hands the call's first request to the transport before any link has seen it, as the call begins.
    func transmitAtOnce(_ request: Request) async -> Result<TransportResponse, TransportError> {
        do {
            let exchange = Exchange(
                request, over: try settings.route(for: request.url), delivery: delivery, deadline: deadline,
                options: settings.exchangeOptions)
            let response = try await transport.send(exchange)
            record(
                Attempt(request: request, began: start, outcome: .answered(response.status), fields: response.fields))
            return .success(response)
        } catch {
            record(Attempt(request: request, began: start, outcome: .failed(error)))
            return .failure(error)
        }
    }

    /// Gives the chain, which has not begun yet, this outcome in place of the one that its first request would have.
    func keep(_ outcome: Result<TransportResponse, TransportError>) { state.withLock { $0.kept = outcome } }

    /// Notes what a retry knows of the attempt before it.
    func amendLastAttempt(_ change: (inout Attempt) -> Void) {
        state.withLock { state in
            if let last = state.attempts.indices.last { change(&state.attempts[last]) }
        }
    }

    private func record(_ attempt: Attempt) { state.withLock { $0.attempts.append(attempt) } }
}

/// A redirect that was followed, or an answer that was replaced by a later one.
public struct Hop: Sendable {
    /// What was asked.
    public var method: HTTPRequest.Method
    /// Of whom.
    public var url: HTTPURL
    /// What came back.
    public var status: HTTPResponse.Status
    /// Its fields.
    public var fields: HTTPFields
    /// A hop.
    public init(method: HTTPRequest.Method, url: HTTPURL, status: HTTPResponse.Status, fields: HTTPFields) {
        self.method = method
        self.url = url
        self.status = status
        self.fields = fields
    }
}

/// One time that a request was handed to the transport.
public struct Attempt: Sendable {
    /// The request as it was sent.
    public var request: Request
    /// When it was handed over.
    public var began: Instant
    /// How it ended.
    public var outcome: Outcome
    /// The fields of the response, if one came: `Location`, `Retry-After` and the others.
    public var fields: HTTPFields?
    /// The body of a response that a later attempt replaced, as far as ``BackoffRetry/keptBodyBytes`` keeps it.
    public var body: [UInt8]?
    /// How long was waited after it, if the request was sent again.
    public var waited: Duration?
    /// How an attempt ended.
    public enum Outcome: Sendable {
        /// A final response came.
        case answered(HTTPResponse.Status)
        /// None came.
        case failed(TransportError)
    }
}
