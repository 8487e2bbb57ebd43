import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink
import Testing

/// A server that writes any bytes: what each case gets, for the exchange concerned and no other.
@Suite("HTTP/3: what a server may send wrongly")
struct HostileServerTests {
    /// Bytes that answer a request, and what is to come of it: a status, or how the stream closes, or the code that
    /// the connection is closed with.
    struct Case: CustomTestStringConvertible, Sendable {
        enum Result: Sendable {
            case status(Int)
            case closes(HTTP3Closing.Cause, HTTP3ErrorCode)
            case ends(HTTP3ErrorCode)
        }
        let testDescription: String
        let bytes: [UInt8]
        let result: Result

        init(_ name: String, _ bytes: [UInt8], _ result: Result) {
            testDescription = name
            self.bytes = bytes
            self.result = result
        }

        static func head(_ name: String, _ fields: [(String, String)], _ result: Result) -> Case {
            Case(name, Frames.headers(fields) + Frames.data("x"), result)
        }
    }

    static let malformed = Case.Result.closes(.malformed, .messageError)
    static let ok = Frames.headers([(":status", "200")])
    static let cases: [Case] = [
        .head("a plain response", [(":status", "200"), ("a", "b")], .status(200)),
        .head("an upper-case name", [(":status", "200"), ("Server", "x")], malformed),
        .head("no status", [("a", "b")], malformed),
        .head("two statuses", [(":status", "200"), (":status", "200")], malformed),
        .head("a status of two digits", [(":status", "99")], malformed),
        .head("a status below 100", [(":status", "099")], malformed),
        .head("status 101", [(":status", "101")], malformed),
        .head("a status behind a field", [("a", "b"), (":status", "200")], malformed),
        .head("an unknown pseudo-header field", [(":status", "200"), (":x", "y")], malformed),
        .head("a request's pseudo-header field", [(":status", "200"), (":path", "/")], malformed),
        .head("connection", [(":status", "200"), ("connection", "close")], malformed),
        .head("transfer-encoding", [(":status", "200"), ("transfer-encoding", "chunked")], malformed),
        .head("keep-alive", [(":status", "200"), ("keep-alive", "x")], malformed),
        .head("upgrade", [(":status", "200"), ("upgrade", "h2")], malformed),
        .head("te with more than trailers", [(":status", "200"), ("te", "gzip")], malformed),
        .head(
            "two content-lengths", [(":status", "200"), ("content-length", "1"), ("content-length", "1")], malformed),
        .head("a content-length that is none", [(":status", "200"), ("content-length", "one")], malformed),
        .head("content longer than its length", [(":status", "200"), ("content-length", "0")], malformed),
        .head("content shorter than its length", [(":status", "200"), ("content-length", "2")], malformed),
        Case("nothing at all", [], malformed),
        Case("only an informational response", Frames.headers([(":status", "103")]), malformed),
        Case("pseudo-header fields in trailers", ok + Frames.headers([(":status", "200")]), malformed),
        Case("content behind trailers", ok + Frames.headers([("a", "b")]) + Frames.data("x"), malformed),
        Case("content before the head", Frames.data("x"), .ends(.frameUnexpected)),
        Case("SETTINGS on a request stream", ok + Frames.frame(4, []), .ends(.frameUnexpected)),
        Case("PUSH_PROMISE", ok + Frames.frame(5, [0]), .ends(.frameUnexpected)),
        Case("a frame of HTTP/2", ok + Frames.frame(6, [0]), .ends(.frameUnexpected)),
        Case("a frame cut short", ok + [0x00, 0x05, 0x61], .ends(.frameError)),
        Case("an unknown frame", Frames.frame(0x21, [1, 2, 3]) + ok, .status(200)),
        Case("empty content frames", ok + (0..<200).flatMap { _ in Frames.data("") }, .status(200)),
        Case("a reference to an empty table", Frames.frame(1, [0x02, 0x00, 0x80]), .ends(.qpackDecompressionFailed)),
        Case(
            "a field section of noise", Frames.frame(1, [0, 0] + [UInt8](repeating: 0xFF, count: 30)),
            .ends(.qpackDecompressionFailed)),
        Case(
            "a head beyond the bytes allowed",
            Frames.headers([(":status", "200")] + (0..<60).map { ("x-\($0)", String(repeating: "v", count: 5_000)) }),
            .closes(.headTooLarge, .excessiveLoad)),
        Case(
            "more fields than allowed", Frames.headers([(":status", "200")] + (0..<1_001).map { ("x", "\($0)") }),
            .closes(.headTooLarge, .excessiveLoad)),
        Case(
            "informational responses without end",
            (0..<101).flatMap { _ in Frames.headers([(":status", "102")]) } + ok,
            .closes(.tooManyInformational, .excessiveLoad)),
    ]

