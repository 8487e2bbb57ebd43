package import TransportCore

/// How many bytes may flow, at so many a second: credit grows with time, and bytes use it up. Without a clock of its
/// own, so that a test can move the time.
package struct RateLimit: Sendable {
    /// Bytes a second.
    package let rate: Int64
    private var credit: Double = 0
    private var counted: Instant

    /// Credit that is kept while nothing flows, in seconds: so a pause is not followed by a flood.
    private static let burst = 0.25
    /// Bytes are let go so often at most: each time costs a turn of the loop.
    private static let step = Duration.milliseconds(20)

    /// A limit of `rate` bytes a second, at least one, without any credit.
    package init(rate: Int64, at now: Instant) {
        self.rate = max(1, rate)
        counted = now
    }

    /// Bytes that may flow now.
    package mutating func available(at now: Instant) -> Int {
        let passed = counted.duration(to: now)
        guard passed > .zero else { return Int(credit) }
        let (seconds, attoseconds) = passed.components
        credit += Double(rate) * (Double(seconds) + Double(attoseconds) * 1e-18)
        credit = min(credit, max(1, Double(rate) * RateLimit.burst))
        counted = now
        return Int(credit)
    }

    /// So many bytes have flowed.
    package mutating func spend(_ bytes: Int) { credit -= Double(bytes) }

    /// When it is worth to look again after `now`: when there is credit for a byte, and not at once.
    package func due(after now: Instant) -> Instant {
        let wait = max(0, 1 - credit) / Double(rate)
        return now.advanced(by: max(RateLimit.step, .nanoseconds(Int64(min(wait, 3_600) * 1e9) + 1)))
    }
}
