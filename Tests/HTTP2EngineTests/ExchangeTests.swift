import HTTP2Engine
import HTTPTypes
import Testing
import Wire

@Suite("HTTP/2 exchanges between our two roles")
struct ExchangeTests {
    @Test("a request and its response arrive whole, and the stream is complete")
    func wholeExchange() throws {
        let link = try Link()
        let fields: HTTPFields = [.accept: "*/*", .userAgent: "tern"]
        let stream = try link.client.request(.get("/a?b=c", fields))
        #expect(stream.id == 1)
        link.run()
        let served = try #require(link.takeServer().first)
        #expect(served == .request(HTTP2Stream(id: 1, slot: 0), .get("/a?b=c", fields), end: true))
        let there = HTTP2Stream(id: 1, slot: 0)
        try link.server.respond(on: there, status: 200, fields: [.contentLength: "5"], hasContent: true)
        try link.server.send(Array("hello".utf8), on: there, end: true)
        link.run()
        #expect(
            link.takeClient() == [
                .response(stream, status: 200, fields: [.contentLength: "5"], end: false),
                .data(stream, Array("hello".utf8), end: true),
                .closed(stream, .complete),
            ])
        #expect(link.takeServer().map(\.closing) == [.complete])
        #expect(link.client.openStreams == 0 && link.server.openStreams == 0)
    }

    @Test("informational responses, content both ways and trailers both ways keep their order")
    func everything() throws {
        let link = try Link()
        let stream = try link.client.request(.post("/up"), hasContent: true)
        link.run()
        let there = try #require(link.takeRequests().first)
        try link.server.inform(on: there, status: 100)
        try link.server.inform(on: there, status: 103, fields: .one("link", "</a>; rel=preload"))
        link.run()
        try link.client.send([1, 2, 3], on: stream)
        link.run()
        try link.client.send([4], on: stream)
        try link.client.end(stream, trailers: .one("x-sum", "10"))
        try link.server.respond(on: there, status: 201, hasContent: true)
        try link.server.send([9], on: there)
        try link.server.end(there, trailers: .one("grpc-status", "0"))
        link.run()
        #expect(
            link.takeServer() == [
                .data(there, [1, 2, 3], end: false), .data(there, [4], end: false),
                .trailers(there, .one("x-sum", "10")), .closed(there, .complete),
            ])
        #expect(
            link.takeClient() == [
                .informational(stream, status: 100, fields: [:]),
                .informational(stream, status: 103, fields: .one("link", "</a>; rel=preload")),
                .response(stream, status: 201, fields: [:], end: false), .data(stream, [9], end: false),
                .trailers(stream, .one("grpc-status", "0")), .closed(stream, .complete),
            ])
    }

    @Test("a message of trailers alone ends without content")
    func trailersAlone() throws {
        let link = try Link()
        let stream = try link.client.request(.post(), hasContent: true)
        try link.client.end(stream, trailers: .one("a", "b"))
        link.run()
        let events = link.takeServer()
        #expect(events.content.isEmpty)
        #expect(events.last == .trailers(HTTP2Stream(id: 1, slot: 0), .one("a", "b")))
    }

    @Test("repeated fields keep their order and are not joined, bytes above ASCII keep their value")
    func repeatedFields() throws {
        let link = try Link()
        let stream = try link.client.request(.get())
        link.run()
        let there = try #require(link.takeRequests().first)
        var fields = HTTPFields()
        fields.append(HTTPField(name: .setCookie, value: "a=1"))
        fields.append(HTTPField(name: .odd, value: [0x61, 0xE9, 0x62]))
        fields.append(HTTPField(name: .setCookie, value: "b=2"))
        fields.append(HTTPField(name: .setCookie, value: "a=1"))
        try link.server.respond(on: there, status: 204, fields: fields)
        link.run()
        #expect(link.takeClient().first == .response(stream, status: 204, fields: fields, end: true))
    }

    @Test(
        "heads that are alike, begin alike, are cut short, or follow one that was refused are each told as they were sent"
    )
    func headAfterHead() throws {
        var options = HTTP2Options()
        options.fields = 12
        let link = try Link(client: options)
        link.run()
        var random = SplitMix(state: 42)
        let usual: [(HTTPField.Name, String)] = [
            (.server, "test"), (.contentType, "text/html"), (.cacheControl, "no-store"), (.vary, "accept"),
            (.eTag, String(repeating: "e", count: 300)), (.setCookie, "a=1"), (.setCookie, "a=1"),
        ]
        for round in 0..<400 {
            var fields = HTTPFields()
            for (name, value) in usual.prefix(round % 3 == 0 ? 7 : Int(random.next() % 8)) {
                fields.append(HTTPField(name: name, value: random.next() % 16 == 0 ? value + "\(round % 5)" : value))
            }
            let isTooLong = round % 10 == 9
            if isTooLong { for index in 0..<13 { fields.append(HTTPField(name: .odd, value: "\(index)")) } }
            let stream = try link.client.request(.get())
            link.run()
            let there = try #require(link.takeRequests().first)
            try link.server.respond(on: there, status: 200, fields: fields)
            link.run()
            let events = link.takeClient()
            guard !isTooLong else {
                #expect(events.closing(of: stream)?.cause == .headTooLarge)
                continue
            }
            guard case .response(stream, status: 200, fields: let received, end: true)? = events.first else {
                Issue.record("no response in round \(round)")
                return
            }
            #expect(Array(received) == Array(fields), "round \(round)")
        }
    }

    @Test("HEAD and 304 with a Content-Length have no content and are complete", arguments: [200, 304])
    func noContent(status: Int) throws {
        let link = try Link()
        let method: HTTPRequest.Method = status == 200 ? .head : .get
        let stream = try link.client.request(HTTP2RequestHead(method: method, authority: "tern.test"))
        link.run()
        let there = try #require(link.takeRequests().first)
        try link.server.respond(on: there, status: status, fields: [.contentLength: "1024"])
        link.run()
        #expect(link.takeClient().closing(of: stream) == .complete)
    }

    @Test("204 with a Content-Length is malformed: nghttp2 holds servers to RFC 9110 §8.6")
    func noContentWithLength() throws {
        let link = try Link()
        let stream = try link.client.request(.get())
        link.run()
        let there = try #require(link.takeRequests().first)
        try link.server.respond(on: there, status: 204, fields: [.contentLength: "1024"])
        link.run()
        #expect(link.takeClient().closing(of: stream)?.cause == .malformed)
    }

    @Test("a thousand exchanges, a hundred at once, use a hundred slots")
    func slotsAreReused() throws {
        let link = try Link()
        link.run()
        var highest: Int32 = 0
        for round in 0..<10 {
            for _ in 0..<100 { highest = max(highest, try link.client.request(.get("/\(round)")).slot) }
            #expect(link.client.availableStreams == 0)
            #expect(throws: HTTP2Error.self) { try link.client.request(.get()) }
            link.run()
            for there in link.takeRequests() { try link.server.respond(on: there, status: 204) }
            link.run()
            #expect(link.takeClient().filter { $0.closing == .complete }.count == 100)
        }
        #expect(highest == 99)
    }

    @Test("an early final response with a reset of no error is a response, and the upload ends")
    func earlyResponse() throws {
        let link = try Link()
        let stream = try link.client.request(.post(), hasContent: true)
        link.run()
        let there = try #require(link.takeRequests().first)
        try link.server.respond(on: there, status: 413)
        link.run()
        link.server.reset(there, .noError)
        link.run()
        let events = link.takeClient()
        #expect(events.first == .response(stream, status: 413, fields: [:], end: true))
        #expect(events.closing(of: stream)?.cause == .peerReset)
        #expect(events.closing(of: stream)?.code == .noError)
        #expect(try link.client.send([1], on: stream, end: true), "what comes too late is dropped")
    }

    @Test("a reset spares the neighbours and tells each side who did it")
    func resets() throws {
        let link = try Link()
        let streams = try (0..<3).map { _ in try link.client.request(.get()) }
        link.run()
        let there = link.takeRequests()
        link.client.reset(streams[0])
        link.server.reset(there[1], .refusedStream)
        try link.server.respond(on: there[2], status: 200)
        link.run()
        let events = link.takeClient()
        #expect(events.closing(of: streams[0])?.cause == .localReset)
        let refused = try #require(events.closing(of: streams[1]))
        #expect(refused.cause == .peerReset && refused.isUnprocessed)
        #expect(events.closing(of: streams[2]) == .complete)
        #expect(link.takeServer().closing(of: there[0])?.code == .cancel)
    }

    @Test("a request that was reset before it went out never reaches the peer")
    func resetBeforeSending() throws {
        let link = try Link()
        link.run()
        let stream = try link.client.request(.get())
        link.client.reset(stream)
        link.run()
        let closing = try #require(link.takeClient().closing(of: stream))
        #expect(closing.cause == .localReset && !closing.wasSent && closing.isUnprocessed)
        #expect(link.takeServer().isEmpty)
    }

    @Test("extended CONNECT is refused until the peer takes it, then carries bytes both ways")
    func extendedConnect() throws {
        var options = HTTP2Options()
        options.enableConnectProtocol = true
        let link = try Link(server: options)
        var head = HTTP2RequestHead(method: .connect, authority: "tern.test", path: "/chat", protocol: "websocket")
        #expect(throws: HTTP2Error.self) { try link.client.request(head, hasContent: true) }
        link.run()
        let stream = try link.client.request(head, hasContent: true)
        link.run()
        head.scheme = "https"
        let there = HTTP2Stream(id: 1, slot: 0)
        #expect(link.takeServer() == [.request(there, head, end: false)])
        try link.server.respond(on: there, status: 200, hasContent: true)
        try link.server.send([1], on: there)
        try link.client.send([2], on: stream)
        link.run()
        #expect(link.takeServer().content == [2])
        #expect(link.takeClient().content == [1])
    }

    @Test("plain CONNECT has no scheme and no path")
    func connect() throws {
        let link = try Link()
        link.run()
        #expect(throws: HTTP2Error.self) {
            try link.client.request(HTTP2RequestHead(method: .connect, authority: "a:443"))
        }
        let head = HTTP2RequestHead(method: .connect, scheme: nil, authority: "a:443", path: nil)
        _ = try link.client.request(head, hasContent: true)
        link.run()
        #expect(link.takeServer() == [.request(HTTP2Stream(id: 1, slot: 0), head, end: false)])
    }

    @Test(
        "what HTTP/2 forbids is refused before anything is sent",
        arguments: [
            ("connection", "close"), ("transfer-encoding", "chunked"), ("keep-alive", "5"), ("upgrade", "h2c"),
            ("proxy-connection", "close"), ("te", "gzip"),
        ])
    func forbiddenFields(name: String, value: String) throws {
        let link = try Link()
        link.run()
        let fields: HTTPFields = .one(name, value)
        let error = #expect(throws: HTTP2Error.self) { try link.client.request(.get("/", fields)) }
        #expect(error?.code == .invalidMessage)
        #expect(link.client.openStreams == 0 && !link.client.hasOutput)
        _ = try link.client.request(.get("/", [.te: "trailers"]))
    }

    @Test("a head beyond the peer's limit is refused, and the next request goes")
    func peerHeadLimit() throws {
        var options = HTTP2Options()
        options.headBytes = 500
        let link = try Link(server: options)
        link.run()
        let large: HTTPFields = [.cookie: String(repeating: "c", count: 400)]
        let error = #expect(throws: HTTP2Error.self) { try link.client.request(.get("/", large)) }
        #expect(error?.code == .headTooLarge)
        _ = try link.client.request(.get())
    }

    @Test("a connection whose stream identifiers are used up says so")
    func exhaustion() throws {
        var options = HTTP2Options()
        options.firstStreamID = 0x7FFF_FFFF
        let link = try Link(client: options)
        let last = try link.client.request(.get())
        #expect(last.id == 0x7FFF_FFFF)
        let error = #expect(throws: HTTP2Error.self) { try link.client.request(.get()) }
        #expect(error?.code == .streamIDsExhausted)
        #expect(link.client.availableStreams == 0)
    }

    @Test("a stale handle does nothing")
    func staleHandles() throws {
        let link = try Link()
        let stream = try link.client.request(.get())
        link.run()
        for there in link.takeRequests() { try link.server.respond(on: there, status: 204) }
        link.run()
        let next = try link.client.request(.get())
        #expect(next.slot == stream.slot)
        link.client.reset(stream)
        link.client.consume(5, of: stream, at: link.now)
        #expect(try link.client.send([1], on: stream))
        link.run()
        #expect(link.takeRequests().count == 1)
        #expect(link.client.openStreams == 1)
    }
}

extension HTTP2Closing {
    static var complete: HTTP2Closing { HTTP2Closing(.complete, code: .noError, wasSent: true) }
}