    private func link(_ control: [UInt8] = Frames.control(), _ answer: @escaping (QUICConnection, Int64) -> Void) throws
        -> Link<AnyEnd>
    {
        let link = try Link<AnyEnd>(rawServer: LinkSetup())
        link.onServer = { event, server in
            switch event {
            case .quic(.handshakeDone):
                guard let stream = try? server.quic.openStream(isBidirectional: false) else { break }
                try? server.quic.send(control, on: stream)
            case .quic(.data(let stream, _, end: true)): answer(server.quic, stream)
            default: break
            }
        }
        return link
    }

    @Test("a wrong answer ends its own exchange, or the connection, with the right code", arguments: cases)
    func answers(_ wrong: Case) throws {
        let link = try link { quic, stream in
            let bytes = stream == 0 ? wrong.bytes : Self.ok + Frames.data("fine")
            try? quic.send(bytes, on: stream, end: true)
        }
        let client = try #require(link.client.http)
        #expect(link.run { client.hasPeerSettings })
        let first = try client.request(get())
        #expect(link.run { client.openStreams == 0 })
        let outcome = link.clientEvents.http.outcome(of: first)
        #expect(outcome.closings.count == 1)
        switch wrong.result {
        case .status(let status):
            #expect(outcome.status == status && outcome.closing?.cause == .complete)
        case .closes(let cause, let code):
            #expect(outcome.closing?.cause == cause && outcome.closing?.code == code)
        case .ends(let code):
            #expect(outcome.closing?.cause == .connection)
            let error = try #require(link.clientEvents.http.failure)
            #expect(error.closing?.cause == .applicationViolation && error.closing?.code == code.rawValue)
            // The peer is told.
            #expect(link.run { link.servers.first?.quic.closing?.code == code.rawValue })
            return
        }
        let second = try client.request(get())
        #expect(link.run { client.openStreams == 0 })
        #expect(link.clientEvents.http.outcome(of: second).body == Array("fine".utf8), "the connection lives on")
    }

    static let controls: [(String, [UInt8], HTTP3ErrorCode)] = [
        ("no SETTINGS first", [0] + Frames.goAway(0), .missingSettings),
        ("SETTINGS twice", Frames.control() + Frames.frame(4, []), .frameUnexpected),
        ("a setting twice", Frames.control([(6, 100), (6, 100)]), .settingsError),
        ("a setting of HTTP/2", Frames.control([(2, 0)]), .settingsError),
        ("extended CONNECT set to two", Frames.control([(8, 2)]), .settingsError),
        ("SETTINGS without end", Frames.control((0..<900).map { (UInt64($0) + 100, 1) }), .excessiveLoad),
        ("DATA on the control stream", Frames.control() + Frames.data("x"), .frameUnexpected),
        ("a push stream", [1, 0], .streamCreationError),
        ("GOAWAY for a stream that is none of a client's", Frames.control() + Frames.goAway(3), .idError),
    ]

    @Test("what is wrong on the control stream ends the connection with its code", arguments: controls)
    func control(name: String, bytes: [UInt8], code: HTTP3ErrorCode) throws {
        let link = try link(bytes) { _, _ in }
        #expect(link.run { link.client.http?.quic.closing != nil })
        #expect(link.client.http?.quic.closing?.code == code.rawValue)
        link.run(for: .milliseconds(100))
        #expect(link.clientEvents.http.failure?.closing?.cause == .applicationViolation)
    }

