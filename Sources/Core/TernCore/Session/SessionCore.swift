import Synchronization

/// What a session does, whatever the type of its transport: holds the settings, and carries calls through the chain.
final class SessionCore: Sendable {
    private let transport: any Transport
    private let state: Mutex<State>

    private struct State {
        var settings: Settings
        var isClosed = false
    }

    init(_ transport: any Transport, _ configuration: SessionConfiguration) {
        self.transport = transport
        state = Mutex(State(settings: Settings(configuration)))
    }

    /// The settings in force now.
    var settings: Settings { state.withLock { $0.settings } }

    func configure(_ change: (inout SessionConfiguration) throws -> Void) rethrows {
        try state.withLock { state in
            var configuration = state.settings.configuration
            try change(&configuration)
            state.settings = Settings(configuration)
        }
    }

    func refuseCalls() { state.withLock { $0.isClosed = true } }

    /// The request and the settings of a verb's call.
    func prepare(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content, _ params: QueryItems, _ headers: Headers,
        _ override: ((inout SessionConfiguration) -> Void)?
    ) throws(HTTPError) -> Prepared {
        guard let settings = openSettings else { throw SessionCore.closed(method, url) }
        return try settings.adjusted(for: method, override)
            .request(method, url, content, params, headers, offeringCodings: true)
    }

    /// The settings of a call that sends `request` as it is.
    func prepare(
        _ request: Request, _ override: ((inout SessionConfiguration) -> Void)?
    ) throws(HTTPError) -> Prepared {
        guard let settings = openSettings else { throw SessionCore.closed(request.method, request.url.absoluteString) }
        return Prepared(request: request, settings: settings.adjusted(for: request.method, override))
    }

    /// The settings for a call that begins now; `nil` once the session is closed.
    private var openSettings: Settings? { state.withLock { $0.isClosed ? nil : $0.settings } }

    private static func closed(_ method: HTTPRequest.Method, _ url: String) -> HTTPError {
        let parsed = try? HTTPURL(url)
        let name = parsed?.absoluteString ?? "a relative URL"
        return HTTPError(
            .transport(
                TransportError(
                    .closed, phase: .queue, retrySafety: .notSent, endpoint: parsed?.origin.description ?? name,
                    message: "the session was closed before the call")),
            request: "\(method.rawValue) \(name)")
    }

    /// Carries a call through the chain, and reads the whole body.
    func perform(_ prepared: Prepared, _ timeout: Duration?) async throws(HTTPError) -> Response {
        let limit = prepared.settings.bodyLimit
        let running = Running(prepared, transport, .whole(upTo: limit), timeout)
        var isReading = false
        do {
            let response = try await running.answer()
            isReading = true
            let whole = response.body.whole.flatMap { $0.count <= limit ? $0 : nil }
            if let whole { return running.finished(response, whole) }
            return running.finished(response, try await response.body.collect(upTo: limit))
        } catch {
            throw running.failure(error, reading: isReading)
        }
    }

    /// Carries a call through the chain, up to the head of its response.
    func begin(_ prepared: Prepared, _ timeout: Duration?) async throws(HTTPError) -> StreamingResponse {
        let running = Running(prepared, transport, .prompt, timeout)
        do {
            return StreamingResponse(running, try await running.answer())
        } catch {
            throw running.failure(error, reading: false)
        }
    }
}
