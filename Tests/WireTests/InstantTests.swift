import Testing
import Wire

@Suite("Instant")
struct InstantTests {
    @Test("an instant advanced by a duration lies that duration later")
    func advances() {
        let start = Instant(nanoseconds: 5)
        #expect(start.advanced(by: .nanoseconds(7)).nanoseconds == 12)
        #expect(start.duration(to: Instant(nanoseconds: 12)) == .nanoseconds(7))
        #expect(start < start.advanced(by: .nanoseconds(1)))
    }

    @Test("durations that do not fit give the last or the first instant, not a trap")
    func clamps() {
        #expect(Instant(nanoseconds: 1).advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(Instant(nanoseconds: -2).advanced(by: .seconds(Int64.min)).nanoseconds == .min)
    }
}