    @Test("a control stream that ends, and one that is reset, end the connection")
    func criticalStream() throws {
        for resets in [false, true] {
            let link = try Link<AnyEnd>(rawServer: LinkSetup())
            var control: Int64?
            link.onServer = { event, server in
                guard case .quic(.handshakeDone) = event else { return }
                control = try? server.quic.openStream(isBidirectional: false)
                if let control { try? server.quic.send(Frames.control(), on: control, end: !resets) }
            }
            if resets {
                #expect(link.run { link.client.http?.hasPeerSettings == true })
                if let control { link.servers.first?.quic.reset(control, code: 0x100) }
            }
            #expect(link.run { link.client.http?.quic.closing != nil })
            #expect(link.client.http?.quic.closing?.code == HTTP3ErrorCode.closedCriticalStream.rawValue)
        }
    }

    @Test("streams of unknown types are stopped and do no harm")
    func unknownStream() throws {
        var stopped = false
        let link = try link { quic, stream in
            try? quic.send(Self.ok, on: stream, end: true)
        }
        let answer = link.onServer
        link.onServer = { event, server in
            answer(event, server)
            switch event {
            case .quic(.handshakeDone):
                guard let stream = try? server.quic.openStream(isBidirectional: false) else { break }
                try? server.quic.send(Frames.varint(0x21) + [1, 2, 3], on: stream)
            case .quic(.stopSending): stopped = true
            default: break
            }
        }
        let client = try #require(link.client.http)
        #expect(link.run { client.hasPeerSettings })
        _ = try client.request(get())
        #expect(link.run { client.openStreams == 0 && stopped })
        #expect(client.quic.closing == nil)
    }

    @Test("resets of the server tell rejected, cancelled and fallback apart")
    func resets() throws {
        let codes: [HTTP3ErrorCode] = [.requestRejected, .requestCancelled, .versionFallback, .noError]
        let link = try link { quic, stream in quic.reset(stream, code: codes[Int(stream / 4) % 4].rawValue) }
        let client = try #require(link.client.http)
        #expect(link.run { client.hasPeerSettings })
        let streams = try codes.map { _ in try client.request(get()) }
        #expect(link.run { client.openStreams == 0 })
        let closings = streams.compactMap { link.clientEvents.http.outcome(of: $0).closing }
        #expect(closings.map(\.cause) == [.peerReset, .peerReset, .peerReset, .peerReset])
        #expect(closings.map(\.code) == codes)
        #expect(closings.map(\.isUnprocessed) == [true, false, false, false])
        #expect(closings.map(\.wantsOlderVersion) == [false, false, true, false])
    }

    @Test("GOAWAY closes the streams it leaves out, and no new ones are opened")
    func goAway() throws {
        var control: Int64 = 0
        let link = try Link<AnyEnd>(rawServer: LinkSetup())
        var seen = 0
        link.onServer = { event, server in
            switch event {
            case .quic(.handshakeDone):
                control = (try? server.quic.openStream(isBidirectional: false)) ?? 0
                try? server.quic.send(Frames.control(), on: control)
            case .quic(.data(let stream, _, end: true)):
                seen += 1
                if seen == 2 { try? server.quic.send(Frames.goAway(4), on: control) }
                if stream == 0, seen < 3 { try? server.quic.send(Self.ok + Frames.data("late"), on: 0, end: true) }
            default: break
            }
        }
        let client = try #require(link.client.http)
        #expect(link.run { client.hasPeerSettings })
        let streams = [try client.request(get()), try client.request(get())]
        #expect(link.run { client.openStreams == 0 })
        let outcomes = streams.map { link.clientEvents.http.outcome(of: $0) }
        #expect(outcomes[0].closing?.cause == .complete)
        #expect(outcomes[1].closing?.cause == .goAway && outcomes[1].closing?.isUnprocessed == true)
        #expect(!client.takesStreams && client.availableStreams == 0 && client.isOver)
        let error = #expect(throws: HTTP3Error.self) { try client.request(get()) }
        #expect(error?.code == .closing)
    }
}
