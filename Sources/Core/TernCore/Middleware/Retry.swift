/// Sends a request again when a ``RetryPolicy`` says so, its body can be had again, and the call's deadline leaves
/// time for the wait. What is below it in the chain happens once for each attempt.
struct Retry: Middleware {
    private let policy: any RetryPolicy
    /// ``SafeRetry`` lets every answer stand: asking it would cost two looks at the clock for each request.
    private let judgesAnswers: Bool

    init(_ policy: any RetryPolicy) {
        self.policy = policy
        judgesAnswers = !(policy is SafeRetry)
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        var number = 1
        while true {
            let wait: Duration
            do {
                let response = try await next(request)
                guard judgesAnswers else { return response }
                let outcome = FinishedAttempt.Outcome.answered(response.status, response.fields)
                switch judge(outcome, number, request, next.call) {
                case .retry(let after): wait = after
                case .stop, .refused: return response
                }
                response.body.cancel()
            } catch let error as TransportError where error.code != .cancelled {
                switch judge(.failed(error), number, request, next.call) {
                case .retry(let after): wait = after
                case .stop: throw error
                case .refused(let reason): throw error.adding("not sent again, because \(reason)")
                }
            }
            if wait > .zero { try await next.call.clock.sleep(for: wait) }
            number += 1
        }
    }

    private enum Verdict {
        case stop
        case retry(after: Duration)
        /// The policy wants to, but it cannot be done.
        case refused(String)
    }

    private func judge(
        _ outcome: FinishedAttempt.Outcome, _ number: Int, _ request: Request, _ call: Call
    ) -> Verdict {
        let now = call.clock.now
        let attempt = FinishedAttempt(
            request: request, number: number, outcome: outcome, elapsed: call.start.duration(to: now),
            wallSeconds: call.clock.wallSeconds)
        guard case .retry(let wait) = policy.decide(attempt) else { return .stop }
        guard request.body.isReplayable else { return .refused("its body can be read only once") }
        if let deadline = call.deadline, now.advanced(by: wait) >= deadline {
            return .refused("the call's time would run out first")
        }
        return .retry(after: wait)
    }
}

extension TransportError {
    /// The same error with more to say.
    func adding(_ note: String) -> TransportError {
        TransportError(
            code, phase: phase, retrySafety: retrySafety, endpoint: endpoint, message: "\(message); \(note)",
            elapsed: elapsed, reusedConnection: reusedConnection, proxyAnswer: proxyAnswer, libraryCode: libraryCode,
            underlying: underlying)
    }
}
