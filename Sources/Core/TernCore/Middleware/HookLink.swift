/// Calls a session's hooks around each attempt: `preRequest` in their order, `response` in the same.
///
/// The three that observe are put into the ``Next`` of the attempt, so that each event reaches them once, with the
/// request of the attempt that it belongs to.
struct HookLink: Middleware {
    private let hooks: [any Hook]
    private let observers: [any Hook]

    init(_ hooks: [any Hook]) {
        self.hooks = hooks
        observers = hooks.filter { ($0 as? ClosureHook)?.observes ?? true }
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        var sent = request
        do {
            for hook in hooks { sent = try await hook.preRequest(sent) }
        } catch {
            throw failure(error, next.call)
        }
        var response = try await observed(next, sent)(sent)
        do {
            for hook in hooks { response = try await hook.response(response, to: sent) }
        } catch {
            response.body.cancel()
            throw failure(error, next.call)
        }
        return response
    }

    private func observed(_ next: Next, _ request: Request) -> Next {
        if observers.isEmpty { return next }
        return next.observing { [observers] event in
            switch event.kind {
            case .ready(let connection, let reused):
                for hook in observers { hook.preSend(request, on: connection, reused: reused) }
            case .uploadProgress(let sent, let total):
                for hook in observers { hook.onUpload(request, sent: sent, total: total) }
            case .informational(let response) where response.status.code != 101:
                for hook in observers { hook.earlyResponse(response, to: request) }
            default: break
            }
        }
    }

    /// What a hook threw, as its own kind of error: a ``TransportError`` from a hook must not look like this
    /// attempt's, and be retried.
    private func failure(_ error: any Error, _ call: Call) -> any Error {
        error is CancellationError || error is HTTPError ? error : call.failure(.middleware(error))
    }
}
