/// Decides whether a request is sent again.
public protocol RetryPolicy: Sendable {
    /// What to do after `attempt`. Asked once for each attempt that failed or was answered; must not wait itself.
    func decide(_ attempt: FinishedAttempt) -> RetryDecision
}

/// An attempt that a ``RetryPolicy`` judges.
public struct FinishedAttempt: Sendable {
    /// What was sent.
    public var request: Request
    /// How many times this request has been sent on this hop, this time included: 1, 2, …
    public var number: Int
    /// What came of it.
    public var outcome: Outcome
    /// Since the call began.
    public var elapsed: Duration
    /// The calendar's time in seconds since 1970, for dates in `Retry-After`.
    public var wallSeconds: Int64

    /// What came of an attempt.
    public enum Outcome: Sendable {
        /// A final response came, with this status and these fields.
        case answered(HTTPResponse.Status, HTTPFields)
        /// None came.
        case failed(TransportError)
    }

    /// An attempt.
    public init(request: Request, number: Int, outcome: Outcome, elapsed: Duration, wallSeconds: Int64) {
        self.request = request
        self.number = number
        self.outcome = outcome
        self.elapsed = elapsed
        self.wallSeconds = wallSeconds
    }
}

/// What a ``RetryPolicy`` says.
public enum RetryDecision: Sendable, Hashable {
    /// The outcome stands.
    case stop
    /// The request is sent again after this time. It is not if the call's deadline would pass first, or if the
    /// body cannot be had again.
    case retry(after: Duration)
}
