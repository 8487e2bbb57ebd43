/// Tells the time and lets tasks wait. Given to everything that needs it, so that tests can hold it still.
public protocol HTTPClock: Sendable {
    /// Monotonic time.
    var now: Instant { get }
    /// The calendar's time, in nanoseconds since 1970 without leap seconds: for cookies and dates in fields.
    var wallNanoseconds: Int64 { get }
    /// Returns when `instant` has come; throws `CancellationError` when the task is cancelled first.
    func sleep(until instant: Instant) async throws(CancellationError)
}

extension HTTPClock {
    /// Waits for `duration`.
    public func sleep(for duration: Duration) async throws(CancellationError) {
        try await sleep(until: now.advanced(by: duration))
    }
    /// The calendar's time in whole seconds since 1970.
    public var wallSeconds: Int64 { wallNanoseconds / 1_000_000_000 }
}
