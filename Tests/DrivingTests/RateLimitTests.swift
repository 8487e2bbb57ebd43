import Driving
import Testing
import TransportCore

@Suite("Rate limits")
struct RateLimitTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)
    private static func after(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

    @Test("over seconds exactly the rate flows, however late the looks are", arguments: [20, 33, 100, 249])
    func average(step: Int) {
        var limit = RateLimit(rate: 10_000, at: Self.start)
        var flowed = 0
        var time = 0
        while time + step <= 10_000 {
            time += step
            let allowed = limit.available(at: Self.after(time))
            limit.spend(allowed)
            flowed += allowed
        }
        #expect(abs(flowed - 10 * time) <= 1)
    }

    @Test("there is no credit at the start, and after a pause no more than a quarter of a second's")
    func burst() {
        var limit = RateLimit(rate: 1_000, at: Self.start)
        #expect(limit.available(at: Self.start) == 0)
        #expect(limit.available(at: Self.after(100)) == 100)
        #expect(limit.available(at: Self.after(60_000)) == 250)
    }

    @Test("what was spent beyond the credit is made up for")
    func debt() {
        var limit = RateLimit(rate: 1_000, at: Self.start)
        limit.spend(500)
        #expect(limit.available(at: Self.after(400)) <= 0)
        #expect(limit.available(at: Self.after(600)) == 100)
    }

    @Test("the next look is when there is a byte to go, and not more than fifty times a second")
    func due() {
        let fast = RateLimit(rate: 1_000_000, at: Self.start)
        #expect(fast.due(after: Self.start) == Self.after(20))
        let slow = RateLimit(rate: 2, at: Self.start)
        #expect(slow.due(after: Self.start) >= Self.after(500))
        #expect(slow.due(after: Self.start) <= Self.after(501))
    }

    @Test("a limit of nought or less counts as one byte a second")
    func nought() {
        var limit = RateLimit(rate: 0, at: Self.start)
        #expect(limit.available(at: Self.after(1_000)) == 1)
    }
}
