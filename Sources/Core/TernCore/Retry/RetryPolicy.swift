/// Decides whether a request is sent again.
public protocol RetryPolicy: Sendable {
    /// What to do after `attempt`. Asked once for each attempt that failed or was answered; must not wait itself.
    func decide(_ attempt: FinishedAttempt) -> RetryDecision

    /// Whether `request` may be repeated after a server may have acted on it. If so, a body that can be read only once
    /// ends the call in ``HTTPError/Kind/body(_:)`` with ``BodyNotReplayable`` before anything is sent, rather than at
    /// the first failure. No, by default.
    func wantsReplay(of request: Request) -> Bool
}

extension RetryPolicy {
    public func wantsReplay(of request: Request) -> Bool { false }
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
    /// What came of the attempts before it on this hop, oldest first.
    public var earlier: [Outcome] = []

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
    /// body cannot be had again. After a 421 it goes over another connection (RFC 9110 §15.5.20), and after a 425 not
    /// as early data (RFC 8470 §5.2).
    case retry(after: Duration)
}

extension HTTPResponse.Status {
    /// Whether the server says that it has not acted on the request, and that it would on another connection, or
    /// after the handshake: safe to repeat whatever the method.
    var isMisrouted: Bool { code == 421 || code == 425 }
}
