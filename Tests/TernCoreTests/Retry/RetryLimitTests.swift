import MockTransport
import Testing
import TransportCore

@testable import TernCore

/// Counters of their own for each kind of failure, the last answer, and what is kept of those before it.
@Suite struct RetryLimitTests {
    static func policy(limit: Int = 5, _ change: (inout BackoffRetry) -> Void = { _ in }) -> BackoffRetry {
        var policy = BackoffRetry(limit: limit)
        policy.random = { 0 }
        change(&policy)
        return policy
    }

    static func run(_ mock: MockTransport, _ policy: BackoffRetry) -> ChainRun {
        ChainRun(mock) {
            $0.retry = policy
            $0.clock = ManualClock()
        }
    }

    static func get(_ method: HTTPRequest.Method = .get) throws -> Request {
        Request(method: method, url: try HTTPURL("https://a.test/"))
    }

    static let refused = TransportError(
        .connectionRefused, phase: .connect, retrySafety: .notSent, endpoint: "x", message: "refused")

    /// How often it was sent in all, if each time ends in `outcome`.
    static func count(_ policy: BackoffRetry, _ outcome: @escaping @Sendable () throws(TransportError) -> MockResponse)
        async throws -> Int
    {
        let mock = MockTransport { _ throws(TransportError) in try outcome() }
        _ = try? await run(mock, policy).send(get())
        return mock.sent.count
    }

    @Test("connect, read and status have limits of their own beside the one for all")
    func ownLimits() async throws {
        let policy = Self.policy {
            $0.connectLimit = 1
            $0.readLimit = 2
            $0.statusLimit = 0
        }
        #expect(try await Self.count(policy) { () throws(TransportError) in throw Self.refused } == 2)
        #expect(try await Self.count(policy) { () throws(TransportError) in throw .made(.connectionReset) } == 3)
        #expect(try await Self.count(policy) { MockResponse(.badGateway) } == 1)
        #expect(
            try await Self.count(Self.policy(limit: 1) { $0.readLimit = 9 }) { () throws(TransportError) in
                throw .made(.connectionReset)
            } == 2)
    }

    @Test("the kinds are counted apart, and together up to the limit")
    func mixed() async throws {
        let sentCount = Log<Int>()
        let outcomes: [TransportError?] = [Self.refused, .made(.connectionReset), nil, Self.refused]
        let mock = MockTransport { sent throws(TransportError) in
            let next = outcomes[min(sentCount.values.count, outcomes.count - 1)]
            sentCount.add(1)
            if let next { throw next }
            return MockResponse(.badGateway)
        }
        let policy = Self.policy {
            $0.connectLimit = 1
            $0.readLimit = 1
            $0.statusLimit = 1
        }
        await #expect(throws: TransportError.self) { try await Self.run(mock, policy).send(Self.get()) }
        #expect(mock.sent.count == 4)
    }

    @Test("the last answer stands, or ends the call with its status where that is wished")
    func failsOnStatus() async throws {
        let mock = MockTransport { _ in MockResponse(.badGateway, "down") }
        let (response, _) = try await Self.run(mock, Self.policy(limit: 1)).send(Self.get())
        #expect(response.status == .badGateway)
        let strict = Self.policy(limit: 1) { $0.failsOnStatus = true }
        let error = await #expect(throws: HTTPError.self) { try await Self.run(mock, strict).send(Self.get()) }
        guard case .status(.badGateway) = error?.kind else {
            Issue.record("not a status error: \(String(describing: error))")
            return
        }
        #expect(error?.attempts.count == 2)
        // What is not in the list, and what may not be repeated, is an answer like any other.
        let other = MockTransport { _ in MockResponse(.notFound) }
        #expect(try await Self.run(other, strict).send(Self.get()).response.status == .notFound)
    }

    @Test("the attempts tell what was sent, what came, how long was waited, and as much of the body as is wished")
    func history() async throws {
        let clock = ManualClock()
        let mock = MockTransport(
            clock: clock,
            [
                MockResponse(.serviceUnavailable, fields: [.retryAfter: "2"], "overloaded"), MockResponse(.ok, "fine"),
            ])
        let session = Session(transport: mock)
        session.configure {
            $0.retry = Self.policy { $0.keptBodyBytes = 4 }
            $0.clock = clock
        }
        async let answer = session.get("https://a.test/")
        await clock.sleepers(1)
        clock.advance(by: .seconds(2))
        let response = try await answer
        #expect(response.attempts.map(\.waited) == [.seconds(2), nil])
        #expect(response.attempts.map { $0.body.map { String(decoding: $0, as: UTF8.self) } } == ["over", nil])
        #expect(response.attempts.map { $0.fields?[.retryAfter] } == ["2", nil])
        #expect(response.attempts.map(\.began.nanoseconds) == [0, 2_000_000_000])
    }

    @Test("the error has the history of attempts, too")
    func errorHistory() async throws {
        let mock = MockTransport { _ throws(TransportError) in throw Self.refused }
        let session = Session(transport: mock)
        session.configure {
            $0.retry = Self.policy(limit: 2)
            $0.clock = ManualClock()
        }
        let error = await #expect(throws: HTTPError.self) { try await session.get("https://a.test/") }
        #expect(error?.attempts.count == 3)
        for attempt in error?.attempts ?? [] {
            guard case .failed(let failure) = attempt.outcome, failure.code == .connectionRefused else {
                Issue.record("not the failure: \(attempt.outcome)")
                continue
            }
        }
        #expect(error?.description.contains("3 attempts") == true)
    }

    /// Trap: 503 and Retry-After, with and without retries.
    @Test("a 503 with Retry-After is asked again with a policy for retries, and stands without one")
    func retryAfterWithAndWithout() async throws {
        let plain = MockTransport { _ in MockResponse(.serviceUnavailable, fields: [.retryAfter: "1"]) }
        #expect(try await Session(transport: plain).get("https://a.test/").status == .serviceUnavailable)
        #expect(plain.sent.count == 1)

        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.serviceUnavailable, fields: [.retryAfter: "1"]) }
        let session = Session(transport: mock)
        session.configure {
            $0.retry = Self.policy(limit: 2) { $0.statuses = [] }
            $0.clock = clock
        }
        async let answer = session.get("https://a.test/")
        for _ in 0..<2 {
            await clock.sleepers(1)
            #expect(clock.untilNextSleeper == .seconds(1))
            clock.advance(by: .seconds(1))
        }
        #expect(try await answer.status == .serviceUnavailable)
        #expect(mock.sent.count == 3)
    }

    @Test("an attempt that takes too long is repeated, within the time of the call")
    func attemptTimeout() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.ok, steps: [.wait(.seconds(60))]) }
        let session = Session(transport: mock)
        session.configure {
            $0.clock = clock
            $0.retry = Self.policy(limit: 9)
            $0.timeouts.attempt = .seconds(2)
        }
        let task = Task { try await session.get("https://a.test/", timeout: .seconds(5)) }
        for seconds in [2, 2, 1] {
            await clock.sleepers(1)
            clock.advance(by: .seconds(seconds))
        }
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.transportError?.code == .totalTimeout)
        #expect(error?.attempts.count == 3)
    }

    @Test("a Retry-After of a year is not waited for")
    func year() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.tooManyRequests, fields: [.retryAfter: "31536000"])
        }
        let run = ChainRun(mock) {
            $0.retry = Self.policy()
            $0.clock = clock
        }
        #expect(try await run.send(Self.get()).response.status == .tooManyRequests)
        #expect(mock.sent.count == 1)
        #expect(clock.untilNextSleeper == nil)
    }
}
