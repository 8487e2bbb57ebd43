import MockTransport
import Synchronization
import TernCore
import Testing

@Suite struct MockTransportTests {
    static func exchange(
        _ request: Request? = nil, delivery: Delivery = .whole(upTo: 1_000), deadline: Instant? = nil,
        _ change: (inout ExchangeOptions) -> Void = { _ in }
    ) throws -> Exchange {
        let url = try HTTPURL("https://a.test/x")
        var options = ExchangeOptions()
        change(&options)
        return Exchange(
            request ?? Request(url: url), over: Route(to: url.origin), delivery: delivery, deadline: deadline,
            options: options)
    }

    @Test("a session over a mock needs no network, and what was sent is recorded")
    func session() async throws {
        let mock = MockTransport { sent in .json(#"{"path": "\#(sent.request.url.path)"}"#) }
        let session = Session(transport: mock)
        let response = try await session.post("https://api.test/birds", .text("tern"), headers: ["X-Tag": "1"])
        #expect(response.text == #"{"path": "/birds"}"#)
        #expect(mock.sent.map(\.text) == ["tern"])
        #expect(mock.sent.first?.request.method == .post)
        #expect(mock.sent.first?.request.fields[values: try #require(HTTPField.Name("X-Tag"))] == ["1"])
    }

    @Test("a script gives its responses in order, and fails when it has run out")
    func script() async throws {
        let mock = MockTransport([.init(.ok, "one"), .init(.notFound, "two")])
        #expect(try await mock.send(Self.exchange()).status == .ok)
        #expect(try await mock.send(Self.exchange()).status == .notFound)
        let error = await #expect(throws: TransportError.self) { _ = try await mock.send(Self.exchange()) }
        #expect(error?.code == .connectionRefused)
        #expect(error?.message.contains("https://a.test/x") == true)
    }

    @Test("1xx responses go to the events, trailers come after the body, events come in order")
    func eventsAndTrailers() async throws {
        let mock = MockTransport { _ in
            MockResponse(
                .ok, informational: [HTTPResponse(status: .init(code: 103))], steps: [.bytes([1]), .bytes([2, 3])],
                trailers: [.eTag: "end"])
        }
        let phases = Mutex<[String]>([])
        var exchange = try Self.exchange()
        exchange.onEvent = { event in
            let phase = event.phase
            phases.withLock { $0.append(phase) }
        }
        let response = try await mock.send(exchange)
        #expect(response.body.whole == [1, 2, 3])
        #expect(response.body.trailers[.eTag] == "end")
        #expect(
            phases.withLock { $0 } == [
                "queued", "ready", "request sent", "informational", "head", "download progress", "download progress",
                "done",
            ])
    }

    @Test("a body longer than the cap is handed over live, from its first byte")
    func cap() async throws {
        let mock = MockTransport { _ in MockResponse(steps: [.bytes([1, 2]), .bytes([3, 4]), .bytes([5])]) }
        let response = try await mock.send(Self.exchange(delivery: .whole(upTo: 3)))
        #expect(response.body.whole == nil)
        #expect(try await response.body.collect(upTo: 10) == [1, 2, 3, 4, 5])
    }

    @Test("delays run on the clock, and bytes come one step at a time")
    func delays() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in
            MockResponse(steps: [.bytes([1]), .wait(.seconds(3)), .bytes([2])], delay: .seconds(2))
        }
        async let pending = mock.send(Self.exchange(delivery: .prompt))
        await clock.sleepers(1)
        #expect(clock.untilNextSleeper == .seconds(2))
        clock.advance(by: .seconds(2))
        let response = try await pending
        var bytes = response.body.makeAsyncIterator()
        #expect(try await bytes.next() == [1])
        let reading = Task { [bytes] in
            var bytes = bytes
            return try await bytes.next()
        }
        await clock.sleepers(1)
        clock.advance(by: .seconds(3))
        #expect(try await reading.value == [2])
    }

    @Test(
        "each timeout that can pass has its own error, in the phase where it passed",
        arguments: [
            (TransportError.Code.firstByteTimeout, TransportError.Phase.head),
            (.attemptTimeout, .head), (.totalTimeout, .head), (.idleReadTimeout, .body),
        ])
    func timeouts(code: TransportError.Code, phase: TransportError.Phase) async throws {
        let clock = ManualClock()
        let slowHead = code != .idleReadTimeout
        let mock = MockTransport(clock: clock) { _ in
            MockResponse(steps: [.wait(.seconds(60))], delay: slowHead ? .seconds(60) : .zero)
        }
        let deadline = code == .totalTimeout ? clock.now.advanced(by: .seconds(4)) : nil
        let exchange = try Self.exchange(deadline: deadline) { options in
            options.timeouts = .none
            if code == .firstByteTimeout { options.timeouts.firstByte = .seconds(4) }
            if code == .attemptTimeout { options.timeouts.attempt = .seconds(4) }
            if code == .idleReadTimeout { options.timeouts.idleRead = .seconds(4) }
        }
        let task = Task { try await mock.send(exchange) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(4))
        let error = await #expect(throws: TransportError.self) { _ = try await task.value }
        #expect(error?.code == code)
        #expect(error?.phase == phase)
        #expect(error?.elapsed == .seconds(4))
    }

    @Test("cancelling ends the exchange with an error, and the next one works")
    func cancel() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { sent in
            MockResponse(delay: sent.request.method == .get ? .seconds(9) : .zero)
        }
        let task = Task { try await mock.send(Self.exchange()) }
        await clock.sleepers(1)
        task.cancel()
        let error = await #expect(throws: TransportError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        let post = Request(method: .post, url: try HTTPURL("https://a.test/"))
        #expect(try await mock.send(Self.exchange(post)).status == .ok)
    }

    @Test("an error in a script's body reaches the reader after the bytes before it")
    func failure() async throws {
        let cut = TransportError(
            .bodyTruncated, phase: .body, retrySafety: .processed, endpoint: "a.test", message: "cut off")
        let mock = MockTransport { _ in MockResponse(steps: [.bytes([1]), .fail(cut)]) }
        var bytes = try await mock.send(Self.exchange(delivery: .prompt)).body.makeAsyncIterator()
        #expect(try await bytes.next() == [1])
        let error = await #expect(throws: TransportError.self) { _ = try await bytes.next() }
        #expect(error?.code == .bodyTruncated)
    }

    @Test("what the mock is told to lack is refused before its closure is asked")
    func capabilities() async throws {
        let mock = MockTransport(capabilities: Capabilities(features: [.http1])) { _ in MockResponse() }
        let error = await #expect(throws: TransportError.self) { _ = try await mock.send(Self.exchange()) }
        #expect(error?.code == .unsupported)
        #expect(mock.sent.isEmpty)
    }

    @Test("a streamed request body is read to its end, with its trailers; a wrong length is an error")
    func upload() async throws {
        struct Letters: BodyReader {
            var left = ["a", "b", "c"]
            mutating func next() async throws -> [UInt8]? { left.isEmpty ? nil : Array(left.removeFirst().utf8) }
            mutating func trailers() async throws -> HTTPFields { [.eTag: "sum"] }
        }
        let mock = MockTransport { _ in MockResponse() }
        let url = try HTTPURL("https://a.test/")
        let good = BodyStream(length: 3, replayable: true, hasTrailers: true) { Letters() }
        _ = try await mock.send(Self.exchange(Request(method: .put, url: url, body: .stream(good))))
        #expect(mock.sent.first?.text == "abc")
        #expect(mock.sent.first?.trailers[.eTag] == "sum")
        let bad = BodyStream(length: 4, replayable: true) { Letters() }
        let error = await #expect(throws: TransportError.self) {
            _ = try await mock.send(Self.exchange(Request(method: .put, url: url, body: .stream(bad))))
        }
        #expect(error?.code == .bodyLengthMismatch)
    }

    @Test("shutting down refuses new exchanges, waits for those under way, and cuts them off at the deadline")
    func shutdown() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(steps: [.wait(.seconds(5)), .bytes([1])]) }
        let task = Task { try await mock.send(Self.exchange()) }
        await clock.sleepers(1)
        async let down: Void = mock.shutdown(by: clock.now.advanced(by: .seconds(2)))
        await clock.sleepers(2)
        let refused = await #expect(throws: TransportError.self) { _ = try await mock.send(Self.exchange()) }
        #expect(refused?.code == .closed)
        clock.advance(by: .seconds(2))
        await down
        clock.advance(by: .seconds(5))
        let error = await #expect(throws: TransportError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
    }
}
