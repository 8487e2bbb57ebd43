import CurlTransport
import TestKit
import Testing
import TransportCore

/// Frames of HTTP/2 (RFC 9113 §4.1), written by hand.
private func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
    [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
}

@Suite("CurlTransport, broken peers of HTTP/2")
struct HTTP2PeerTests {
    let transport = CurlTransport()
    private let settings = frame(4, stream: 0)
    /// `:status: 200` from the static table, the end of the headers.
    private let head = frame(1, flags: 4, stream: 1, [0x88])

    /// Reads the preface and what comes with it, answers, and keeps the connection until the client closes it.
    private func answer(_ frames: [[UInt8]], closes: Bool = false) throws -> RawServer {
        try RawServer(.readBody(60), .sendBytes(settings + frames.flatMap { $0 }), closes ? .close : .readToEnd)
    }

    private func failure(_ server: RawServer) async throws -> TransportError {
        try await transport.failure(of: Sending(server.url("/")).with { $0.connect.protocols = .http2PriorKnowledge })
    }

    /// The error of a body whose server goes on with `go` once the head is here.
    private func broken(afterTheHeadOf server: RawServer, _ go: Signal) async throws -> TransportError? {
        let sending = Sending(server.url("/")).with {
            $0.connect.protocols = .http2PriorKnowledge
            $0.delivery = .prompt
        }
        let response = try await transport.send(sending)
        go.fire()
        return await #expect(throws: TransportError.self) { _ = try await response.body.collect(upTo: 100) }
    }

    @Test("a stream that is reset, before and after the head")
    func reset() async throws {
        let early = try await failure(answer([frame(3, stream: 1, [0, 0, 0, 2])]))
        #expect(early.code == .streamReset, "\(early)")
        #expect(early.retrySafety == .maybeProcessed)
        #expect(early.libraryCode == "CURLE_HTTP2_STREAM (92)")
        let go = try Signal()
        let server = try RawServer(
            .readBody(60), .sendBytes(settings + head), .wait(until: go),
            .sendBytes(frame(0, stream: 1, [65]) + frame(3, stream: 1, [0, 0, 0, 2])), .readToEnd)
        let late = try await broken(afterTheHeadOf: server, go)
        #expect(late?.code == .streamReset)
        #expect(late?.phase == .body)
        #expect(late?.retrySafety == .processed)
    }

    @Test("REFUSED_STREAM is not sent again behind the caller's back")
    func refused() async throws {
        let server = try answer([frame(3, stream: 1, [0, 0, 0, 7])])
        let error = try await failure(server)
        #expect(error.retrySafety == .maybeProcessed, "\(error)")
        #expect(!server.received(on: 1).contains(0x82), "a request went out on a second connection")
    }

    @Test("a connection that ends in the middle")
    func closed() async throws {
        let early = try await failure(answer([], closes: true))
        #expect(
            [.connectionClosed, .connectionReset, .protocolViolation, .streamReset].contains(early.code), "\(early)")
        #expect(early.retrySafety == .maybeProcessed)
        let go = try Signal()
        let server = try RawServer(.readBody(60), .sendBytes(settings + head), .wait(until: go), .close)
        let late = try await broken(afterTheHeadOf: server, go)
        #expect(late?.phase == .body)
        #expect(late?.retrySafety == .processed)
    }

    @Test("GOAWAY and the end of the connection")
    func goAway() async throws {
        let error = try await failure(answer([frame(7, stream: 0, [0, 0, 0, 0, 0, 0, 0, 2])], closes: true))
        #expect(error.retrySafety == .maybeProcessed, "\(error)")
    }

    @Test(
        "frames that no peer may send",
        arguments: [
            frame(0, stream: 0, [1]), frame(4, stream: 1),
            frame(1, flags: 4, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8),
        ])
    func violations(frame: [UInt8]) async throws {
        let error = try await failure(answer([frame]))
        #expect(
            [.protocolViolation, .streamReset, .connectionClosed, .connectionReset, .malformedResponse].contains(
                error.code),
            "\(error)")
        let good = try RawServer(.readHead, .ok("fine"), .close)
        #expect(try await transport.send(Sending(good.url("/"))).text() == "fine")
    }

    @Test("a body that is shorter than its length")
    func truncated() async throws {
        // content-length: 5 as a literal with an indexed name (28), then one byte and the end of the stream.
        let sized = frame(1, flags: 4, stream: 1, [0x88, 0x0F, 0x0D, 0x01, 0x35])
        let error = try await failure(answer([sized, frame(0, flags: 1, stream: 1, [65])]))
        #expect([.streamReset, .bodyTruncated, .protocolViolation].contains(error.code), "\(error)")
        #expect([.head, .body].contains(error.phase))
    }
}
