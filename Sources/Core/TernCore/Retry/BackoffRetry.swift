/// Sends requests again with growing, random waits, after failures and after chosen statuses.
///
/// What is repeated, `limit` times at most for each hop:
///
/// - an answer with a status in `statuses`, if the method is allowed;
/// - a 413, 429 or 503 with a `Retry-After` (RFC 9110 §10.2.3), if the method is allowed, in any case;
/// - a failure before anything was sent, for every method;
/// - a connection that broke or stood still, and an attempt that took too long (``Timeouts/attempt``), if the method is
///   allowed;
/// - once for each hop: a 421 on another connection and a 425 without early data, for every method.
///
/// The n-th wait is chosen evenly between nothing and `backoff` · 2ⁿ⁻¹, but no more than `longestBackoff` ("full
/// jitter"), so that many clients do not come back together. A `Retry-After` counts in its place, and is never cut
/// short: if it is longer than `longestRetryAfter`, the answer stands.
///
/// A body that can be read only once is refused before it is sent if the method is one that may be repeated. What was
/// tried, and why it was not enough, is in the `attempts` of the response or the error.
public struct BackoffRetry: RetryPolicy {
    /// How many times a request is sent again: 3.
    public var limit: Int
    /// How many of them may follow a failure to reach the server; `nil` for as many as `limit` says.
    public var connectLimit: Int?
    /// How many may follow a failure after the request was sent; `nil` for as many as `limit` says.
    public var readLimit: Int?
    /// How many may follow an answer; `nil` for as many as `limit` says.
    public var statusLimit: Int?
    /// How many may follow any other failure; `nil` for as many as `limit` says.
    public var otherLimit: Int?
    /// The upper bound of the first wait: 500 ms. Doubles with every further one.
    public var backoff: Duration = .milliseconds(500)
    /// The upper bound of all waits that no server asked for: 30 s.
    public var longestBackoff: Duration = .seconds(30)
    /// Answers after which the request is sent again: 429, 502, 503, 504.
    public var statuses: Set<Int> = [429, 502, 503, 504]
    /// Methods that may be repeated after they may have been acted on: GET, HEAD, OPTIONS, TRACE, PUT, DELETE and
    /// QUERY. `nil` for all, which is safe only with a server that recognises repetitions.
    public var methods: Set<HTTPRequest.Method>? = BackoffRetry.idempotent
    /// Whether `Retry-After` is obeyed: yes.
    public var obeysRetryAfter: Bool = true
    /// The longest `Retry-After` that is waited for: 120 s.
    public var longestRetryAfter: Duration = .seconds(120)
    /// Whether an answer with a status in `statuses` ends the call in ``HTTPError/Kind/status(_:)`` when it comes to
    /// the last attempt, too: no, it is the response.
    public var failsOnStatus: Bool = false
    /// How many bytes of the body of an answer that is replaced are read and kept in ``Attempt/body``: none.
    public var keptBodyBytes: Int = 0
    /// How many repetitions a host gets altogether; copies of the policy share it. `nil` for any number.
    public var budget: RetryBudget? = RetryBudget()
    /// Where the jitter comes from: numbers from 0 up to, not including, 1.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    private static let idempotent = Set(
        [.get, .head, .options, .trace, .put, .delete] + [HTTPRequest.Method(rawValue: "QUERY")].compactMap(\.self))

    /// The policy with its defaults; `limit` is how many times a request is sent again.
    public init(limit: Int = 3) { self.limit = limit }

    public func wantsReplay(of request: Request) -> Bool { limit > 0 && isAllowed(request.method) }

    public func decide(_ attempt: FinishedAttempt) -> RetryDecision {
        let origin = attempt.request.url.origin
        if attempt.number == 1 { budget?.deposit(origin) }
        guard attempt.number <= limit, isLeft(attempt), let wait = wait(after: attempt),
            budget?.withdraw(origin) ?? true
        else { return .stop }
        return .retry(after: wait)
    }

    /// How long to wait after `attempt`; `nil` if its outcome stands.
    private func wait(after attempt: FinishedAttempt) -> Duration? {
        let isAllowed = isAllowed(attempt.request.method)
        switch attempt.outcome {
        case .failed(let error):
            let isRepeated =
                error.retrySafety == .notSent
                ? !error.code.isFinal || error.code == .attemptTimeout : isAllowed && error.code.mayPass
            return isRepeated ? wait(attempt.number) : nil
        case .answered(let status, _) where status.isMisrouted && !statuses.contains(status.code):
            return attempt.earlier.contains { $0.status == status } ? nil : .zero
        case .answered(let status, let fields):
            guard isAllowed else { return nil }
            let asked = obeysRetryAfter ? RetryAfter.wait(fields, at: attempt.wallSeconds) : nil
            if let asked, [413, 429, 503].contains(status.code) || statuses.contains(status.code) {
                return asked <= longestRetryAfter ? asked : nil
            }
            return statuses.contains(status.code) ? wait(attempt.number) : nil
        }
    }

    private func wait(_ number: Int) -> Duration {
        // 2^40 × any useful backoff is far above the bound; shifting by more could overflow.
        let doubled = backoff * (1 << min(number - 1, 40))
        return min(doubled, longestBackoff) * min(max(random(), 0), 1)
    }

    private func isAllowed(_ method: HTTPRequest.Method) -> Bool { methods?.contains(method) ?? true }

    /// Whether the kind of the outcome has a repetition left to it.
    private func isLeft(_ attempt: FinishedAttempt) -> Bool {
        let kind = attempt.outcome.kind
        let own: Int? =
            switch kind {
            case .connect: connectLimit
            case .read: readLimit
            case .status: statusLimit
            case .other: otherLimit
            }
        guard let own else { return true }
        return attempt.earlier.filter { $0.kind == kind }.count < own
    }

    /// Whether the answer `status` would have been replaced if it had not been the last one.
    func isExhausted(_ status: HTTPResponse.Status, after repetitions: Int) -> Bool {
        failsOnStatus && statuses.contains(status.code) && repetitions >= min(limit, statusLimit ?? limit)
    }
}

extension FinishedAttempt.Outcome {
    fileprivate enum Kind { case connect, read, status, other }

    fileprivate var kind: Kind {
        switch self {
        case .answered: .status
        case .failed(let error):
            switch error.phase {
            case .queue, .resolve, .connect, .tls: .connect
            case .send, .head, .body: .read
            case .input: .other
            }
        }
    }

    fileprivate var status: HTTPResponse.Status? {
        if case .answered(let status, _) = self { status } else { nil }
    }
}

extension TransportError.Code {
    /// Whether a failure in the middle of an exchange may be gone with the next connection.
    fileprivate var mayPass: Bool {
        switch self {
        case .sendFailed, .connectionClosed, .connectionReset, .bodyTruncated, .streamReset, .streamRefused, .goAway,
            .proxyFailed, .firstByteTimeout, .idleReadTimeout, .idleWriteTimeout, .attemptTimeout:
            true
        default: false
        }
    }
}
