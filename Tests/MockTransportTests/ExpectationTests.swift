import MockTransport
import TernCore
import Testing

@Suite("MockTransport, expectations")
struct ExpectationTests {
    private func session(_ mock: MockTransport) -> Session<MockTransport> {
        Session(transport: mock).with { $0.retry = nil }
    }

    @Test("requests are found by method, URL, fields and condition, in any order")
    func anyOrder() async throws {
        let mock = MockTransport(expecting: [
            .get("https://api.test/birds", gives: .json("[1]")),
            .post("/birds", fields: [.contentType: "text/plain; charset=utf-8"], gives: MockResponse(.created)),
            .put("/birds/*", where: { $0.text == "tern" }, gives: MockResponse(.accepted)),
            .delete("/birds?all=yes", gives: MockResponse(.noContent)),
        ])
        let session = session(mock)
        #expect(try await session.put("https://api.test/birds/1", .text("tern")).status == .accepted)
        #expect(try await session.delete("https://other.test/birds?all=yes").status == .noContent)
        #expect(mock.pending.count == 2)
        #expect(try await session.post("https://api.test/birds", .text("x")).status == .created)
        #expect(try await session.get("https://api.test:443/birds").text == "[1]")
        #expect(mock.pending.isEmpty)
        try mock.verify()
        #expect(mock.sent.map(\.request.method) == [.put, .delete, .post, .get])
    }

    @Test("what nobody expected fails, and says what came and what was expected")
    func unexpected() async throws {
        let mock = MockTransport(expecting: [
            .get("/birds", fields: [.accept: "text/html"], gives: MockResponse())
        ])
        let error = await #expect(throws: HTTPError.self) {
            try await session(mock).get("https://api.test/birds", headers: ["Authorization": "secret"])
        }
        let text = try #require(error?.transportError?.message)
        #expect(text.contains("did not expect GET https://api.test/birds"))
        #expect(text.contains("- GET /birds, Accept: text/html: the field Accept is */*"))
        #expect(!text.contains("secret"))
        let mismatch = #expect(throws: MockMismatch.self) { try mock.verify() }
        #expect(mismatch?.findings.count == 2)
        #expect(mismatch?.findings.last == "the mock expected GET /birds, Accept: text/html, and it came never")
    }

    @Test("in order, an expectation waits for those before it")
    func order() async throws {
        let mock = MockTransport(
            expecting: [.get("/1", gives: MockResponse(.ok, "one")), .get("/2", gives: MockResponse(.ok, "two"))],
            inOrder: true)
        let error = await #expect(throws: HTTPError.self) { try await session(mock).get("https://a.test/2") }
        #expect(error?.transportError?.message.contains("its turn has not come") == true)
        #expect(try await session(mock).get("https://a.test/1").text == "one")
        #expect(try await session(mock).get("https://a.test/2").text == "two")
    }

    @Test("times, and answers one after the other")
    func times() async throws {
        let mock = MockTransport(expecting: [
            .get("/twice", gives: MockResponse(.ok, "a"), MockResponse(.ok, "b")).times(2),
            .any("/never", gives: MockResponse()).times(0), .any("/often*", gives: MockResponse(.ok, "c")).atLeast(1),
        ])
        let session = session(mock)
        #expect(try await session.get("https://a.test/twice").text == "a")
        let early = #expect(throws: MockMismatch.self) { try mock.verify() }
        #expect(early?.description.contains("GET /twice, 2 times, and it came 1 times") == true)
        #expect(try await session.get("https://a.test/twice").text == "b")
        await #expect(throws: HTTPError.self) { try await session.get("https://a.test/twice") }
        await #expect(throws: HTTPError.self) { try await session.get("https://a.test/never") }
        for _ in 0..<3 { #expect(try await session.patch("https://a.test/often/x").text == "c") }
        #expect(mock.pending.isEmpty)
    }

    @Test("answers are delayed and streamed on the manual clock")
    func delays() async throws {
        let clock = ManualClock()
        let mock = MockTransport(
            clock: clock,
            expecting: [
                .get(
                    "/slow",
                    gives: MockResponse(steps: [.bytes([1]), .wait(.seconds(3)), .bytes([2])], delay: .seconds(20)))
            ])
        let session = session(mock).with { $0.clock = clock }
        async let answer = session.get("https://a.test/slow")
        await clock.sleepers(1)
        clock.advance(by: .seconds(20))
        await clock.sleepers(1)
        clock.advance(by: .seconds(3))
        #expect(try await answer.bytes == [1, 2])
        try mock.verify()
    }
}

