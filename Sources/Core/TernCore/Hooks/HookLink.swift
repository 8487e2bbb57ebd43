/// Calls a session's hooks around each attempt: `preRequest` in their order, `response` in the same.
///
/// The three points that observe are put into the ``Next`` of the attempt, with the ``EventObserver``s, so that each
/// event reaches them once, with the request of the attempt that it belongs to.
struct HookLink: Middleware {
    private let hooks: [any Hook]
    private let watching: [any Hook]
    private let observers: [any EventObserver]

    init(_ hooks: [any Hook], _ observers: [any EventObserver] = []) {
        self.hooks = HookGroup(hooks).hooks
        watching = self.hooks.filter { ($0 as? ClosureHook)?.observes ?? true }
        self.observers = observers
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        var sent = request
        for hook in hooks {
            let asked = sent
            sent = try await run(next.call) { try await hook.preRequest(asked) }
        }
        var response = try await observed(next, sent)(sent)
        do {
            for hook in hooks {
                let (asked, answer) = (sent, response)
                response = try await run(next.call) { try await hook.response(answer, to: asked) }
            }
        } catch {
            response.body.cancel()
            throw error
        }
        return response
    }

    private func observed(_ next: Next, _ request: Request) -> Next {
        if watching.isEmpty, observers.isEmpty { return next }
        return next.observing { [watching, observers] event in
            for observer in observers { observer.observe(event, of: request) }
            switch event.kind {
            case .ready(let connection, let reused):
                for hook in watching { hook.preSend(request, on: connection, reused: reused) }
            case .uploadProgress(let sent, let total):
                for hook in watching { hook.onUpload(request, sent: sent, total: total) }
            case .informational(let response) where response.status.code != 101:
                for hook in watching { hook.earlyResponse(response, to: request) }
            default: break
            }
        }
    }

    /// Calls a hook, and makes what it throws its own kind of error: a ``TransportError`` from a hook must not look
    /// like this attempt's, and be retried.
    private func run<Value: Sendable>(
        _ call: Call, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await call.withinDeadline("a hook", body)
        } catch {
            throw error is CancellationError || error is HTTPError ? error : call.failure(.middleware(error))
        }
    }
}
