/// Sends a request again when a ``RetryPolicy`` says so, its body can be had again, and the call's deadline leaves
/// time for the wait. What is below it in the chain happens once for each attempt.
struct Retry: Middleware {
    private let policy: any RetryPolicy
    private let backoff: BackoffRetry?
    /// ``SafeRetry`` lets almost every answer stand: asking it would cost two looks at the clock for each request.
    private let judgesAnswers: Bool

    init(_ policy: any RetryPolicy) {
        self.policy = policy
        backoff = policy as? BackoffRetry
        judgesAnswers = !(policy is SafeRetry)
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let call = next.call
        if judgesAnswers, !request.body.isReplayable, policy.wantsReplay(of: request) {
            throw call.failure(.body(BodyNotReplayable(reason: "it may have to be sent again: the session retries")))
        }
        let tracked = TrackedBody(request)
        var below = next
        var earlier: [FinishedAttempt.Outcome] = []
        while true {
            let result: Result<TransportResponse, TransportError>
            do {
                result = .success(try await below(tracked.request))
            } catch let error as TransportError where error.code != .cancelled {
                result = .failure(error)
            }
            if case .success(let response) = result, !judgesAnswers, !response.status.isMisrouted { return response }
            let outcome = FinishedAttempt.Outcome(result)
            let wait: Duration
            switch (judge(outcome, earlier, tracked, call), result) {
            case (.retry(let after), .success(let response)):
                wait = after
                await replace(response, wait, call)
            case (.retry(let after), .failure):
                wait = after
                call.amendLastAttempt { $0.waited = wait }
            case (.stop, .success(let response)), (.refused, .success(let response)):
                return try last(response, earlier.count, call)
            case (.stop, .failure(let error)): throw error
            case (.refused(let reason), .failure(let error)):
                throw error.adding("not sent again, because \(reason)")
            }
            earlier.append(outcome)
            below = way(after: outcome, next)
            if wait > .zero { try await call.clock.sleep(for: wait) }
        }
    }

    /// The answer that no attempt follows.
    private func last(
        _ response: TransportResponse, _ repetitions: Int, _ call: Call
    ) throws(HTTPError) -> TransportResponse {
        guard let backoff, backoff.isExhausted(response.status, after: repetitions) else { return response }
        response.body.cancel()
        throw call.failure(.status(response.status))
    }

    private enum Verdict {
        case stop
        case retry(after: Duration)
        /// The policy wants to, but it cannot be done.
        case refused(String)
    }

    private func judge(
        _ outcome: FinishedAttempt.Outcome, _ earlier: [FinishedAttempt.Outcome], _ tracked: TrackedBody, _ call: Call
    ) -> Verdict {
        let now = call.clock.now
        var attempt = FinishedAttempt(
            request: tracked.request, number: earlier.count + 1, outcome: outcome,
            elapsed: call.start.duration(to: now),
            wallSeconds: call.clock.wallSeconds)
        attempt.earlier = earlier
        guard case .retry(let wait) = policy.decide(attempt) else { return .stop }
        guard tracked.canBeSent else { return .refused("its body can be read only once") }
        if let deadline = call.deadline, now.advanced(by: wait) >= deadline {
            return .refused("the call's time would run out first")
        }
        return .retry(after: wait)
    }

    /// Ends a response that a later one replaces. What is read of its body is read here.
    private func replace(_ response: TransportResponse, _ wait: Duration, _ call: Call) async {
        var body: [UInt8]?
        if let limit = backoff?.keptBodyBytes, limit > 0 {
            var all: [UInt8] = []
            var chunks = response.body.makeAsyncIterator()
            while all.count < limit, let chunk = try? await chunks.next() { all += chunk.prefix(limit - all.count) }
            body = all
        }
        response.body.cancel()
        call.amendLastAttempt { [body] attempt in
            attempt.waited = wait
            attempt.body = body
        }
    }

    private func way(after outcome: FinishedAttempt.Outcome, _ next: Next) -> Next {
        guard case .answered(let status, _) = outcome, status.isMisrouted else { return next }
        return next.over { choice in
            if status.code == 421 { choice.isApart = true } else { choice.avoidsEarlyData = true }
        }
    }
}

extension FinishedAttempt.Outcome {
    fileprivate init(_ result: Result<TransportResponse, TransportError>) {
        switch result {
        case .success(let response): self = .answered(response.status, response.fields)
        case .failure(let error): self = .failed(error)
        }
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
