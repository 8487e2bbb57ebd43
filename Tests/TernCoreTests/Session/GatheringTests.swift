import MockTransport
import Synchronization
import TestKit
import Testing
import TransportCore

@testable import TernCore

@Suite("many requests at once")
struct GatheringTests {
    @Test("results are in the order of the requests, and one that fails leaves the others alone")
    func order() async throws {
        let mock = MockTransport { sent throws(TransportError) in
            if sent.request.url.path == "/3" { throw TransportError.made(.connectionReset) }
            return MockResponse(.ok, sent.request.url.path)
        }
        let results = await Session(transport: mock).gather((0..<20).map { "http://a.test/\($0)" }, concurrency: 3)
        #expect(results.map { try? $0.get().text } == (0..<20).map { $0 == 3 ? nil : "/\($0)" })
        guard case .failure(let error) = results[3] else { throw TestKitError("3 did not fail") }
        #expect(error.transportError?.code == .connectionReset)
    }

    @Test("no more are under way than allowed", arguments: [1, 4, 100])
    func bound(concurrency: Int) async throws {
        let state = Mutex((now: 0, most: 0))
        let mock = MockTransport { _ in
            state.withLock {
                $0.now += 1; $0.most = max($0.most, $0.now)
            }
            for _ in 0..<10 { await Task.yield() }
            state.withLock { $0.now -= 1 }
            return MockResponse()
        }
        let requests = try (0..<30).map { Request(url: try HTTPURL("http://a.test/\($0)")) }
        let results = await Session(transport: mock).gather(requests, concurrency: concurrency)
        #expect(results.count == 30 && mock.sent.count == 30)
        #expect(state.withLock { $0.most } <= concurrency)
    }

    @Test("they can be had as they finish")
    func finished() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { sent in
            MockResponse(.ok, sent.request.url.path, delay: .seconds(sent.request.url.path == "/0" ? 10 : 1))
        }
        let session = Session(transport: mock)
        session.configure { $0.clock = clock }
        let mover = Task {
            await clock.sleepers(2)
            clock.advance(by: .seconds(1))
            await clock.sleepers(1)
            clock.advance(by: .seconds(9))
        }
        var seen: [Int] = []
        await session.gather(["http://a.test/0", "http://a.test/1"]) {
            (session, url) async throws(HTTPError) -> String in
            try await session.get(url).text
        } finished: { index, result in
            seen.append(index)
            #expect((try? result.get()) == "/\(index)")
        }
        await mover.value
        #expect(seen == [1, 0])
    }

    @Test("cancelling cancels all, and every input has a result")
    func cancelled() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.ok, delay: .seconds(1_000)) }
        let session = Session(transport: mock)
        let task = Task { await session.gather((0..<9).map { "http://a.test/\($0)" }, concurrency: 2) }
        await clock.sleepers(2)
        task.cancel()
        let results = await task.value
        #expect(results.count == 9)
        for case .success in results { Issue.record("a cancelled request has a response") }
    }

    @Test("a scoped session is closed, and its transport, when the body throws, too")
    func scoped() async throws {
        let mock = MockTransport { _ in MockResponse(.ok, "x") }
        let text = try await withSession(owning: mock) { session in try await session.get("http://a.test/").text }
        #expect(text == "x" && mock.shutdowns == 1)
        let other = MockTransport([])
        await #expect(throws: HTTPError.self) {
            try await withSession(owning: other) { session in try await session.get("http://a.test/") }
        }
        #expect(other.shutdowns == 1)
    }
}

@Suite("blocking sessions")
struct BlockingSessionTests {
    @Test("the verbs, from a thread of one's own")
    func verbs() async throws {
        let mock = MockTransport { sent in MockResponse(.ok, "\(sent.request.method.rawValue) \(sent.text)") }
        let session = BlockingSession(Session(transport: mock))
        let texts = try await onThread { () throws -> [String] in
            [
                try session.get("http://a.test/").text, try session.head("http://a.test/").text,
                try session.options("http://a.test/").text, try session.delete("http://a.test/").text,
                try session.post("http://a.test/", .text("1")).text, try session.put("http://a.test/", .text("2")).text,
                try session.patch("http://a.test/", .text("3")).text,
                try session.query("http://a.test/", .text("4")).text,
                try session.request(.trace, "http://a.test/").text,
                try session.send(session.session.prepare(.get, "http://a.test/")).text,
            ]
        }
        #expect(
            texts == [
                "GET ", "HEAD ", "OPTIONS ", "DELETE ", "POST 1", "PUT 2", "PATCH 3", "QUERY 4", "TRACE ", "GET ",
            ])
    }

    @Test("a body is read piece by piece, and errors are the session's")
    func stream() async throws {
        let mock = MockTransport { sent throws(TransportError) in
            if sent.request.url.path == "/fail" { throw TransportError.made(.connectionReset) }
            return MockResponse(.ok, steps: [.bytes([1]), .bytes([2, 3])])
        }
        let session = BlockingSession(Session(transport: mock))
        let pieces = try await onThread { () throws -> [[UInt8]] in
            let stream = try session.stream("http://a.test/")
            var pieces: [[UInt8]] = []
            while let piece = try stream.read() { pieces.append(piece) }
            return pieces
        }
        #expect(pieces == [[1], [2, 3]])
        let error = await #expect(throws: HTTPError.self) {
            try await onThread { () throws -> Void in _ = try session.get("http://a.test/fail") }
        }
        #expect(error?.transportError?.code == .connectionReset)
    }

    @Test("a call from within a task is refused at once, and says what to do")
    func refused() async throws {
        let mock = MockTransport { _ in MockResponse() }
        let session = BlockingSession(Session(transport: mock))
        let error = #expect(throws: HTTPError.self) { try session.get("http://u:secret@a.test/") }
        guard case .input(let reason as BlockingRefused) = error?.kind else { throw try #require(error) }
        #expect(reason.description.contains("await") && mock.sent.isEmpty)
        #expect(error.map { !"\($0)".contains("secret") } == true)
    }
}
