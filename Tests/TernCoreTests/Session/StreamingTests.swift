import MockTransport
import Synchronization
import TernCore
import Testing

@Suite("streamed responses")
struct StreamingTests {
    @Test("the head comes first, the body chunk by chunk, the trailers at the end")
    func stream() async throws {
        let mock = MockTransport { _ in
            MockResponse(
                fields: [.contentLength: "3"], steps: [.bytes([1]), .bytes([2, 3])], trailers: [.eTag: "t"])
        }
        let response = try await Session(transport: mock).stream("http://joe:x@a.test/?q=1", params: ["p": 2])
        #expect(response.status == .ok)
        #expect(response.isOK)
        #expect(response.url.absoluteString == "http://a.test/?q=1&p=2")
        #expect(response.expectedLength == 3)
        #expect(response.attempts.count == 1)
        var chunks: [[UInt8]] = []
        for try await chunk in response.body { chunks.append(chunk) }
        #expect(chunks == [[1], [2, 3]])
        #expect(response.trailers[.eTag] == "t")
        #expect(mock.sent.first?.exchange.delivery == .prompt)
        #expect(mock.sent.first?.request.fields.contains(.authorization) == true)
    }

    @Test("any method, with content")
    func methods() async throws {
        let mock = MockTransport { sent in MockResponse(.ok, "\(sent.request.method) \(sent.text)") }
        let response = try await Session(transport: mock).stream(.post, "http://a.test/", .text("tern"))
        #expect(try await response.collect().text == "POST tern")
    }

    @Test("dropping the response ends the exchange, and no other")
    func dropping() async throws {
        let transport = CountingTransport()
        let session = Session(transport: transport)
        let kept = try await session.stream("http://a.test/")
        do {
            let dropped = try await session.stream("http://a.test/")
            #expect(dropped.isOK)
            #expect(transport.cancelled == 0)
        }
        #expect(transport.cancelled == 1)
        do {
            var chunks = try await session.stream("http://a.test/").body.makeAsyncIterator()
            #expect(try await chunks.next() == [1])
            #expect(transport.cancelled == 1)
        }
        #expect(transport.cancelled == 2)
        kept.cancel()
        #expect(transport.cancelled == 3)
        await #expect(throws: HTTPError.self) { for try await _ in kept.body {} }
    }

    @Test("a body over the limit is an error of decoding, whole or collected")
    func limits() async throws {
        let mock = MockTransport { _ in MockResponse(.ok, "12345") }
        let session = Session(transport: mock)
        #expect(try await session.get("http://a.test/") { $0.bodyLimit = 5 }.text == "12345")
        let whole = await #expect(throws: HTTPError.self) {
            try await session.get("http://a.test/") { $0.bodyLimit = 4 }
        }
        let collected = await #expect(throws: HTTPError.self) {
            try await session.stream("http://a.test/").collect(upTo: 4)
        }
        for error in [whole, collected] {
            guard case .decoding(let cause) = error?.kind else {
                Issue.record("not a decoding error")
                return
            }
            #expect(cause as? BodyTooLarge == BodyTooLarge(limit: 4))
            #expect(error?.attempts.count == 1)
        }
    }

    @Test("the total time covers the reading of a streamed body")
    func deadline() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in
            MockResponse(steps: [.bytes([1]), .wait(.seconds(3)), .bytes([2]), .wait(.seconds(3)), .bytes([3])])
        }
        let session = Session(transport: mock).with { $0.clock = clock }
        var chunks = try await session.stream("http://a.test/", timeout: .seconds(5)).body.makeAsyncIterator()
        #expect(try await chunks.next() == [1])
        async let first: Void = clock.advanceOnceAsleep(by: .seconds(3))
        #expect(try await chunks.next() == [2])
        await first
        async let second: Void = clock.advanceOnceAsleep(by: .seconds(2))
        do {
            _ = try await chunks.next()
            Issue.record("no error")
        } catch {
            #expect(error.transportError?.code == .totalTimeout)
        }
        await second
    }

    @Test("checkStatus of a stream throws, and ends the exchange")
    func checkStatus() async throws {
        let transport = CountingTransport(status: .forbidden)
        let response = try await Session(transport: transport).stream("http://a.test/")
        #expect(throws: HTTPError.self) { try response.checkStatus() }
        #expect(transport.cancelled == 1)
    }
}

/// Gives a body that never ends, and counts how many were cancelled.
final class CountingTransport: Transport {
    private let status: HTTPResponse.Status
    private let count = Mutex(0)
    var cancelled: Int { count.withLock { $0 } }

    init(status: HTTPResponse.Status = .ok) { self.status = status }

    func capabilities(over protocols: ProtocolSet) -> Capabilities { Capabilities(features: []) }
    func shutdown(by deadline: Instant?) async {}

    func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        let channel = BodyChannel(endpoint: "a.test", onDrained: { _ in }) { [self] in count.withLock { $0 += 1 } }
        channel.append([1])
        return TransportResponse(
            status: status, fields: [:],
            connection: ConnectionInfo(id: 1, version: .http11, local: nil, remote: nil), reused: false,
            body: ResponseBody(channel))
    }
}
