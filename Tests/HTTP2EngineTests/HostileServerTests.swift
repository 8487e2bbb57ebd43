import HTTP2Engine
import HTTPTypes
import Testing
import Wire

/// A client with two open requests, 1 and 3, which is fed a server's bytes by hand.
private struct Victim {
    let client: HTTP2Connection
    let first: HTTP2Stream
    let second: HTTP2Stream
    var now = Instant(nanoseconds: 0)

    init(_ options: HTTP2Options = HTTP2Options(), method: HTTPRequest.Method = .get) throws {
        client = try HTTP2Connection(.client, options: options, at: now)
        first = try client.request(HTTP2RequestHead(method: method, authority: "tern.test"))
        second = try client.request(.get())
        _ = sent()
        feed(Frame.settings() + Frame.make(.settings, flags: Frame.acknowledgement))
        _ = events()
    }

    func feed(_ bytes: [UInt8]) {
        client.receive(bytes.span, at: now)
        _ = sent()
    }

    func sent() -> [UInt8] {
        var output: [UInt8] = []
        while client.nextOutput(into: &output, limit: output.count + 65_536) {}
        return output
    }

    func events() -> [HTTP2Event] {
        var events: [HTTP2Event] = []
        while let event = client.nextEvent() { events.append(event) }
        return events.filter { !$0.isSettings }
    }

    /// Whether the second request still gets its answer.
    func secondIsWell() -> Bool {
        feed(Frame.headers([(":status", "200")], stream: 3, end: true))
        return events().closing(of: second) == .complete
    }
}

