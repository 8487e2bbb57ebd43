/// Sends requests again with growing, random waits, after failures and after chosen statuses.
///
/// What is repeated, `limit` times at most for each hop:
///
/// - an answer with a status in `statuses`, if the method is allowed;
/// - a 413, 429 or 503 with a `Retry-After` (RFC 9110 §10.2.3), if the method is allowed, in any case;
/// - a failure before anything was sent, for every method;
/// - a connection that broke or stood still, if the method is allowed.
///
/// The n-th wait is chosen evenly between nothing and `backoff` · 2ⁿ⁻¹, but no more than `longestBackoff` ("full
/// jitter"), so that many clients do not come back together. A `Retry-After` counts in its place, and is never cut
/// short: if it is longer than `longestRetryAfter`, the answer stands.
public struct BackoffRetry: RetryPolicy {
    /// How many times a request is sent again: 3.
    public var limit: Int
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
    /// Where the jitter comes from: numbers from 0 up to, not including, 1.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    private static let idempotent = Set(
        [.get, .head, .options, .trace, .put, .delete] + [HTTPRequest.Method(rawValue: "QUERY")].compactMap(\.self))

    /// The policy with its defaults; `limit` is how many times a request is sent again.
    public init(limit: Int = 3) { self.limit = limit }

    public func decide(_ attempt: FinishedAttempt) -> RetryDecision {
        guard attempt.number <= limit else { return .stop }
        let isAllowed = methods?.contains(attempt.request.method) ?? true
        switch attempt.outcome {
        case .failed(let error):
            let isRepeated = error.retrySafety == .notSent ? !error.code.isFinal : isAllowed && error.code.mayPass
            return isRepeated ? .retry(after: wait(attempt.number)) : .stop
        case .answered(let status, let fields):
            guard isAllowed else { return .stop }
            let asked = obeysRetryAfter ? RetryAfter.wait(fields, at: attempt.wallSeconds) : nil
            if let asked, [413, 429, 503].contains(status.code) || statuses.contains(status.code) {
                return asked <= longestRetryAfter ? .retry(after: asked) : .stop
            }
            return statuses.contains(status.code) ? .retry(after: wait(attempt.number)) : .stop
        }
    }

    private func wait(_ number: Int) -> Duration {
        // 2^40 × any useful backoff is far above the bound; shifting by more could overflow.
        let doubled = backoff * (1 << min(number - 1, 40))
        return min(doubled, longestBackoff) * min(max(random(), 0), 1)
    }
}

extension TransportError.Code {
    /// Whether a failure in the middle of an exchange may be gone with the next connection.
    fileprivate var mayPass: Bool {
        switch self {
        case .sendFailed, .connectionClosed, .connectionReset, .bodyTruncated, .streamReset, .streamRefused, .goAway,
            .proxyFailed, .firstByteTimeout, .idleReadTimeout, .idleWriteTimeout:
            true
        default: false
        }
    }
}

/// When a server wants to be asked again (RFC 9110 §10.2.3).
enum RetryAfter {
    /// How long that is from `wallSeconds` on; `nil` if there is no such field, or none that can be understood.
    static func wait(_ fields: HTTPFields, at wallSeconds: Int64) -> Duration? {
        guard let value = fields[values: .retryAfter].first else { return nil }
        let digits = value.utf8
        if !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) {
            return .seconds(Int64(value) ?? .max)
        }
        guard let date = CookieDate.parse(value) else { return nil }
        return .seconds(max(0, date - wallSeconds))
    }
}
