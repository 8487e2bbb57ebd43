import TernCore

/// Sends a request again when curl would: after timeouts, names that were not found and statuses of passing trouble,
/// and after more with `--retry-connrefused` and `--retry-all-errors`, whatever the method; with waits of a second,
/// doubled each time up to ten minutes, or as `Retry-After` says. Without `--retry` only what a dead connection of
/// the pool ate is sent again.
struct CurlRetry: RetryPolicy {
    let settings: RetrySettings
    /// Whether each repetition is announced.
    let tells: Bool

    private static let statuses: Set<Int> = [408, 429, 500, 502, 503, 504]
    private static let longestWait = Duration.seconds(600)

    func decide(_ attempt: FinishedAttempt) -> RetryDecision {
        if case .failed(let error) = attempt.outcome, error.reusedConnection {
            let decision = SafeRetry().decide(attempt)
            if decision != .stop { return decision }
        }
        guard attempt.number <= settings.limit, isPassing(attempt.outcome) else { return .stop }
        let wait = wait(after: attempt)
        if let longest = settings.longest, attempt.elapsed + wait > longest { return .stop }
        if tells {
            let seconds = Int64((wait.milliseconds / 1_000).rounded())
            Output.error.line(
                "tern: \(text(attempt.outcome)); trying again in \(seconds) s, \(settings.limit - attempt.number) more left"
            )
        }
        return .retry(after: wait)
    }

    private func isPassing(_ outcome: FinishedAttempt.Outcome) -> Bool {
        switch outcome {
        case .answered(let status, _):
            return Self.statuses.contains(status.code) || settings.afterAnything && status.code >= 400
        case .failed(let error):
            if settings.afterAnything { return error.code != .cancelled }
            let code = ExitCode.of(error)
            return code == 5 || code == 6 || code == 28 || settings.afterRefusal && error.code == .connectionRefused
        }
    }

    private func wait(after attempt: FinishedAttempt) -> Duration {
        if case .answered(_, let fields) = attempt.outcome, settings.delay == nil,
            let asked = fields[values: .retryAfter].first.flatMap({ Int64($0) }), asked >= 0
        {
            return .seconds(asked)
        }
        return settings.delay ?? min(.seconds(1) * (1 << min(attempt.number - 1, 20)), Self.longestWait)
    }

    private func text(_ outcome: FinishedAttempt.Outcome) -> String {
        switch outcome {
        case .answered(let status, _): "the server answered \(StatusText.of(status))"
        case .failed(let error): "\(error)"
        }
    }
}