@Suite("What a hostile server can do to a client")
struct HostileServerTests {
    struct Attack: CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        init(_ name: String, _ bytes: [UInt8]) {
            testDescription = name
            self.bytes = bytes
        }
    }

    static let ok = [(":status", "200")]

    static let malformedMessages: [Attack] = [
        Attack("uppercase name", Frame.headers(ok + [("X-Upper", "a")], stream: 1)),
        Attack("name with a blank", Frame.headers(ok + [("a b", "c")], stream: 1)),
        Attack("empty name", Frame.headers(ok + [("", "c")], stream: 1)),
        Attack("value with a line feed", Frame.headers(ok + [("a", "b\nc: d")], stream: 1)),
        Attack("value with NUL", Frame.headers(ok + [("a", "b\0c")], stream: 1)),
        Attack("value with a blank at its end", Frame.headers(ok + [("a", "b ")], stream: 1)),
        Attack("no status", Frame.headers([("a", "b")], stream: 1)),
        Attack("two statuses", Frame.headers(ok + ok, stream: 1)),
        Attack("status that is no number", Frame.headers([(":status", "2x0")], stream: 1)),
        Attack("status of four digits", Frame.headers([(":status", "2000")], stream: 1)),
        Attack("a status below 100", Frame.headers([(":status", "099")], stream: 1)),
        Attack("101", Frame.headers([(":status", "101")], stream: 1)),
        Attack("pseudo-header field after a field", Frame.headers([("a", "b")] + ok, stream: 1)),
        Attack("pseudo-header field of requests", Frame.headers(ok + [(":path", "/")], stream: 1)),
        Attack("unknown pseudo-header field", Frame.headers(ok + [(":what", "x")], stream: 1)),
        Attack("connection", Frame.headers(ok + [("connection", "close")], stream: 1)),
        Attack("transfer-encoding", Frame.headers(ok + [("transfer-encoding", "chunked")], stream: 1)),
        Attack("keep-alive", Frame.headers(ok + [("keep-alive", "1")], stream: 1)),
        Attack("upgrade", Frame.headers(ok + [("upgrade", "h2c")], stream: 1)),
        Attack("te: gzip", Frame.headers(ok + [("te", "gzip")], stream: 1)),
        Attack("two lengths", Frame.headers(ok + [("content-length", "1"), ("content-length", "2")], stream: 1)),
        Attack("a length that is no number", Frame.headers(ok + [("content-length", "+1")], stream: 1)),
        Attack(
            "more content than the length",
            Frame.headers(ok + [("content-length", "1")], stream: 1) + Frame.data([1, 2], stream: 1)),
        Attack(
            "less content than the length",
            Frame.headers(ok + [("content-length", "3")], stream: 1) + Frame.data([1, 2], stream: 1, end: true)),
        Attack("a length and no content", Frame.headers(ok + [("content-length", "3")], stream: 1, end: true)),
        Attack(
            "content after an informational head",
            Frame.headers([(":status", "103")], stream: 1) + Frame.data([1], stream: 1)),
        Attack("an informational head that ends", Frame.headers([(":status", "103")], stream: 1, end: true)),
        Attack(
            "pseudo-header field in trailers",
            Frame.headers(ok, stream: 1) + Frame.headers([(":status", "200")], stream: 1, end: true)),
        Attack("trailers that do not end", Frame.headers(ok, stream: 1) + Frame.headers([("a", "b")], stream: 1)),
    ]

    @Test("a malformed message ends its stream and no other", arguments: malformedMessages)
    func malformed(attack: Attack) throws {
        let victim = try Victim()
        victim.feed(attack.bytes)
        let events = victim.events()
        let closing = try #require(events.closing(of: victim.first))
        #expect(closing.cause == .malformed)
        #expect(!closing.isUnprocessed)
        #expect(events.closing(of: victim.second) == nil && victim.client.error == nil)
        #expect(victim.secondIsWell())
    }

    @Test("content for a HEAD request is malformed")
    func contentForHead() throws {
        let victim = try Victim(method: .head)
        victim.feed(
            Frame.headers(Self.ok + [("content-length", "5")], stream: 1)
                + Frame.data([1, 2, 3, 4, 5], stream: 1, end: true))
        #expect(victim.events().closing(of: victim.first)?.cause == .malformed)
        #expect(victim.secondIsWell())
    }

    static let brokenConnections: [(Attack, HTTP2ErrorCode)] = [
        (Attack("DATA on an idle stream", Frame.data([1], stream: 99)), .protocolError),
        (Attack("content before the head", Frame.data([1], stream: 1)), .protocolError),
        (Attack("DATA on stream nought", Frame.data([1], stream: 0)), .protocolError),
        (Attack("HEADERS on stream nought", Frame.headers(ok, stream: 0)), .protocolError),
        (Attack("HEADERS on an idle stream of ours", Frame.headers(ok, stream: 5)), .protocolError),
        (Attack("HEADERS on a stream of the server's", Frame.headers(ok, stream: 2)), .protocolError),
        (Attack("RST_STREAM on an idle stream", Frame.make(.resetStream, stream: 77, Frame.word(8))), .protocolError),
        (Attack("RST_STREAM of three bytes", Frame.make(.resetStream, stream: 1, [0, 0, 8])), .frameSizeError),
        (Attack("PING of seven bytes", Frame.make(.ping, [1, 2, 3, 4, 5, 6, 7])), .frameSizeError),
        (Attack("PING on a stream", Frame.make(.ping, stream: 1, [1, 2, 3, 4, 5, 6, 7, 8])), .protocolError),
        (Attack("SETTINGS of five bytes", Frame.make(.settings, [0, 3, 0, 0, 0])), .frameSizeError),
        (Attack("SETTINGS on a stream", Frame.make(.settings, stream: 1)), .protocolError),
        (Attack("SETTINGS with a window of 2^31", Frame.settings([(4, 0x8000_0000)])), .flowControlError),
        (Attack("SETTINGS with frames of one byte", Frame.settings([(5, 1)])), .protocolError),
        (Attack("SETTINGS with push of two", Frame.settings([(2, 2)])), .protocolError),
        (
            Attack("a frame beyond our limit", Frame.make(.data, stream: 1, [UInt8](repeating: 0, count: 16_385))),
            .frameSizeError
        ),
        (
            Attack("padding longer than the frame", Frame.make(.data, flags: Frame.padded, stream: 1, [9, 0])),
            .protocolError
        ),
        (Attack("WINDOW_UPDATE of nought on the connection", Frame.make(.windowUpdate, Frame.word(0))), .protocolError),
        (
            Attack(
                "a connection window beyond 2^31",
                Frame.make(.windowUpdate, Frame.word(0x7FFF_FFFF)) + Frame.make(.windowUpdate, Frame.word(0x7FFF_FFFF))),
            .flowControlError
        ),
        (
            Attack(
                "a field index that is not there",
                Frame.make(.headers, flags: Frame.endHeaders, stream: 1, [0xFF, 0x80, 0x01])), .compressionError
        ),
        (
            Attack(
                "a table larger than allowed",
                Frame.make(.headers, flags: Frame.endHeaders, stream: 1, [0x3F, 0xE2, 0xFF, 0x07, 0x88])),
            .compressionError
        ),
        (
            Attack(
                "CONTINUATION out of place",
                Frame.make(.continuation, flags: Frame.endHeaders, stream: 1, Frame.block(ok))), .protocolError
        ),
        (
            Attack(
                "another frame inside a head",
                Frame.make(.headers, stream: 1, Frame.block(ok)) + Frame.make(.ping, [1, 2, 3, 4, 5, 6, 7, 8])),
            .protocolError
        ),
        (
            Attack(
                "PUSH_PROMISE",
                Frame.make(
                    .pushPromise, flags: Frame.endHeaders, stream: 1, Frame.word(2) + Frame.block([(":method", "GET")]))
            ), .protocolError
        ),
        (
            Attack(
                "GOAWAY whose last stream grows",
                Frame.make(.goAway, Frame.word(1) + Frame.word(0)) + Frame.make(.goAway, Frame.word(3) + Frame.word(0))),
            .protocolError
        ),
        (
            Attack("GOAWAY with a stream of the server's", Frame.make(.goAway, Frame.word(2) + Frame.word(0))),
            .protocolError
        ),
    ]

    @Test("what breaks the connection fails it with the right code, and each stream once", arguments: brokenConnections)
    func broken(attack: Attack, code: HTTP2ErrorCode) throws {
        let victim = try Victim()
        victim.feed(attack.bytes)
        let events = victim.events()
        let failure = try #require(events.failure)
        #expect(failure.wireCode == code)
        for stream in [victim.first, victim.second] {
            #expect(events.filter { if case .closed(stream, _) = $0 { true } else { false } }.count == 1)
        }
        #expect(events.last == .failed(failure))
        #expect(victim.client.availableStreams == 0 && victim.client.isOver && victim.client.deadline == nil)
        let error = #expect(throws: HTTP2Error.self) { try victim.client.request(.get()) }
        #expect(error?.code == .closing)
        victim.feed(Frame.headers(Self.ok, stream: 3, end: true))
        #expect(victim.events().isEmpty)
    }

    @Test(
        "a first frame that is not SETTINGS is refused",
        arguments: [
            Array("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n".utf8),
            Frame.make(.ping, [0, 0, 0, 0, 0, 0, 0, 0]),
            Frame.make(.settings, flags: Frame.acknowledgement),
        ])
    func badPreface(bytes: [UInt8]) throws {
        let client = try HTTP2Connection(.client, at: Instant(nanoseconds: 0))
        let stream = try client.request(.get())
        client.receive(bytes.span, at: Instant(nanoseconds: 0))
        var output: [UInt8] = []
        client.nextOutput(into: &output)
        var events: [HTTP2Event] = []
        while let event = client.nextEvent() { events.append(event) }
        #expect(events.failure != nil)
        #expect(events.closing(of: stream)?.cause == .connection)
    }

    @Test("a stream's window that overflows resets the stream alone")
    func streamWindowOverflow() throws {
        let victim = try Victim()
        let update = Frame.make(.windowUpdate, stream: 1, Frame.word(0x7FFF_FFFF))
        victim.feed(update + update)
        let closing = try #require(victim.events().closing(of: victim.first))
        #expect(closing.code == .flowControlError)
        #expect(victim.secondIsWell())
    }

    @Test("more content than the stream's window is a flow control error")
    func windowExceeded() throws {
        var options = HTTP2Options()
        options.streamWindow = 20_000
        let victim = try Victim(options)
        let piece = [UInt8](repeating: 1, count: 15_000)
        victim.feed(Frame.headers(Self.ok, stream: 1) + Frame.data(piece, stream: 1) + Frame.data(piece, stream: 1))
        #expect(victim.events().closing(of: victim.first)?.code == .flowControlError)
        #expect(victim.secondIsWell())
    }

    @Test("a head beyond our limit ends its stream: by size, by count, and out of the table (an HPACK bomb)")
    func largeHeads() throws {
        var options = HTTP2Options()
        options.headBytes = 10_000
        options.fields = 20
        let large = Frame.headers(Self.ok + [("a", String(repeating: "x", count: 10_000))], stream: 1, end: true)
        let many = Frame.headers(Self.ok + (0..<21).map { ("f\($0)", "") }, stream: 1, end: true)
        // 3,000 bytes go into the table once, and are asked for again with a byte each.
        let entry: [UInt8] = [0x40, 1, 0x61, 127, 0xB9, 0x16] + [UInt8](repeating: 0x62, count: 3_000)
        let bomb = Frame.make(
            .headers, flags: Frame.endHeaders | Frame.endStream, stream: 1,
            [0x88] + entry + [UInt8](repeating: 0xBE, count: 10_000))
        for attack in [large, many, bomb] {
            let victim = try Victim(options)
            victim.feed(attack)
            #expect(victim.events().closing(of: victim.first)?.cause == .headTooLarge)
            #expect(victim.secondIsWell())
        }
    }

    @Test("a head in endless CONTINUATION frames ends the connection before it fills memory")
    func endlessContinuation() throws {
        let victim = try Victim()
        victim.feed(Frame.make(.headers, stream: 1, Frame.block(Self.ok)))
        for _ in 0..<100 where victim.client.error == nil {
            victim.feed(Frame.make(.continuation, stream: 1, Frame.block([("a", "b")])))
        }
        #expect(victim.client.error?.code == .flood)
    }

    @Test("too many informational responses end their stream")
    func informationalFlood() throws {
        let victim = try Victim()
        for _ in 0..<200 { victim.feed(Frame.headers([(":status", "103")], stream: 1)) }
        let events = victim.events()
        #expect(events.closing(of: victim.first)?.cause == .tooManyInformational)
        #expect(events.filter { if case .informational = $0 { true } else { false } }.count == 100)
        #expect(victim.secondIsWell())
    }

    static let floods: [Attack] = [
        Attack("PING", Frame.make(.ping, [1, 2, 3, 4, 5, 6, 7, 8])), Attack("SETTINGS", Frame.settings()),
        Attack("empty DATA", Frame.headers(ok, stream: 1) + Frame.data([], stream: 1)),
        Attack("PRIORITY", Frame.make(.priority, stream: 1, [0, 0, 0, 0, 1])),
        Attack("WINDOW_UPDATE", Frame.make(.windowUpdate, stream: 1, Frame.word(1))),
        Attack("GOAWAY", Frame.make(.goAway, Frame.word(3) + Frame.word(0))),
    ]

    @Test("frames that carry nothing, sent without end, are answered with ENHANCE_YOUR_CALM", arguments: floods)
    func flood(attack: Attack) throws {
        let victim = try Victim()
        // What opens a stream in the attack is sent once.
        let isEmptyData = attack.testDescription == "empty DATA"
        if isEmptyData { victim.feed(Frame.headers(Self.ok, stream: 1)) }
        let frame = isEmptyData ? Frame.data([], stream: 1) : attack.bytes
        var count = 0
        while victim.client.error == nil, count < 5_000 {
            victim.feed(frame)
            count += 1
        }
        #expect(victim.client.error?.code == .flood)
        #expect(victim.client.error?.wireCode == .enhanceYourCalm)
        #expect(count > 900 && count < 1_100, "after \(count)")
    }

    @Test("the same frames at a rate that servers have are fine")
    func calmFrames() throws {
        var victim = try Victim()
        for _ in 0..<5_000 {
            victim.now = victim.now.advanced(by: .milliseconds(20))
            victim.feed(Frame.make(.ping, [1, 2, 3, 4, 5, 6, 7, 8]))
        }
        #expect(victim.client.error == nil)
    }

    @Test("unknown frames and settings are ignored (RFC 9113 §5.5)")
    func unknownFrames() throws {
        let victim = try Victim()
        victim.feed(Frame.make(.unknown, flags: 0xFF, stream: 1, [1, 2, 3]) + Frame.settings([(0xABCD, 5)]))
        #expect(victim.client.error == nil)
        #expect(victim.secondIsWell())
    }

    @Test("GOAWAY spares the streams it names and tells of the others that they may be sent again")
    func goAway() throws {
        let victim = try Victim()
        victim.feed(Frame.make(.goAway, Frame.word(1) + Frame.word(0) + Array("bye".utf8)))
        let events = victim.events()
        #expect(events.first == .goAway(lastStream: 1, code: .noError, debug: Array("bye".utf8)))
        let closing = try #require(events.closing(of: victim.second))
        #expect(closing.cause == .goAway && closing.isUnprocessed)
        #expect(events.closing(of: victim.first) == nil)
        #expect(victim.client.availableStreams == 0 && !victim.client.isOver)
        #expect(throws: HTTP2Error.self) { try victim.client.request(.get()) }
        victim.feed(Frame.headers(Self.ok, stream: 1, end: true))
        #expect(victim.events().closing(of: victim.first) == .complete)
        #expect(victim.client.isOver)
    }

    @Test("a request that waits to be sent when GOAWAY comes was not sent")
    func goAwayBeforeSending() throws {
        let victim = try Victim()
        let third = try victim.client.request(.get())
        victim.feed(Frame.make(.goAway, Frame.word(3) + Frame.word(0)))
        let closing = try #require(victim.events().closing(of: third))
        #expect(closing.isUnprocessed && !closing.wasSent)
    }

    @Test("the end of the connection closes what is open, and says what had been sent")
    func cut() throws {
        let victim = try Victim()
        let third = try victim.client.request(.get())
        victim.feed(Frame.headers(Self.ok, stream: 1))
        let fourth = try victim.client.request(.get())
        victim.client.receiveEnd(at: victim.now)
        let events = victim.events()
        #expect(events.closing(of: victim.first)?.cause == .connection)
        #expect(events.closing(of: third)?.isUnprocessed == false)
        #expect(events.closing(of: fourth)?.isUnprocessed == true)
        #expect(events.last?.failure?.code == .connectionLost)
    }
}