@Suite("FaultTransport")
struct FaultTransportTests {
    private func mock(_ text: String = "0123456789") -> MockTransport { MockTransport { _ in MockResponse(.ok, text) } }

    @Test("the same seed gives the same faults, in the shares of the plan")
    func seeds() {
        var plan = FaultPlan(seed: 42)
        plan.refused = 0.1
        plan.lost = 0.2
        plan.slow = 0.3
        let faults = (0..<2_000).map { plan.fault(of: $0) }
        #expect(faults == (0..<2_000).map { plan.fault(of: $0) })
        #expect((150..<250).contains(faults.count { $0 == .refused }))
        #expect((330..<470).contains(faults.count { $0 == .lost }))
        #expect((500..<700).contains(faults.count { $0 == .slow(.milliseconds(10)) }))
        var other = plan
        other.seed = 43
        #expect(faults != (0..<2_000).map { other.fault(of: $0) })
    }

    @Test("each fault ends in its own error, and says how safe it is to send again")
    func errors() async throws {
        var plan = FaultPlan()
        plan.exactly = [0: .refused, 1: .lost, 2: .truncated(after: 4), 3: nil]
        let transport = FaultTransport(mock(), plan)
        let session = Session(transport: transport).with { $0.retry = nil }
        var errors: [TransportError] = []
        for _ in 0..<3 {
            let error = await #expect(throws: HTTPError.self) { try await session.get("https://a.test/") }
            errors.append(try #require(error?.transportError))
        }
        #expect(errors.map(\.code) == [.connectionRefused, .connectionReset, .bodyTruncated])
        #expect(errors.map(\.retrySafety) == [.notSent, .maybeProcessed, .processed])
        #expect(try await session.get("https://a.test/").text == "0123456789")
        #expect(transport.base.sent.count == 3)
        #expect(transport.faults.map(\.number) == [0, 1, 2])
        #expect(transport.count == 4)
    }

    @Test("a live body breaks off after what came before")
    func live() async throws {
        var plan = FaultPlan()
        plan.exactly = [0: .truncated(after: 4)]
        let session = Session(transport: FaultTransport(mock(), plan))
        let response = try await session.stream("https://a.test/")
        var text = ""
        await #expect(throws: HTTPError.self) {
            for try await piece in response.body { text += String(decoding: piece, as: UTF8.self) }
        }
        #expect(text == "0123")
    }

    @Test("what is refused is tried again by the session, safely")
    func retried() async throws {
        var plan = FaultPlan()
        plan.exactly = [0: .refused]
        let transport = FaultTransport(mock(), plan)
        #expect(try await Session(transport: transport).post("https://a.test/", .text("x")).text == "0123456789")
        #expect(transport.base.sent.count == 1)
    }

    @Test("waits run on the clock, and end with the deadline")
    func stalls() async throws {
        let clock = ManualClock()
        var plan = FaultPlan()
        plan.exactly = [0: .stalled(.seconds(60)), 1: .stalled(.seconds(60)), 2: .slow(.seconds(5))]
        let transport = FaultTransport(mock(), plan, clock: clock)
        let session = Session(transport: transport).with { $0.clock = clock }
        async let first = session.get("https://a.test/")
        await clock.sleepers(1)
        clock.advance(by: .seconds(60))
        #expect(try await first.status == .ok)
        let second = Task { try await session.get("https://a.test/", timeout: .seconds(10)) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(10))
        let error = await #expect(throws: HTTPError.self) { try await second.value }
        #expect(error?.transportError?.code == .totalTimeout)
        async let third = session.get("https://a.test/")
        await clock.sleepers(1)
        #expect(clock.untilNextSleeper == .seconds(5))
        clock.advance(by: .seconds(5))
        #expect(try await third.text == "0123456789")
    }
}
