import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RetryWaitTests {
    static func run(_ transport: any Transport, _ clock: ManualClock, total: Duration? = nil) -> ChainRun {
        var run = ChainRun(transport) {
            var policy = BackoffRetry()
            policy.random = { 1 }
            $0.retry = policy
            $0.clock = clock
        }
        run.total = total
        return run
    }

    @Test("the wait is on the session's clock, and the last answer stands")
    func waits() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.badGateway) }
        let run = Self.run(mock, clock)
        async let result = run.send(Request(url: try HTTPURL("https://a.test/")))
        for milliseconds in [500, 1_000, 2_000] {
            await clock.sleepers(1)
            #expect(clock.untilNextSleeper == .milliseconds(milliseconds))
            clock.advance(by: .milliseconds(milliseconds))
        }
        let (response, call) = try await result
        #expect(response.status == .badGateway)
        #expect(call.attempts.map(\.began.nanoseconds) == [0, 500_000_000, 1_500_000_000, 3_500_000_000])
    }

    @Test("a wait that the deadline cuts off is not begun: the answer stands, and an error says why")
    func deadline() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.badGateway) }
        let answered = try await Self.run(mock, clock, total: .milliseconds(500))
            .send(Request(url: try HTTPURL("https://a.test/")))
        #expect(answered.response.status == .badGateway)
        #expect(answered.call.attempts.count == 1)

        let failing = MockTransport(clock: clock) { _ throws(TransportError) in throw .made(.connectionReset) }
        let error = await #expect(throws: TransportError.self) {
            try await Self.run(failing, clock, total: .milliseconds(499))
                .send(Request(url: try HTTPURL("https://a.test/")))
        }
        #expect(error?.message.hasSuffix("not sent again, because the call's time would run out first") == true)
        #expect(clock.untilNextSleeper == nil)
    }

    @Test("cancelling the wait throws CancellationError and sends nothing more")
    func cancels() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.badGateway) }
        let run = Self.run(mock, clock)
        let task = Task { try await run.send(Request(url: try HTTPURL("https://a.test/"))) }
        await clock.sleepers(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(mock.sent.count == 1)
    }

    @Test("the body of an answer that is replaced is cancelled before the wait")
    func body() async throws {
        let clock = ManualClock()
        let first = ProbeBody([[1, 2, 3]])
        let count = Log<Int>()
        let transport = ClosureTransport { _ throws(TransportError) in
            count.add(1)
            guard count.values.count == 1 else { return TransportResponse(.ok) }
            return TransportResponse(.badGateway, ResponseBody(first))
        }
        var run = Self.run(transport, clock)
        run.delivery = .prompt
        async let result = run.send(Request(url: try HTTPURL("https://a.test/")))
        await clock.sleepers(1)
        #expect(first.cancels >= 1)
        #expect(first.reads == 0)
        clock.advance(by: .seconds(1))
        #expect(try await result.response.status == .ok)
    }

    @Test("the same body goes out with every attempt")
    func replay() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock, [MockResponse(.badGateway), MockResponse()])
        let run = Self.run(mock, clock)
        async let result = run.send(
            Request(method: .put, url: try HTTPURL("https://a.test/"), body: .bytes(Array("again".utf8))))
        await clock.sleepers(1)
        clock.advance(by: .seconds(1))
        #expect(try await result.response.status == .ok)
        #expect(mock.sent.map(\.text) == ["again", "again"])
    }

    @Test("a body that can be read only once is refused before it is sent, if the method may be repeated")
    func onlyOnce() async throws {
        let mock = MockTransport { _ in MockResponse(.badGateway) }
        let put = Request(method: .put, url: try HTTPURL("https://a.test/"), body: .once("x"))
        let run = Self.run(mock, ManualClock())
        let error = await #expect(throws: HTTPError.self) { try await run.send(put) }
        guard case .body(let reason as BodyNotReplayable) = error?.kind else {
            Issue.record("not a body error: \(String(describing: error))")
            return
        }
        #expect(reason.description.contains("replayable stream"))
        #expect(mock.sent.isEmpty)
        // A POST would be repeated only if it was not sent.
        var post = put
        post.method = .post
        let (response, call) = try await run.send(post)
        #expect(response.status == .badGateway)
        #expect(call.attempts.count == 1)
    }

    @Test("a policy is told what was sent, how often, what came, and when")
    func facts() async throws {
        struct Recorder: RetryPolicy {
            let seen: Log<FinishedAttempt>
            func decide(_ attempt: FinishedAttempt) -> RetryDecision {
                seen.add(attempt)
                return attempt.number < 3 ? .retry(after: .zero) : .stop
            }
        }
        let clock = ManualClock(wallStart: 5_000)
        let recorder = Recorder(seen: Log())
        let mock = MockTransport(clock: clock) { _ in
            clock.advance(by: .seconds(2))
            return MockResponse(.ok, fields: [.eTag: "x"])
        }
        let run = ChainRun(mock) {
            $0.retry = recorder
            $0.clock = clock
        }
        _ = try await run.send(Request(method: .post, url: try HTTPURL("https://a.test/")))
        #expect(recorder.seen.values.map(\.number) == [1, 2, 3])
        #expect(recorder.seen.values.map(\.elapsed) == [.seconds(2), .seconds(4), .seconds(6)])
        #expect(recorder.seen.values.map(\.wallSeconds) == [5_002, 5_004, 5_006])
        #expect(recorder.seen.values.first?.request.method == .post)
        guard case .answered(let status, let fields) = recorder.seen.values.first?.outcome else {
            Issue.record("no answer was seen")
            return
        }
        #expect(status == .ok)
        #expect(fields[.eTag] == "x")
    }
}
