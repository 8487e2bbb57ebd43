import HTTP1Engine
import HTTPTypes
import Testing
import Wire

@Suite("The client's end of HTTP/1")
struct HTTP1ClientTests {
    /// Reads the response in the pieces that `cuts` make of it.
    static func read(_ conversation: Conversation, cuts: [Int]) throws -> [String] {
        var client = HTTP1Client()
        try client.send(conversation.request)
        let bytes = latin(conversation.response)
        var events: [HTTP1Event] = []
        var start = 0
        for end in cuts + [bytes.count] {
            client.receive(bytes.span.extracting(start..<end), at: Instant(nanoseconds: 0))
            events += client.events
            start = end
        }
        if conversation.closes { client.receiveEnd() }
        return transcript(events + client.events)
    }

    @Test(
        "a response is read the same however it is cut",
        arguments: Conversation.good + Conversation.bad + Conversation.badChunks)
    func everySplit(conversation: Conversation) throws {
        let count = latin(conversation.response).count
        #expect(try Self.read(conversation, cuts: []) == conversation.expected)
        #expect(try Self.read(conversation, cuts: Array(0..<count)) == conversation.expected)
        for cut in 0..<count where try Self.read(conversation, cuts: [cut]) != conversation.expected {
            Issue.record("cut at \(cut): \(try Self.read(conversation, cuts: [cut]))")
        }
    }

    @Test("a request is written as it was given, and its state follows it")
    func writesRequest() throws {
        var client = HTTP1Client()
        #expect(try client.send(.to("/a?b", .get, [("X", "1"), ("x", "2")])) == MessageFraming.none)
        #expect(client.sent == "GET /a?b HTTP/1.1\r\nHost: example.test\r\nX: 1\r\nx: 2\r\n\r\n")
        #expect(client.state == .awaiting)
        #expect(!client.isReusable)
    }

    @Test("a body with a length is written as it is, and must be as long as that")
    func writesLength() throws {
        var client = HTTP1Client()
        #expect(try client.send(.to("/", .post, [("Content-Length", "5")])) == .length(5))
        _ = client.sent
        try client.sendBody(latin("hel").span)
        #expect(refusal { () throws(HTTP1Error) in try client.sendBody(latin("lo!").span) } == .bodyMismatch)
        #expect(refusal { () throws(HTTP1Error) in try client.sendEnd() } == .bodyMismatch)
        try client.sendBody(latin("lo").span)
        try client.sendEnd()
        #expect(client.sent == "hello")
        #expect(client.state == .awaiting)
        #expect(refusal { () throws(HTTP1Error) in try client.sendBody(latin("x").span) } == .outOfOrder)
    }

    @Test("a chunked body is written in chunks, with trailers, and no empty chunk ends it early")
    func writesChunks() throws {
        var client = HTTP1Client()
        #expect(try client.send(.to("/", .post, [("Transfer-Encoding", "chunked")])) == .chunked)
        _ = client.sent
        try client.sendBody(latin("").span)
        try client.sendBody(latin("hello, chunked!!").span)
        try client.sendEnd(trailers: [.eTag: "1"])
        #expect(client.sent == "10\r\nhello, chunked!!\r\n0\r\nETag: 1\r\n\r\n")
    }

