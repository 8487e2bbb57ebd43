import TransportCore

/// Lets so many bytes a second pass, and a twentieth of a second's worth at once.
struct RateGate {
    private let rate: Double
    private var allowance: Double
    private var filledAt: Instant

    /// How often what waits is looked at: every 50 ms.
    static let step = Duration.milliseconds(50)

    /// A gate for `rate` bytes a second, nought or less counting as one.
    init(_ rate: Int64, at now: Instant) {
        self.rate = Double(max(1, rate))
        allowance = self.rate / 20
        filledAt = now
    }

    /// Bytes that may pass now.
    mutating func room(at now: Instant) -> Int {
        let seconds = filledAt.duration(to: now) / .seconds(1)
        filledAt = max(filledAt, now)
        allowance = min(allowance + max(0, seconds) * rate, max(1, rate / 10))
        return max(0, Int(allowance))
    }

    /// So many have passed.
    mutating func pass(_ count: Int) { allowance -= Double(count) }
}
