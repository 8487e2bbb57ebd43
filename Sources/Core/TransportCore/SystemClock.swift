import Glibc

/// The machine's clock: `CLOCK_MONOTONIC` for instants, `CLOCK_REALTIME` for the calendar.
public struct SystemClock: HTTPClock {
    /// The machine's clock.
    public init() {}

    public var now: Instant { Instant(nanoseconds: SystemClock.read(CLOCK_MONOTONIC)) }
    public var wallNanoseconds: Int64 { SystemClock.read(CLOCK_REALTIME) }

    public func sleep(until instant: Instant) async throws(CancellationError) {
        do {
            try await Task.sleep(for: now.duration(to: instant))
        } catch {
            throw CancellationError()
        }
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
