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

    /// The settings for a call that begins now, or the error of a closed session.
    func settings(
        for method: HTTPRequest.Method, _ url: String, _ override: ((inout SessionConfiguration) -> Void)?
    ) throws(HTTPError) -> Settings {
        let (settings, isClosed) = state.withLock { ($0.settings, $0.isClosed) }
        if isClosed { throw SessionCore.closed(method, url) }
        return settings.adjusted(for: method, override)
    }

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
    func perform(_ request: Request, _ settings: Settings, _ timeout: Duration?) async throws(HTTPError) -> Response {
        let limit = settings.bodyLimit
        let running = Running(request, settings, transport, .whole(upTo: limit), timeout)
        var isReading = false
        do {
            let response = try await running.respond()
            isReading = true
            let whole = response.body.whole.flatMap { $0.count <= limit ? $0 : nil }
            if let whole { return running.finished(response, whole) }
            return running.finished(response, try await response.body.collect(upTo: limit))
        } catch {
            throw running.failure(error, reading: isReading)
        }
    }

    /// Carries a call through the chain, up to the head of its response.
    func begin(
        _ request: Request, _ settings: Settings, _ timeout: Duration?
    ) async throws(HTTPError) -> StreamingResponse {
        let running = Running(request, settings, transport, .prompt, timeout)
        do {
            return StreamingResponse(running, try await running.respond())
        } catch {
            throw running.failure(error, reading: false)
        }
    }
}
