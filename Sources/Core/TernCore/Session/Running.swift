/// A call under way: its request, what is recorded of it, and how its end is told.
struct Running: Sendable {
    private let credentials: Credentials?
    let call: Call
    private let recorder: TimelineRecorder?

    init(_ prepared: Prepared, _ transport: any Transport, _ delivery: Delivery, _ timeout: Duration?) {
        var request = prepared.request
        let settings = prepared.settings
        // User information in the URL serves as Basic credentials (RFC 7617) unless others are configured, and is
        // not seen again.
        let found = request.url.credentials
        if found != nil { request.url = request.url.removingCredentials() }
        credentials = settings.hasAuth ? nil : found
        call = Call(
            request, settings: settings, transport: transport, delivery: delivery, total: timeout,
            offersCodings: prepared.offersCodings, observers: [])
        if settings.recordsTimeline {
            let recorder = TimelineRecorder(from: call.start)
            call.observe { recorder.record($0) }
            self.recorder = recorder
        } else {
            recorder = nil
        }
    }

    /// What was sent last: what the response is the answer to.
    var answered: Request { call.attempts.last?.request ?? call.request }
    var timeline: Timeline? { recorder?.current }

    /// The request as it enters the chain.
    var first: Request {
        get throws(HTTPError) {
            guard let credentials else { return call.request }
            return try call.request.authorized(by: BasicAuth(credentials).field, call)
        }
    }

    /// The response that comes out of the chain.
    func answer() async throws -> TransportResponse {
        let request = try first
        guard let way = call.settings.shortWay, way.isOpen(to: request, of: call) else {
            return try await Next(call: call)(request)
        }
        let outcome = await call.transmitAtOnce(request)
        if case .success(let response) = outcome, way.isOpen(to: response) { return response }
        call.keep(outcome)
        return try await Next(call: call)(request)
    }

    func finished(_ response: TransportResponse, _ bytes: [UInt8]) -> Response {
        let (history, attempts) = call.record
        let answered = attempts.last?.request ?? call.request
        return Response(
            url: answered.url, status: response.status, headers: response.fields, bytes: bytes,
            trailers: response.body.trailers, request: answered, history: history, attempts: attempts,
            connection: response.connection, reusedConnection: response.reused, timeline: recorder?.current)
    }

    func failure(_ kind: HTTPError.Kind) -> HTTPError { call.failure(kind) }

    /// The error of the call; `reading` says that the body was being read.
    func failure(_ error: any Error, reading: Bool) -> HTTPError {
        switch error {
        case var error as HTTPError:
            // Thrown by a link, which need not know what happened besides.
            if error.attempts.isEmpty { error.attempts = call.attempts }
            if error.history.isEmpty { error.history = call.history }
            return error
        case is CancellationError: return failure(.cancelled)
        case let error as TransportError:
            switch error.code {
            case .cancelled: return failure(.cancelled)
            // What the caller's own body threw comes back as it was.
            case .bodyFailed: return failure(error.underlying.map { .body($0) } ?? .transport(error))
            default: return failure(.transport(error))
            }
        case let error as BodyTooLarge: return failure(.decoding(error))
        default: return failure(reading ? .decoding(error) : .middleware(error))
        }
    }
}
