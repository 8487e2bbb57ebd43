/// When requests may go out so that their rate stays below a bound: one each `interval`, and up to `burst` at once
/// after a pause (the generic cell rate algorithm). With a burst of one it is a leaky bucket, which spaces requests
/// evenly; with more, a token bucket. No lock, no clock, no waiting.
struct RateBucket {
    private let interval: Int64
    private let burst: Int64
    /// When the bucket will be full again, if nobody comes.
    private var full: Instant
    /// Turns that were given back before they came, earliest first.
    private var freed: [Instant] = []
    private(set) var pausedUntil: Instant?

    init(interval: Duration, burst: Int, at now: Instant) {
        self.interval = max(1, interval.clampedNanoseconds)
        self.burst = Int64(max(1, burst))
        full = now
    }

    private var tolerance: Duration {
        let (product, overflow) = interval.multipliedReportingOverflow(by: burst - 1)
        return .nanoseconds(overflow ? .max : product)
    }

    /// The next turn: now, or later. It belongs to who asked until it is given back.
    mutating func reserve(at now: Instant) -> Instant {
        settle(now)
        let earliest = max(now, pausedUntil ?? now)
        if let index = freed.firstIndex(where: { $0 >= earliest }) { return freed.remove(at: index) }
        let turn = max(earliest, full.advanced(by: .zero - tolerance))
        full = max(full, turn).advanced(by: .nanoseconds(interval))
        return turn
    }

    /// Gives back a turn that has not come: somebody else may have it.
    mutating func release(_ turn: Instant, at now: Instant) {
        settle(now)
        let last = full.advanced(by: .zero - tolerance).advanced(by: .nanoseconds(-interval))
        if turn == last {
            full = full.advanced(by: .nanoseconds(-interval))
        } else if turn > now {
            freed.insert(turn, at: freed.firstIndex { $0 > turn } ?? freed.endIndex)
        }
    }

    /// Lets nobody go before `instant`, and then one after the other, without a burst.
    mutating func pause(until instant: Instant) {
        guard instant > pausedUntil ?? Instant(nanoseconds: .min) else { return }
        pausedUntil = instant
        freed.removeAll()
        full = max(full, instant.advanced(by: tolerance))
    }

    /// Whether nothing is known that a new bucket would not know.
    func isIdle(at now: Instant) -> Bool { full <= now && pausedUntil == nil }

    private mutating func settle(_ now: Instant) {
        if let end = pausedUntil, end <= now { pausedUntil = nil }
        let missed = freed.prefix { $0 < now }.count
        guard missed > 0 else { return }
        freed.removeFirst(missed)
        // What nobody used is a token again; a bucket that spaces evenly has none.
        if burst > 1 { full = full.advanced(by: .nanoseconds(-interval &* Int64(missed))) }
    }
}
