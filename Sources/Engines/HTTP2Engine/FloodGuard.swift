internal import Wire

/// Counts frames that carry nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown and empty ones (RFC 9113 §10.5).
///
/// A bucket: full at first, filled by 100 a second and by every frame with content in either direction.
struct FloodGuard {
    private let capacity: Int
    private var left: Int
    private var filledAt: Instant
    private static let perSecond = 100

    init(capacity: Int, at now: Instant) {
        self.capacity = capacity
        left = capacity
        filledAt = now
    }

    /// Whether more came than is allowed.
    var isExceeded: Bool { left < 0 }

    @inline(__always)
    mutating func count() { left -= 1 }

    @inline(__always)
    mutating func earn(_ frames: Int) { left = min(capacity, left + frames) }

    /// Fills the bucket for the time that has passed.
    mutating func fill(at now: Instant) {
        let passed = filledAt.duration(to: now)
        guard passed > .zero, left < capacity else { return }
        guard passed < .seconds(60) else {
            left = capacity
            filledAt = now
            return
        }
        let earned = Int(passed.milliseconds * Double(Self.perSecond) / 1_000)
        guard earned > 0 else { return }
        left = min(capacity, left + earned)
        filledAt = now
    }
}
