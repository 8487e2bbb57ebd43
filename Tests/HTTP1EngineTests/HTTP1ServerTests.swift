import HTTP1Engine
import HTTPTypes
import Testing
import Wire

@Suite("The server's end of HTTP/1")
struct HTTP1ServerTests {
    static let get = "GET /a?b HTTP/1.1\r\nHost: example.test\r\n\r\n"
    static let opening = "request GET /a?b HTTP/1.1 Host=example.test"
    static let none = ResponseHead(status: 204)

    /// Reads requests in the pieces that `cuts` make of them, and answers each when it is complete.
    static func read(_ text: String, cuts: [Int]) throws -> [String] {
        var server = HTTP1Server()
        let bytes = latin(text)
        var events: [HTTP1Event] = []
        var start = 0
        for end in cuts + [bytes.count] {
            server.receive(bytes.span.extracting(start..<end), at: Instant(nanoseconds: 0))
            start = end
            while let event = server.nextEvent() {
                events.append(event)
                if case .end = event { try server.send(Self.none) }
            }
        }
        server.receiveEnd()
        return transcript(events + server.events)
    }

    static let requests: [(text: String, expected: [String])] = [
        (get, [opening, "end", "closed"]), ("\r\n" + get, [opening, "end", "closed"]),
        (get + get + get, [opening, "end", opening, "end", opening, "end", "closed"]),
        (get + "\r\n" + get + "\r\n", [opening, "end", opening, "end", "closed"]),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get,
            ["request POST / HTTP/1.1 Host=a|Content-Length=3", "body abc", "end", opening, "end", "closed"]
        ),
        (
            "PUT http://a/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"
                + get,
            [
                "request PUT http://a/b HTTP/1.1 Host=a|Transfer-Encoding=chunked", "body abc", "end X=y", opening,
                "end",
                "closed",
            ]
        ),
        ("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n", ["request OPTIONS * HTTP/1.1 Host=", "end", "closed"]),
        ("GET / HTTP/1.0\r\n\r\n" + get, ["request GET / HTTP/1.0 ", "end"]),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get,
            ["request GET / HTTP/1.1 Host=a|Connection=close", "end"]
        ),
        ("GET / HTTP/1.1\r\nHo", ["failed truncatedHead"]),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab",
            ["request POST / HTTP/1.1 Host=a|Content-Length=3", "body ab", "failed truncatedBody"]
        ),
    ]

    @Test(
        "requests are read the same however they are cut",
        arguments: Self.requests)
    func everySplit(text: String, expected: [String]) throws {
        let count = latin(text).count
        #expect(try Self.read(text, cuts: []) == expected)
        #expect(try Self.read(text, cuts: Array(0..<count)) == expected)
        for cut in 0..<count where try Self.read(text, cuts: [cut]) != expected {
            Issue.record("cut at \(cut): \(try Self.read(text, cuts: [cut]))")
        }
    }

    static let refusals: [(text: String, code: HTTP1Error.Code)] = [
        ("GET  / HTTP/1.1\r\n", HTTP1Error.Code.badRequestLine), ("GET /\r\n", .badRequestLine),
        ("\r\n\r\n", .badRequestLine),
        ("GET / HTTP/1.1 \r\n", .badRequestLine), ("GET / x HTTP/1.1\r\n", .badRequestLine),
        ("GET\t/\tHTTP/1.1\r\n", .badRequestLine), ("G(T / HTTP/1.1\r\n", .badRequestLine),
        (" GET / HTTP/1.1\r\n", .badRequestLine), ("GET / http/1.1\r\n", .unsupportedVersion),
        ("GET / HTTP/1.2\r\n", .unsupportedVersion), ("PRI * HTTP/2.0\r\n", .unsupportedVersion),
        ("GET / HTTP/1.1\n", .bareLineFeed), ("GET / HTTP/1.1\r\r\n", .bareCarriageReturn),
        ("GET a HTTP/1.1\r\n", .badTarget), ("GET * HTTP/1.1\r\n", .badTarget),
        ("GET /#f HTTP/1.1\r\n", .badTarget),
        ("GET /\u{E9} HTTP/1.1\r\n", .badTarget), ("GET /\u{0} HTTP/1.1\r\n", .badTarget),
        ("GET http:///x HTTP/1.1\r\n", .badTarget), ("GET 1http://a/ HTTP/1.1\r\n", .badTarget),
        ("CONNECT / HTTP/1.1\r\n", .badTarget), ("CONNECT a HTTP/1.1\r\n", .badTarget),
        ("CONNECT a: HTTP/1.1\r\n", .badTarget), ("CONNECT :1 HTTP/1.1\r\n", .badTarget),
        ("CONNECT http://a:1 HTTP/1.1\r\n", .badTarget), ("CONNECT [::1:1 HTTP/1.1\r\n", .badTarget),
        ("GET / HTTP/1.1\r\n\r\n", .missingHost), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .badHost),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost), ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
        ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .badHost), ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .badHost),
        ("GET / HTTP/1.0\r\nHost: a,\u{E9}\r\n\r\n", .badHost),
        ("GET / HTTP/1.1\r\nHost : a\r\n", .blankBeforeColon),
        ("GET / HTTP/1.1\r\n Host: a\r\n", .foldedLine),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            .lengthWithTransferCoding
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", .unsupportedTransferCoding),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .misplacedTransferCoding),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", .invalidMessage),
    ]

    @Test(
        "requests that are refused",
        arguments: Self.refusals)
    func refused(text: String, code: HTTP1Error.Code) throws {
        var server = HTTP1Server()
        #expect(transcript(server.read(text)) == ["failed \(code.rawValue)"])
        // It can still be answered, once, and then the connection is over.
        #expect(transcript(server.read(Self.get)) == [])
        try server.send(ResponseHead(status: 400, reason: "Bad", fields: [.contentLength: "0"]))
        #expect(server.sent == "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")
        #expect(server.isClosed)
    }

    @Test(
        "targets of CONNECT and values of Host that are taken",
        arguments: ["a:1", "[::1]:443", "[fe80::1%25eth0]:80", "1.2.3.4:5"])
    func authorities(authority: String) {
        var server = HTTP1Server()
        let events = server.read("CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\r\n")
        #expect(transcript(events) == ["request CONNECT \(authority) HTTP/1.1 Host=\(authority)", "end"])
    }

    @Test("an error knows the status to answer with")
    func statuses() {
        #expect(HTTP1Error(.headTooLarge, "").status == 431)
        #expect(HTTP1Error(.unsupportedVersion, "").status == 505)
        #expect(HTTP1Error(.unsupportedTransferCoding, "").status == 501)
        #expect(HTTP1Error(.badRequestLine, "").status == 400)
    }

    @Test("responses are written in each framing, after informational ones")
    func writesResponses() throws {
        var server = HTTP1Server()
        _ = server.read(Self.get)
        try server.send(ResponseHead(status: 100, reason: "Continue"))
        try server.send(ResponseHead(status: 103, fields: [.vary: "a"]))
        #expect(server.sent == "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nVary: a\r\n\r\n")
        #expect(
            try server.send(ResponseHead(status: 200, reason: "OK", fields: [.transferEncoding: "chunked"])) == .chunked
        )
        try server.sendBody(latin("hi").span)
        try server.sendEnd(trailers: [.eTag: "x"])
        #expect(server.sent == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nETag: x\r\n\r\n")
        #expect(server.state == .idle)

        _ = server.read(Self.get)
        #expect(try server.send(ResponseHead(status: 200, reason: "OK")) == .untilClose)
        try server.sendBody(latin("bye").span)
        try server.sendEnd()
        #expect(server.sent == "HTTP/1.1 200 OK\r\n\r\nbye")
        #expect(server.isClosed)
    }

    @Test("a response to HEAD has the lengths of a body and none")
    func answersHead() throws {
        var server = HTTP1Server()
        _ = server.read("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try server.send(ResponseHead(status: 200, fields: [.contentLength: "9"])) == MessageFraming.none)
        #expect(server.state == .idle)
    }

    static let refusedResponses: [(head: ResponseHead, code: HTTP1Error.Code)] = [
        (ResponseHead(status: 99), HTTP1Error.Code.invalidMessage), (ResponseHead(status: 1_000), .invalidMessage),
        (ResponseHead(status: 101), .invalidMessage),
        (ResponseHead(status: 200, reason: "a\r\nb"), .invalidMessage),
        (ResponseHead(version: .http3, status: 200), .unsupportedVersion),
        (ResponseHead(status: 200, fields: [.contentLength: "x"]), .invalidContentLength),
    ]

    @Test(
        "responses that are refused, with nothing written",
        arguments: Self.refusedResponses)
    func refusesResponses(head: ResponseHead, code: HTTP1Error.Code) throws {
        var server = HTTP1Server()
        _ = server.read(Self.get)
        #expect(refusal { () throws(HTTP1Error) in try server.send(head) } == code)
        #expect(server.sent == "")
        #expect(server.state == .awaiting)
    }

    @Test("a client of HTTP/1.0 gets neither chunks nor 1xx")
    func oldClient() throws {
        var server = HTTP1Server()
        _ = server.read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let chunked = ResponseHead(status: 200, fields: [.transferEncoding: "chunked"])
        #expect(refusal { () throws(HTTP1Error) in try server.send(chunked) } == .invalidMessage)
        #expect(refusal { () throws(HTTP1Error) in try server.send(ResponseHead(status: 100)) } == .invalidMessage)
        try server.send(ResponseHead(status: 204))
        #expect(server.state == .idle)
    }

    @Test("a response may come before the request is complete; the rest of the request is read")
    func earlyResponse() throws {
        var server = HTTP1Server()
        _ = server.read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        try server.send(ResponseHead(status: 413, fields: [.contentLength: "0"]))
        #expect(server.state == .draining)
        #expect(transcript(server.read("cd" + Self.get)) == ["body cd", "end", Self.opening, "end"])
    }

    @Test("later requests wait until the response is complete, within the cap")
    func pipelined() throws {
        var server = HTTP1Server(limits: HTTP1Limits(pipelinedBytes: 50))
        #expect(server.wantsInput)
        #expect(transcript(server.read(Self.get + Self.get)) == [Self.opening, "end"])
        #expect(!server.wantsInput)
        try server.send(Self.none)
        #expect(transcript(server.events) == [Self.opening, "end"])
        #expect(server.wantsInput)
        #expect(transcript(server.read(Self.get + Self.get)) == ["failed tooMuchPipelined"])
    }

    @Test("a client that stops sending is still answered, and so are the requests that it sent before")
    func halfClosed() throws {
        var server = HTTP1Server()
        _ = server.read(Self.get + Self.get)
        server.receiveEnd()
        try server.send(Self.none)
        #expect(transcript(server.events) == [Self.opening, "end"])
        try server.send(Self.none)
        #expect(transcript(server.events) == [])
        #expect(server.sent == "HTTP/1.1 204 \r\n\r\nHTTP/1.1 204 \r\n\r\n")
        #expect(server.isClosed)
    }

    @Test("another protocol is taken up if it was asked for, and gets the bytes behind the request")
    func switches() throws {
        var server = HTTP1Server()
        let asking = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
        _ = server.read(asking + "raw")
        try server.send(ResponseHead(status: 101, reason: "Switching", fields: [.upgrade: "x"]))
        #expect(transcript(server.events) == ["body raw"])
        try server.sendBody(latin("\r\n").span)
        #expect(server.sent == "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n\r\n")
        #expect(transcript(server.read("more")) == ["body more"])
    }

    @Test("2xx to CONNECT opens a tunnel; any other status is a response as ever")
    func connect() throws {
        let asking = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"
        var server = HTTP1Server()
        _ = server.read(asking + "\u{16}")
        #expect(try server.send(ResponseHead(status: 200)) == .tunnel)
        #expect(server.state == .switched)
        #expect(transcript(server.events) == ["body \u{16}"])
        var refusing = HTTP1Server()
        _ = refusing.read(asking)
        #expect(try refusing.send(ResponseHead(status: 403, fields: [.contentLength: "0"])) == .length(0))
        #expect(refusing.state == .idle)
    }
}
