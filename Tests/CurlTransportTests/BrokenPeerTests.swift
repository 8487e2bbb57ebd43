import CurlTransport
import TestKit
import Testing
import TransportCore

/// A response that must be refused, and as what.
struct Refused: Sendable, CustomTestStringConvertible {
    var name: String
    var answer: String
    var code: TransportError.Code
    var phase: TransportError.Phase
    var testDescription: String { name }

    init(_ name: String, _ answer: String, _ code: TransportError.Code, _ phase: TransportError.Phase = .head) {
        (self.name, self.answer, self.code, self.phase) = (name, answer, code, phase)
    }

    static let all = [
        Refused("no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", .malformedResponse),
        Refused("HTTP/0.9", "<html>hello</html>", .malformedResponse),
        Refused("bad status line", "HTTP/1.1 2OO OK\r\nContent-Length: 0\r\n\r\n", .malformedResponse),
        Refused(
            "two equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
            .malformedResponse),
        Refused(
            "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", .malformedResponse),
        Refused(
            "length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .malformedResponse),
        Refused("bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", .malformedResponse),
        Refused("blank before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nab", .malformedResponse),
        Refused("folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nab", .malformedResponse),
        Refused("NUL in a value", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nab", .malformedResponse),
        Refused("no name", "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 2\r\n\r\nab", .malformedResponse),
        Refused(
            "101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", .malformedResponse),
        Refused("negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .malformedResponse),
        Refused("bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", .malformedResponse, .body),
        Refused("nothing", "", .connectionClosed),
        Refused("half a head", "HTTP/1.1 200 OK\r\nContent-Le", .connectionClosed),
        Refused("half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .bodyTruncated, .body),
        Refused(
            "half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", .bodyTruncated, .body),
        Refused(
            "no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", .bodyTruncated, .body),
        Refused(
            "large head",
            "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 50_000))\r\n"
                + String(repeating: "Y: \(String(repeating: "y", count: 50_000))\r\n", count: 5) + "\r\n", .headTooLarge
        ),
        Refused(
            "1,001 fields", "HTTP/1.1 200 OK\r\n\(String(repeating: "A: b\r\n", count: 1_001))\r\n", .headTooLarge),
        Refused("endless 1xx", String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 101), .malformedResponse),
        Refused(
            "forbidden trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n",
            .malformedResponse, .body),
    ]
}

@Suite("CurlTransport, broken peers")
struct BrokenPeerTests {
    let transport = CurlTransport()

    @Test("an answer that breaks the rules is an error", arguments: Refused.all)
    func refused(_ refused: Refused) async throws {
        let server = try RawServer(.readHead, .send(refused.answer), .close)
        let error = try await transport.failure(of: Sending(server.url("/")))
        #expect(error.code == refused.code, "\(error)")
        #expect(error.phase == refused.phase, "\(error)")
        #expect(error.endpoint == "http://127.0.0.1:\(server.port)")
        #expect(error.elapsed != nil)
        #expect(!error.message.isEmpty)
        // The transport is as usable as before.
        let good = try RawServer(.readHead, .ok("fine"), .close)
        #expect(try await transport.send(Sending(good.url("/"))).text() == "fine")
    }

    @Test("a body that ends with the connection is whole", arguments: ["1.0", "1.1"])
    func untilClose(version: String) async throws {
        let server = try RawServer(.readHead, .send("HTTP/\(version) 200 OK\r\n\r\nabc"), .close)
        #expect(try await transport.send(Sending(server.url("/"))).text() == "abc")
    }

    @Test("bytes after a body cost the connection, and nothing else")
    func extraBytes() async throws {
        let server = try RawServer(connections: [
            [.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\n"), .readToEnd],
            [.readHead, .ok("second"), .readToEnd],
        ])
        let exchange = try Sending(server.url("/")).exchange()
        #expect(try await transport.send(exchange).text() == "ab")
        #expect(try await transport.send(exchange).text() == "second")
    }

    @Test("a request is never sent twice: a reused connection that dies is an error")
    func deadConnection() async throws {
        let server = try RawServer(connections: [
            [.readHead, .ok("first"), .readHead, .readBody(1), .close], [.readHead, .ok("x")],
        ])
        let sending = Sending(server.url("/"), .post, body: .bytes([1]))
        let first = Sending(server.url("/"))
        let route = try first.exchange().route
        _ = try await transport.send(Exchange(first.exchange().request, over: route)).text()
        let request = try sending.exchange().request
        let error = await #expect(throws: TransportError.self) {
            _ = try await transport.send(Exchange(request, over: route))
        }
        #expect(error?.code == .connectionClosed)
        #expect(error?.reusedConnection == true)
        #expect(error?.retrySafety == .maybeProcessed)
        #expect(!server.receivedText(on: 1).contains("POST"))
    }

    @Test("a reset while the response is awaited, and in its body")
    func resets() async throws {
        let early = try RawServer(.readHead, .reset)
        let error = try await transport.failure(of: Sending(early.url("/")))
        #expect(error.code == .connectionReset, "\(error)")
        #expect(error.phase == .head)
        #expect(error.retrySafety == .maybeProcessed)
        #expect(error.libraryCode?.contains("CURLE_") == true)

        let sent = try Signal()
        let late = try RawServer(
            .readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"), .wait(until: sent), .reset)
        let response = try await transport.send(Sending(late.url("/")).with { $0.delivery = .prompt })
        sent.fire()
        let broken = await #expect(throws: TransportError.self) { _ = try await response.body.collect(upTo: 100) }
        #expect(broken?.phase == .body)
        #expect([.connectionReset, .bodyTruncated].contains(broken?.code))
        #expect(broken?.retrySafety == .processed)
    }

    @Test("nobody listens: refused, not sent")
    func connectionRefused() async throws {
        let port = try #require(Loopback.freePorts(1).first)
        let error = try await transport.failure(of: Sending("http://127.0.0.1:\(port)/"))
        #expect(error.code == .connectionRefused, "\(error)")
        #expect(error.phase == .connect)
        #expect(error.retrySafety == .notSent)
        #expect(error.libraryCode == "CURLE_COULDNT_CONNECT (7)")
    }

    @Test("informational responses are seen and never final")
    func informational() async throws {
        let server = try RawServer(
            .readHead, .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), .ok("end"),
            .readToEnd)
        let events = EventLog()
        let response = try await transport.send(Sending(server.url("/")).exchange(onEvent: events.sink))
        #expect(response.status == .ok)
        let seen = events.all.compactMap { event -> Int? in
            if case .informational(let response) = event.kind { response.status.code } else { nil }
        }
        #expect(seen == [100, 103])
    }

    @Test("trailers of a chunked response come after its body")
    func trailers() async throws {
        let server = try RawServer(
            .readHead,
            .send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\nX-Sum: 10\r\n\r\n"),
            .readToEnd)
        let response = try await transport.send(Sending(server.url("/")).with { $0.delivery = .whole(upTo: 100) })
        #expect(response.body.whole == bytes("abc"))
        #expect(response.body.trailers[values: HTTPField.Name("X-Sum") ?? .from] == ["9", "10"])
    }

    @Test("trailers over HTTP/2", .requires(.nghttpd))
    func trailersHTTP2() async throws {
        let server = try await NghttpdServer.shared()
        let sending = Sending(server.url("/1k")).trusting(server.ca).with { $0.fields[.te] = "trailers" }
        let response = try await transport.send(sending)
        #expect(response.version == .http2)
        #expect(try await response.text().utf8.count > 0)
        #expect(response.body.trailers[HTTPField.Name("x-trailer") ?? .from] == "nghttpd")
    }

    @Test("one byte at a time is the same", arguments: [1, 2, 3])
    func dripping(piece: Int) async throws {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
        let server = try RawServer(.readHead, .sendSlowly(bytes(answer), piece: piece), .readToEnd)
        #expect(try await transport.send(Sending(server.url("/"))).text() == "abcde")
    }

    @Test("a body cut short right behind its head: the response comes, its bytes, then the error")
    func cutBehindTheHead() async throws {
        let server = try RawServer(
            .readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789"), .close)
        var sending = Sending(server.url("/"))
        sending.delivery = .prompt
        let response = try await transport.send(sending)
        #expect(response.status == .ok)
        var chunks = response.body.makeAsyncIterator()
        #expect(try await chunks.next() == Array("0123456789".utf8))
        let error = await #expect(throws: TransportError.self) { _ = try await chunks.next() }
        #expect(error?.code == .bodyTruncated)
    }
}
