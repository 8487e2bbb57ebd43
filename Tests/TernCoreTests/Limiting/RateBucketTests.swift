import Testing
import TransportCore

@testable import TernCore

@Suite("turns of a rate")
struct RateBucketTests {
    static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// When so many requests at `instant` may go, in milliseconds.
    static func turns(_ bucket: inout RateBucket, _ count: Int, at milliseconds: Int64) -> [Int64] {
        (0..<count).map { _ in bucket.reserve(at: at(milliseconds)).nanoseconds / 1_000_000 }
    }

    @Test("a leaky bucket spaces evenly, whatever comes")
    func leaky() {
        var bucket = RateBucket(interval: .milliseconds(100), burst: 1, at: Self.at(0))
        #expect(Self.turns(&bucket, 4, at: 0) == [0, 100, 200, 300])
        #expect(Self.turns(&bucket, 2, at: 350) == [400, 500])
        #expect(Self.turns(&bucket, 2, at: 10_000) == [10_000, 10_100])
    }

    @Test("a token bucket lets a burst go after a pause, and then one each interval")
    func token() {
        var bucket = RateBucket(interval: .milliseconds(100), burst: 3, at: Self.at(0))
        #expect(Self.turns(&bucket, 5, at: 0) == [0, 0, 0, 100, 200])
        #expect(Self.turns(&bucket, 2, at: 350) == [350, 400])
        #expect(Self.turns(&bucket, 4, at: 10_000) == [10_000, 10_000, 10_000, 10_100])
    }

    @Test("no window of time sees more than the rate and one burst", arguments: [1, 2, 7])
    func bound(burst: Int) {
        var bucket = RateBucket(interval: .milliseconds(10), burst: burst, at: Self.at(0))
        var turns: [Int64] = []
        for time in stride(from: Int64(0), to: 2_000, by: 3) {
            turns.append(bucket.reserve(at: Self.at(time)).nanoseconds / 1_000_000)
        }
        for (index, turn) in turns.enumerated() {
            let within = turns[index...].prefix { $0 < turn + 100 }.count
            #expect(within <= 10 + burst)
        }
    }

    @Test("a turn that is given back is the next one's, and never two at once in a leaky bucket")
    func givenBack() {
        var bucket = RateBucket(interval: .milliseconds(100), burst: 1, at: Self.at(0))
        #expect(Self.turns(&bucket, 4, at: 0) == [0, 100, 200, 300])
        bucket.release(Self.at(100), at: Self.at(50))
        #expect(Self.turns(&bucket, 2, at: 60) == [100, 400])
        bucket.release(Self.at(400), at: Self.at(70))
        #expect(Self.turns(&bucket, 1, at: 80) == [400])
        // One that passed unused is lost, since its neighbours keep theirs.
        bucket.release(Self.at(300), at: Self.at(210))
        #expect(Self.turns(&bucket, 1, at: 350) == [500])
    }

    @Test("a token that nobody used comes back to a token bucket")
    func tokenBack() {
        var bucket = RateBucket(interval: .milliseconds(100), burst: 2, at: Self.at(0))
        #expect(Self.turns(&bucket, 4, at: 0) == [0, 0, 100, 200])
        bucket.release(Self.at(100), at: Self.at(50))
        #expect(Self.turns(&bucket, 2, at: 150) == [200, 300])
    }

    @Test("a pause holds everybody, and lets them go one by one")
    func pause() {
        var bucket = RateBucket(interval: .milliseconds(100), burst: 3, at: Self.at(0))
        bucket.pause(until: Self.at(1_000))
        #expect(Self.turns(&bucket, 3, at: 10) == [1_000, 1_100, 1_200])
        bucket.pause(until: Self.at(500))
        #expect(bucket.pausedUntil == Self.at(1_000))
    }
}
