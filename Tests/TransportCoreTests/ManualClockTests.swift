import Testing
import TransportCore

@Suite struct ManualClockTests {
    @Test("a sleeper wakes when its instant has come, and not before")
    func wakes() async throws {
        let clock = ManualClock()
        let task = Task { try await clock.sleep(for: .seconds(2)) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(1))
        #expect(clock.untilNextSleeper == .seconds(1))
        clock.advance(by: .seconds(1))
        try await task.value
        #expect(clock.now == Instant(nanoseconds: 2_000_000_000))
        #expect(clock.untilNextSleeper == nil)
    }

    @Test("an instant that has passed does not wait")
    func past() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(5))
        try await clock.sleep(until: Instant(nanoseconds: 1))
        try await clock.sleep(for: .zero)
    }

    @Test("a cancelled sleeper throws CancellationError and leaves the clock")
    func cancels() async {
        let clock = ManualClock()
        let task = Task { try await clock.sleep(for: .seconds(2)) }
        await clock.sleepers(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.untilNextSleeper == nil)
    }

    @Test("a task that is cancelled before it sleeps throws at once")
    func cancelledBefore() async {
        let clock = ManualClock()
        let task = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            try await clock.sleep(for: .seconds(2))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("the calendar moves with the clock")
    func wall() {
        let clock = ManualClock(wallStart: 1_000)
        clock.advance(by: .milliseconds(2_500))
        #expect(clock.wallSeconds == 1_002)
    }

    @Test("instants saturate instead of overflowing")
    func saturates() {
        let end = Instant(nanoseconds: .max)
        #expect(end.advanced(by: .seconds(1)) == end)
        #expect(Instant(nanoseconds: 0).advanced(by: .seconds(Int64.max)) == end)
        #expect(Instant(nanoseconds: .min).duration(to: end) == .nanoseconds(Int64.max))
    }
}
