import HTTP2Engine
import HTTPTypes
import Testing

/// What a request allows its own response, where that differs from the connection's limits.
@Suite("Limits of one stream")
struct StreamLimitTests {
    private func limits(head: Int = 256 << 10, fields: Int = 1_000, window: Int32? = nil) -> HTTP2StreamLimits {
        HTTP2StreamLimits(headBytes: head, fields: fields, window: window)
    }

    @Test("a head beyond the stream's own limit resets that stream and no other", arguments: [true, false])
    func head(byBytes: Bool) throws {
        let link = try Link()
        let tight = try link.client.request(
            .get("/tight"), limits: byBytes ? limits(head: 200) : limits(fields: 3))
        let loose = try link.client.request(.get("/loose"))
        link.run()
        var fields = HTTPFields()
        for number in 0..<10 { fields.append(HTTPField(name: .setCookie, value: "a=\(number)")) }
        for there in link.takeRequests() { try link.server.respond(on: there, status: 200, fields: fields) }
        link.run()
        let events = link.takeClient()
        #expect(events.closing(of: tight)?.cause == .headTooLarge)
        #expect(!events.contains { if case .response(tight, _, _, _) = $0 { true } else { false } })
        #expect(events.closing(of: loose)?.cause == .complete)
        #expect(events.failure == nil)
    }

    @Test("a stream with a smaller window is sent no more than that, and it never grows")
    func window() throws {
        let link = try Link(delay: .milliseconds(10))
        link.consumes = false
        let stream = try link.client.request(.get(), limits: limits(window: 10_000))
        link.run(rounds: 3)
        let there = try #require(link.takeRequests().first)
        try link.server.respond(on: there, status: 200, hasContent: true)
        try link.server.send([UInt8](repeating: 1, count: 100_000), on: there)
        link.run(rounds: 10)
        #expect(link.takeClient().content.count == 10_000)
        var received = 10_000
        while received < 100_000 {
            link.client.consume(10_000, of: stream, at: link.now)
            link.run(rounds: 3)
            let more = link.takeClient().content.count
            #expect(more <= 10_000)
            guard more > 0 else { break }
            received += more
        }
        #expect(received == 100_000)
    }

    @Test("streams that were open before keep their windows, those after begin with the small one and grow")
    func neighbours() throws {
        let link = try Link(delay: .milliseconds(10))
        link.consumes = false
        let before = try link.client.request(.get("/before"))
        link.run(rounds: 3)
        let small = try link.client.request(.get("/small"), limits: limits(window: 1_000))
        let after = try link.client.request(.get("/after"))
        link.run(rounds: 3)
        for there in link.takeRequests() {
            try link.server.respond(on: there, status: 200, hasContent: true)
            try link.server.send([UInt8](repeating: 1, count: 300_000), on: there)
        }
        link.run(rounds: 10)
        var received: [HTTP2Stream: Int] = [:]
        for case .data(let stream, let bytes, _) in link.takeClient() { received[stream, default: 0] += bytes.count }
        #expect(received == [before: 256 << 10, small: 1_000, after: 1_000])
        link.consumes = true
        link.client.consume(1_000, of: after, at: link.now)
        link.client.consume(1_000, of: small, at: link.now)
        link.run(rounds: 2_000)
        for case .data(let stream, let bytes, _) in link.takeClient() { received[stream, default: 0] += bytes.count }
        #expect(received[after] == 300_000)
        #expect(received[small] == 300_000)
    }

    /// RFC 9110 §8.6 forbids the field with 204, and nghttp2 takes it for a malformed message, which no option of its
    /// changes. On HTTP/1.1 the field means nothing there, and is passed on (RFC 9112 §6.3).
    @Test("a Content-Length with 204 makes the response malformed, unless it is nought")
    func noContent() throws {
        let link = try Link()
        let (bad, good) = (try link.client.request(.get()), try link.client.request(.get()))
        link.run()
        let there = link.takeRequests()
        try link.server.respond(on: there[0], status: 204, fields: [.contentLength: "5"])
        try link.server.respond(on: there[1], status: 204, fields: [.contentLength: "0"])
        link.run()
        let events = link.takeClient()
        #expect(events.closing(of: bad)?.cause == .malformed)
        #expect(events.contains(.response(good, status: 204, fields: [:], end: true)))
        #expect(events.closing(of: good)?.cause == .complete)
    }
}
