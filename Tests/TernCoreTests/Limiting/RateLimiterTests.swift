import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite("rate limiters")
struct RateLimiterTests {
    static func session(_ mock: MockTransport, _ clock: ManualClock, _ limiter: RateLimiter) -> Session<MockTransport> {
        let session = Session(transport: mock)
        session.configure {
            $0.clock = clock
            $0.limiter = limiter
        }
        return session
    }

    /// Moves the clock until `count` exchanges were sent; gives the times at which they were, in milliseconds.
    static func times(_ mock: MockTransport) -> [Int64] { mock.sent.map { $0.at.nanoseconds / 1_000_000 } }

    @Test("requests go at the rate, each host by itself")
    func rate() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse() }
        let session = Self.session(mock, clock, RateLimiter(.leakyBucket(perSecond: 10)))
        async let all = session.gather(["http://a.test/", "http://a.test/", "http://a.test/", "http://b.test/"])
        await clock.sleepers(2)
        for _ in 0..<20 {
            clock.advance(by: .milliseconds(10))
            await Task.yield()
        }
        let results = await all
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        #expect(mock.sent.filter { $0.request.url.host == "b.test" }.map(\.at) == [Instant(nanoseconds: 0)])
        #expect(mock.sent.count == 4)
    }

    @Test("a cancelled wait gives its turn back")
    func cancelled() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse() }
        let session = Self.session(mock, clock, RateLimiter(.leakyBucket(perSecond: 1)))
        _ = try await session.get("http://a.test/")
        let waiting = Task { try await session.get("http://a.test/cancelled") }
        await clock.sleepers(1)
        waiting.cancel()
        let result = await waiting.result
        #expect(throws: HTTPError.self) { try result.get() }
        let next = Task { try await session.get("http://a.test/next") }
        await clock.sleepers(1)
        #expect(clock.untilNextSleeper == .seconds(1))
        clock.advance(by: .seconds(1))
        _ = try await next.value
        #expect(mock.sent.map(\.request.url.path) == ["/", "/next"])
    }

    static let pauses: [(fields: HTTPFields, status: HTTPResponse.Status, wait: Duration?)] = [
        ([.retryAfter: "7"], .tooManyRequests, .seconds(7)), ([.retryAfter: "7"], .serviceUnavailable, .seconds(7)),
        ([.retryAfter: "Fri, 15 Jan 2027 08:00:09 GMT"], .tooManyRequests, .seconds(9)),
        ([.retryAfter: "7"], .ok, nil), ([.retryAfter: "soon"], .tooManyRequests, nil),
        ([field("RateLimit"): #""default";r=0;t=5"#], .ok, .seconds(5)),
        ([field("RateLimit"): #""default";r=9;t=5"#], .ok, nil),
        ([field("RateLimit"): #""a";r=0;t=5, "b";r=0;t=50"#], .ok, .seconds(50)),
        ([field("RateLimit"): "limit=10, remaining=0, reset=6"], .ok, .seconds(6)),
        ([field("RateLimit"): "r=0 t=?"], .ok, nil),
        ([field("RateLimit-Remaining"): "0", field("RateLimit-Reset"): "4"], .ok, .seconds(4)),
        ([field("X-RateLimit-Remaining"): "0", field("X-RateLimit-Reset"): "1800000030"], .ok, .seconds(30)),
        ([field("X-RateLimit-Remaining"): "1", field("X-RateLimit-Reset"): "30"], .ok, nil),
    ]
    static func field(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .from }

    @Test("Retry-After and RateLimit fields hold the next request to that host", arguments: pauses)
    func heeds(fields: HTTPFields, status: HTTPResponse.Status, wait: Duration?) async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(status, fields: fields) }
        let session = Self.session(mock, clock, RateLimiter())
        _ = try await session.get("http://a.test/")
        _ = try await session.get("http://b.test/")
        let second = Task { try await session.get("http://a.test/") }
        if let wait {
            await clock.sleepers(1)
            #expect(clock.untilNextSleeper == wait)
            clock.advance(by: wait)
        }
        _ = try await second.value
        #expect(mock.sent.count == 3)
    }

    @Test("a Retry-After of a year fails the next request at once, and says how long it would take")
    func year() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in
            MockResponse(.tooManyRequests, fields: [.retryAfter: "31536000"])
        }
        let session = Self.session(mock, clock, RateLimiter())
        _ = try await session.get("http://a.test/")
        let error = await #expect(throws: HTTPError.self) { try await session.get("http://a.test/") }
        guard case .middleware(let reason as RateLimited) = error?.kind else { throw try #require(error) }
        #expect(reason.wait == .seconds(86_400) && mock.sent.count == 1)
    }

    @Test("a turn after the call's deadline fails at once, and stays free")
    func deadline() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse() }
        let session = Self.session(mock, clock, RateLimiter(.leakyBucket(perSecond: 0.1)))
        _ = try await session.get("http://a.test/")
        for _ in 0..<3 {
            let error = await #expect(throws: HTTPError.self) {
                try await session.get("http://a.test/", timeout: .seconds(5))
            }
            guard case .middleware(let reason as RateLimited) = error?.kind else { throw try #require(error) }
            #expect(reason.wait == .seconds(10))
        }
    }

    @Test("more hosts than are remembered cost no memory, and absurd rates no traps")
    func manyHosts() async throws {
        let mock = MockTransport { _ in MockResponse() }
        for rate in [0, -1, Double.nan, .infinity, 1e300] {
            let session = Session(transport: mock)
            session.configure { $0.limiter = RateLimiter(.tokenBucket(perSecond: rate, burst: -5)) }
            _ = try await session.get("http://a.test/")
        }
        let limiter = RateLimiter(.tokenBucket(perSecond: 1, burst: 1))
        let session = Session(transport: mock)
        session.configure { $0.limiter = limiter }
        for host in 0..<1_100 { _ = try await session.get("http://h\(host).test/") }
    }
}
