import Synchronization
import TernCore

/// Carries out one line after another, and tells what came of each.
final class BatchWorker: Sendable {
    private let sessions: BatchSessions
    private let state = Mutex(State())
    private let watch = Watch()

    private struct State {
        var sessions: [String: Session<AnyTransport>] = [:]
        var connection: Connection?
    }

    /// The JSON of a connection, and of the route to it, which are the same for many answers.
    private struct Connection {
        var id: UInt64
        var isReused: Bool
        var json: [UInt8]
        var route: [UInt8]
    }

    init(_ sessions: BatchSessions) { self.sessions = sessions }

    /// Writes the answer to `line`; false if it is an error.
    func answer(_ line: LineInput.Line, into json: inout JSONWriter) async -> Bool {
        let parsed: BatchLine
        do throws(BatchLine.Refusal) {
            parsed = try BatchLine(line)
        } catch {
            let failure = FailureFacts(.badInput, phase: "input", .notSent, message: error.message, exit: 2)
            json.object { object in
                object.name("id")
                object.value(error.id)
                object.name("url")
                object.string(error.url)
                object.history([], attempts: 0)
                object.error(failure)
            }
            return false
        }
        let recorder = Recorder()
        watch.recorder = recorder
        do {
            let response = try await send(parsed)
            let total = recorder.elapsed
            let record = recorder.record
            let (connection, route) = known(of: response)
            json.object { object in
                object.name("id")
                object.value(parsed.id)
                object.members(of: ResponseFacts(response))
                object.informational(record.heads)
                object.body(response.bytes)
                object.history(response.history, attempts: response.attempts.count)
                object.members(connection)
                if let note = RouteText.note(in: record) { object.route(note) } else { object.members(route) }
                object.timeline(record, total: total)
            }
            return true
        } catch {
            let failure = error as? HTTPError
            json.object { object in
                object.name("id")
                object.value(parsed.id)
                object.name("url")
                object.string(URLText.withoutUser(parsed.url))
                object.history(failure?.history ?? [], attempts: failure?.attempts.count ?? 0)
                object.error(FailureFacts(error))
            }
            return false
        }
    }

    private func send(_ line: BatchLine) async throws -> Response {
        let session = try session(over: line.transport ?? sessions.defaultTransport)
        let method = line.method ?? sessions.defaultMethod ?? .get
        let content = line.body.map { Content.bytes($0) } ?? .empty
        let override: Session<AnyTransport>.Override? =
            line.options.isEmpty && line.protocols == nil
            ? nil
            : { settings in
                if let protocols = line.protocols { settings.connect.protocols = protocols }
                line.options.apply(to: &settings)
            }
        // HEAD follows no redirect of its own accord; here the settings say what happens.
        let redirects = session.configuration.redirects
        let ofHead: Session<AnyTransport>.Override? =
            method != .head || !redirects.isFollowing
            ? override
            : { settings in
                settings.redirects = redirects
                override?(&settings)
            }
        guard line.trailers.fields.isEmpty else {
            var request = try session.prepare(method, line.url, content, headers: line.headers)
            request.trailers = line.trailers.fields
            return try await session.send(request, ofHead)
        }
        return try await session.request(method, line.url, content, headers: line.headers, ofHead)
    }

    private func session(over transport: String) throws -> Session<AnyTransport> {
        if let known = state.withLock({ $0.sessions[transport] }) { return known }
        var configuration = sessions.configuration
        configuration.callMiddleware.insert(watch, at: 0)
        let made = Session(transport: try sessions.transport(named: transport), configuration: configuration)
        state.withLock { $0.sessions[transport] = made }
        return made
    }

    private func known(of response: Response) -> (connection: [UInt8], route: [UInt8]) {
        let (connection, isReused) = (response.connection, response.reusedConnection)
        return state.withLock { state in
            if let known = state.connection, known.id == connection.id, known.isReused == isReused {
                return (known.json, known.route)
            }
            var (json, route) = (JSONWriter(), JSONWriter())
            json.connection(connection, reused: isReused)
            route.route(RouteText.of(connection))
            state.connection = Connection(
                id: connection.id, isReused: isReused, json: json.bytes, route: route.bytes)
            return (json.bytes, route.bytes)
        }
    }
}

/// Hands the call under way to the recorder of the line that it belongs to: a worker has one at a time.
private final class Watch: Middleware {
    private let current = Mutex<Recorder?>(nil)

    var recorder: Recorder? {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        recorder?.watch(next.call)
        return try await next(request)
    }
}
