// The Swift lines of Docs/ComingFromNiquests.md, sections "Retry", "Redirects" and "Hooks", in its order.
import Tern

func retry(_ session: Session<CurlTransport>, _ url: String) async throws {
    session.configure { $0.retry = BackoffRetry(limit: 3) }
    var policy = BackoffRetry(limit: 10)
    policy.connectLimit = 5
    policy.readLimit = 2
    policy.statusLimit = 3
    policy.otherLimit = 0
    policy.statuses = [502, 503]
    policy.methods = [.get, .put]
    policy.backoff = .milliseconds(500)
    policy.longestBackoff = .seconds(120)
    policy.obeysRetryAfter = true
    policy.longestRetryAfter = .seconds(600)
    policy.failsOnStatus = true
    policy.keptBodyBytes = 1_024
    policy.budget = RetryBudget(burst: 100, ratio: 0.2)
    session.configure { [policy] in $0.retry = policy }
    session.configure { $0.retry = nil }

    let response = try await session.get(url, timeout: .seconds(30)) { $0.timeouts.attempt = .seconds(10) }
    for attempt in response.attempts {
        print(attempt.request, attempt.outcome, attempt.fields?[.location] ?? "", attempt.waited ?? .zero)
    }
    do throws(HTTPError) {
        _ = try await session.get(url)
    } catch {
        print(error.attempts.count, error.transportError?.retrySafety as Any)
    }
}

func redirects(_ session: Session<CurlTransport>, _ url: String) async throws {
    session.configure { $0.redirects = .follow(limit: 30) }
    let first = try await session.get(url) { $0.redirects = .none }
    if let next = try first.nextRequest() { print(next) }
    let last = try await session.get(url)
    print(last.history.map(\.status), last.url)
    _ = try await session.head(url) { $0.redirects = .follow() }
    if let name = HTTPField.Name("X-Api-Key") {
        session.configure { $0.redirects = .follow(allowsDowngrade: true, sensitiveFields: [name]) }
    }
    session.configure { $0.redirects.atLimit = .answer }
}

func hooks(_ session: Session<CurlTransport>, _ url: String) async throws {
    let stamp = ClosureHook.preRequest { request in
        var request = request
        request.fields[.from] = "tern@a.example"
        return request
    }
    let log = ClosureHook.response { response, request in
        print(request, response.status)
        return response
    }
    session.configure { $0.hooks = [stamp, log] }
    _ = try await session.get(url) {
        $0.hooks.append(ClosureHook.preSend { request, connection, _ in print(connection) })
    }
    session.configure { $0.hooks = [stamp + log + Progress()] }
    session.configure { $0.observers = [.events { event, request in print(request, event.phase) }] }
    session.configure { $0.callMiddleware = [Timed()] }
}

/// niquests: a subclass of `LifeCycleHook`.
struct Progress: Hook {
    func onUpload(_ request: Request, sent: Int64, total: Int64?) { print(sent, total ?? -1) }
    func earlyResponse(_ response: HTTPResponse, to request: Request) { print(response.status) }
}

/// What niquests cannot say with hooks: something around the whole call.
struct Timed: Middleware {
    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let start = next.call.clock.now
        defer { print(request, start.duration(to: next.call.clock.now)) }
        return try await next(request)
    }
}