    @Test("trailers are refused where they cannot be sent, or would mislead, and nothing is written then")
    func refusesTrailers() throws {
        var client = HTTP1Client()
        try client.send(.to("/", .post, [("Content-Length", "1")]))
        try client.sendBody(latin("x").span)
        _ = client.sent
        #expect(refusal { () throws(HTTP1Error) in try client.sendEnd(trailers: [.eTag: "1"]) } == .invalidMessage)
        var chunked = HTTP1Client()
        try chunked.send(.to("/", .post, [("Transfer-Encoding", "chunked")]))
        _ = chunked.sent
        #expect(
            refusal { () throws(HTTP1Error) in try chunked.sendEnd(trailers: [.contentLength: "1"]) }
                == .forbiddenTrailer)
        #expect(chunked.sent == "")
        #expect(chunked.state == .requesting)
    }

    static let refusals: [(head: RequestHead, code: HTTP1Error.Code)] = [
        (
            RequestHead.to("/", .post, [("Content-Length", "5"), ("Content-Length", "5")]),
            HTTP1Error.Code.repeatedContentLength
        ),
        (.to("/", .post, [("Content-Length", "5"), ("Transfer-Encoding", "chunked")]), .lengthWithTransferCoding),
        (.to("/", .post, [("Content-Length", "-1")]), .invalidContentLength),
        (.to("/", .post, [("Transfer-Encoding", "gzip, chunked")]), .unsupportedTransferCoding),
        (RequestHead(method: .get, target: "/"), .missingHost), (.to("/", .get, [("Host", "b")]), .badHost),
        (.to("/", host: "a b"), .badHost),
        (.to(""), .badTarget), (.to("/a b"), .badTarget), (.to("/\r\nX: y"), .badTarget),
        (.to("/#top"), .badTarget),
        (.to("*"), .badTarget), (.to("example.test"), .badTarget), (.to("/", .connect), .badTarget),
        (.to("example.test:443", .connect, [("Content-Length", "5")]), .invalidMessage),
        (RequestHead(method: .get, target: "/", version: .http2), .unsupportedVersion),
    ]

    @Test(
        "requests that are refused, with nothing written",
        arguments: Self.refusals)
    func refusesRequests(head: RequestHead, code: HTTP1Error.Code) {
        var client = HTTP1Client()
        #expect(refusal { () throws(HTTP1Error) in try client.send(head) } == code)
        #expect(client.sent == "")
        #expect(client.state == .idle)
    }

    @Test("a value that HTTPField lets through leniently cannot begin a line of its own")
    func refusesControlsInValues() throws {
        var client = HTTP1Client()
        var head = RequestHead.to("/")
        let name = try #require(HTTPField.Name("X"))
        head.fields.append(HTTPField(name: name, lenientValue: [0x61, 0x01, 0x62]))
        #expect(refusal { () throws(HTTP1Error) in try client.send(head) } == .invalidFieldValue)
    }

    static let endings: [(response: String, persists: Bool)] = [
        ("HTTP/1.1 204 x\r\n\r\n", true), ("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n", false),
        ("HTTP/1.1 204 x\r\nConnection: Foo , CLOSE\r\n\r\n", false),
        ("HTTP/1.1 204 x\r\nConnection: foo\r\nConnection: close\r\n\r\n", false),
        ("HTTP/1.1 204 x\r\nConnection: enclose\r\n\r\n", true), ("HTTP/1.0 204 x\r\n\r\n", false),
        ("HTTP/1.0 204 x\r\nConnection: keep-alive\r\n\r\n", true),
        ("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\na", true),
        ("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true),
    ]

    @Test(
        "whether the connection lives on after a response",
        arguments: Self.endings)
    func persistence(response: String, persists: Bool) throws {
        var client = HTTP1Client()
        try client.send(.to("/"))
        #expect(transcript(client.read(response)).last == "end")
        #expect(client.isReusable == persists)
        #expect(client.state == (persists ? .idle : .closed))
        var closing = HTTP1Client()
        try closing.send(.to("/", .get, [("Connection", "close")]))
        _ = closing.read(response)
        #expect(!closing.isReusable)
    }

    @Test("a second exchange follows the first on the same connection")
    func secondExchange() throws {
        var client = HTTP1Client()
        for round in 1...3 {
            try client.send(.to("/\(round)", .head))
            #expect(refusal { () throws(HTTP1Error) in try client.send(.to("/")) } == .outOfOrder)
            #expect(client.sent.hasPrefix("HEAD /\(round) "))
            #expect(transcript(client.read("HTTP/1.1 20\(round) x\r\n\r\n")) == ["response 20\(round) x ", "end"])
            #expect(client.isReusable)
        }
    }

    @Test("bytes behind a complete response leave it whole, and the connection unfit for another request")
    func extraBytes() throws {
        var client = HTTP1Client()
        try client.send(.to("/"))
        let events = client.read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n")
        #expect(transcript(events) == ["response 200 OK Content-Length=2", "body ok", "end", "closed unexpectedBytes"])
        #expect(!client.isReusable)
        #expect(refusal { () throws(HTTP1Error) in try client.send(.to("/")) } == .outOfOrder)
    }

    @Test("between requests, bytes and the peer's closing end the connection, each by its name")
    func idle() {
        var spoken = HTTP1Client()
        #expect(transcript(spoken.read("HTTP/1.1 408 x\r\n\r\n")) == ["closed unexpectedBytes"])
        var closed = HTTP1Client()
        closed.receiveEnd()
        #expect(transcript(closed.events) == ["closed"])
        #expect(closed.state == .closed)
    }

    @Test("an early response is an event, and the request can be finished: the connection lives on")
    func earlyResponseFinished() throws {
        var client = HTTP1Client()
        try client.send(.to("/", .post, [("Content-Length", "4")]))
        try client.sendBody(latin("ab").span)
        #expect(
            transcript(client.read("HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nn")) == [
                "response 413 Large Content-Length=2", "body n",
            ])
        #expect(client.state == .duplex)
        #expect(transcript(client.read("o")) == ["body o", "end"])
        #expect(client.state == .draining)
        try client.sendBody(latin("cd").span)
        try client.sendEnd()
        #expect(client.isReusable)
    }

    @Test("bytes behind an early response make the connection unfit, though the request is finished")
    func earlyResponseExtraBytes() throws {
        var client = HTTP1Client()
        try client.send(.to("/", .post, [("Content-Length", "1")]))
        #expect(transcript(client.read("HTTP/1.1 204 x\r\n\r\nHTTP")) == ["response 204 x ", "end"])
        #expect(client.state == .draining)
        try client.sendBody(latin("a").span)
        try client.sendEnd()
        #expect(client.state == .closed)
    }

    @Test("after an early response the request can be given up: the connection is not used again")
    func earlyResponseAbandoned() throws {
        var client = HTTP1Client()
        try client.send(.to("/", .post, [("Content-Length", "4")]))
        _ = client.read("HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\n")
        client.abandonBody()
        #expect(client.state == .responding)
        #expect(transcript(client.read("no")) == ["body no", "end"])
        #expect(client.state == .closed)
    }

    @Test("a body that ends with the connection is whole only if the connection ended in order")
    func truncatedUntilClose() throws {
        var client = HTTP1Client()
        try client.send(.to("/"))
        _ = client.read("HTTP/1.1 200 OK\r\n\r\npart")
        client.receiveEnd(truncated: true)
        #expect(transcript(client.events) == ["failed truncatedBody"])
    }

    @Test("informational responses without end are refused at the cap")
    func endlessInformational() throws {
        var client = HTTP1Client(limits: HTTP1Limits(informationalResponses: 3))
        try client.send(.to("/"))
        let events = client.read(String(repeating: "HTTP/1.1 103 x\r\n\r\n", count: 5))
        #expect(
            transcript(events) == Array(repeating: "informational 103 ", count: 3) + ["failed tooManyInformational"])
    }

    @Test("a head without end is refused at the cap, before its line ends")
    func endlessHead() throws {
        var client = HTTP1Client()
        try client.send(.to("/"))
        var events = client.read("HTTP/1.1 200 OK\r\nX: ")
        var fed = 0
        while events.isEmpty, fed < 1 << 20 {
            events = client.read(String(repeating: "a", count: 1_000))
            fed += 1_000
        }
        #expect(transcript(events) == ["failed headTooLarge"])
        #expect(fed <= 264_000)
    }

    @Test("trailers without end are refused at the cap")
    func endlessTrailers() throws {
        var client = HTTP1Client(limits: HTTP1Limits(fields: 3))
        try client.send(.to("/"))
        let events = client.read(Conversation.chunked + "0\r\n" + String(repeating: "a: b\r\n", count: 4))
        #expect(transcript(events).last == "failed tooManyFields")
    }

    @Test("size lines that outweigh their data are refused; one-byte chunks with plain size lines are not")
    func chunkOverhead() throws {
        var client = HTTP1Client()
        try client.send(.to("/"))
        _ = client.read(Conversation.chunked)
        #expect(transcript(client.read(String(repeating: "1\r\nx\r\n", count: 50_000))).count == 1)
        let padded = "1;" + String(repeating: "a", count: 1_000) + "\r\nx\r\n"
        #expect(transcript(client.read(String(repeating: padded, count: 30))).last == "failed chunkOverhead")
    }

    @Test("small chunks that come together become one event")
    func joinsChunks() throws {
        var client = HTTP1Client()
        try client.send(.to("/"))
        let events = client.read(Conversation.chunked + String(repeating: "1\r\nx\r\n", count: 100))
        #expect(events.count == 2)
        #expect(events.last == .body([UInt8](repeating: 0x78, count: 100)))
    }

    @Test("after a switch, bytes pass both ways as they are")
    func passesTunnelBytes() throws {
        var client = HTTP1Client()
        try client.send(Conversation.connect)
        #expect(client.sent.hasPrefix("CONNECT example.test:443 HTTP/1.1\r\n"))
        #expect(transcript(client.read("HTTP/1.1 200 OK\r\n\r\n")) == ["switched 200"])
        try client.sendBody(latin("\r\nraw").span)
        #expect(client.sent == "\r\nraw")
        #expect(transcript(client.read("HTTP/1.1 \n")) == ["body HTTP/1.1 \n"])
    }
}
