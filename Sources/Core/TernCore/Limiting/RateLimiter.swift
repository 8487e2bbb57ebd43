import Synchronization

/// Keeps the rate of requests below a bound, for each host, and heeds servers that ask to slow down.
///
///     session.configure { $0.limiter = RateLimiter(.tokenBucket(perSecond: 10, burst: 20)) }
///
/// Each attempt takes a turn, redirects and retries included, in the order in which they come. A task that is cancelled
/// while it waits gives its turn back. After a 429 or 503 with `Retry-After`, or a `RateLimit` field that says that
/// nothing is left, nobody asks that host before its time. A wait that would be longer than ``longestWait``, or pass the
/// call's deadline, fails at once with ``RateLimited``.
///
/// Sessions that share the object share the bound.
public final class RateLimiter: Middleware {
    /// How turns are given.
    public enum Algorithm: Sendable, Hashable {
        /// So many a second in the long run, and up to `burst` at once after a pause.
        case tokenBucket(perSecond: Double, burst: Int)
        /// So many a second, evenly spaced.
        case leakyBucket(perSecond: Double)
        /// As many as the server takes: only its wishes are heeded.
        case unbounded
    }

    /// What has a bound of its own.
    public enum Scope: Sendable, Hashable {
        /// Each host, whatever scheme and port.
        case host
        /// Each scheme, host and port.
        case origin
        /// All requests together.
        case everything
    }

    /// How turns are given.
    public let algorithm: Algorithm
    /// What has a bound of its own: each host.
    public let scope: Scope
    /// Whether `Retry-After` and `RateLimit` fields are heeded: yes.
    public let heedsServers: Bool
    /// The longest wait for a turn: 60 s. `nil` waits as long as it takes.
    public let longestWait: Duration?

    private let buckets = Mutex<[String: RateBucket]>([:])

    /// Hosts remembered: 1,024. Those that nothing is known of go first.
    private static let hostLimit = 1_024
    /// The longest pause that a server can cause: a day. Whoever asks for a year will be asked again tomorrow.
    private static let longestPause = Duration.seconds(86_400)

    /// A limiter. A rate of zero or less counts as one request a day.
    public init(
        _ algorithm: Algorithm = .unbounded, per scope: Scope = .host, heedsServers: Bool = true,
        longestWait: Duration? = .seconds(60)
    ) {
        self.algorithm = algorithm
        self.scope = scope
        self.heedsServers = heedsServers
        self.longestWait = longestWait
    }

    public func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let key = key(request.url)
        try await waitForTurn(key, next.call)
        let response = try await next(request)
        if heedsServers,
            let pause = RateLimitFields.pause(response.status, response.fields, at: next.call.clock.wallSeconds)
        {
            let end = next.call.clock.now.advanced(by: min(pause, Self.longestPause))
            withBucket(key, next.call.clock.now) { $0.pause(until: end) }
        }
        return response
    }

    private func key(_ url: HTTPURL) -> String {
        switch scope {
        case .host: url.host
        case .origin: "\(url.origin)"
        case .everything: ""
        }
    }

    private func waitForTurn(_ key: String, _ call: Call) async throws {
        let clock = call.clock
        let start = clock.now
        while true {
            let now = clock.now
            let turn = withBucket(key, now) { $0.reserve(at: now) }
            if turn <= now { return }
            let wait = start.duration(to: turn)
            if wait > longestWait ?? wait || call.deadline.map({ turn >= $0 }) ?? false {
                withBucket(key, now) { $0.release(turn, at: now) }
                throw call.failure(.middleware(RateLimited(host: call.url.host, wait: now.duration(to: turn))))
            }
            do {
                try await clock.sleep(until: turn)
            } catch {
                withBucket(key, clock.now) { $0.release(turn, at: clock.now) }
                throw error
            }
            // The server may have asked for a pause meanwhile.
            if withBucket(key, clock.now, { ($0.pausedUntil ?? turn) <= clock.now }) { return }
        }
    }

    private func withBucket<Value: Sendable>(
        _ key: String, _ now: Instant, _ body: (inout RateBucket) -> Value
    ) -> Value {
        buckets.withLock { buckets in
            if buckets[key] == nil, buckets.count >= Self.hostLimit {
                buckets = buckets.filter { !$0.value.isIdle(at: now) }
                // All of them in use: what is lost is a bound, not a request.
                if buckets.count >= Self.hostLimit { buckets.removeAll() }
            }
            return body(&buckets[key, default: makeBucket(now)])
        }
    }

    private func makeBucket(_ now: Instant) -> RateBucket {
        switch algorithm {
        case .tokenBucket(let rate, let burst): RateBucket(interval: Self.interval(rate), burst: burst, at: now)
        case .leakyBucket(let rate): RateBucket(interval: Self.interval(rate), burst: 1, at: now)
        case .unbounded: RateBucket(interval: .nanoseconds(1), burst: 1 << 30, at: now)
        }
    }

    private static func interval(_ perSecond: Double) -> Duration {
        let day = 86_400e9
        guard perSecond.isFinite, perSecond > 0 else { return .nanoseconds(Int64(day)) }
        return .nanoseconds(Int64(min(day, max(1, (1e9 / perSecond).rounded()))))
    }
}

/// A request was not sent, since its turn would have come too late.
public struct RateLimited: Error, Sendable, Hashable, CustomStringConvertible {
    /// The host that would have been asked.
    public let host: String
    /// How long until its turn would have come.
    public let wait: Duration
    /// What was tried, and when it could be tried again.
    public var description: String {
        "the rate limit for \(host) lets the next request go in \(Int64((wait.milliseconds / 1_000).rounded(.up))) s, "
            + "later than the limiter's longest wait or the call's deadline allow"
    }
}
