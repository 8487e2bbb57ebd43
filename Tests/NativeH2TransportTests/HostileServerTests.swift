import NativeH2Transport
import TestKit
import TestServer
import Testing
import TransportCore

/// What a hostile or broken server of HTTP/2 says, as bytes, and what becomes of the exchange.
struct HostileAnswer: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var codes: [TransportError.Code]
    var testDescription: String { name }

    private static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// A frame (RFC 9113 §4.1).
    static func frame(_ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags, 0, 0, 0, stream] + payload
    }

    /// Literal fields without indexing (RFC 7541 §6.2.2).
    private static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    private static func head(_ block: [UInt8], end: Bool = true) -> [UInt8] { frame(1, end ? 5 : 4, 1, block) }

    init(_ name: String, _ bytes: [UInt8], _ codes: TransportError.Code..., afterSettings: Bool = true) {
        self.name = name
        self.bytes = (afterSettings ? Self.settings : []) + bytes
        self.codes = codes
    }

    static let all: [HostileAnswer] = [
        HostileAnswer(
            "HTTP/1.1", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), .protocolViolation, .connectionClosed,
            afterSettings: false),
        HostileAnswer("nothing", [], .connectionClosed, afterSettings: false),
        HostileAnswer("SETTINGS alone", [], .connectionClosed),
        HostileAnswer("DATA on an idle stream", frame(0, 1, 7, [1]), .protocolViolation),
        HostileAnswer("DATA before the head", frame(0, 1, 1, [1]), .malformedResponse, .protocolViolation),
        HostileAnswer(
            "a frame larger than allowed", frame(0, 0, 1, [UInt8](repeating: 0, count: 20_000)), .protocolViolation),
        HostileAnswer("a head on stream 2", frame(1, 5, 2, [0x88]), .protocolViolation),
        HostileAnswer("a head on stream 0", frame(1, 5, 0, [0x88]), .protocolViolation),
        HostileAnswer("no :status", head(literal("a", "b")), .malformedResponse),
        HostileAnswer("two :status", head([0x88, 0x88]), .malformedResponse),
        HostileAnswer("a :status of letters", head(literal(":status", "abc")), .malformedResponse),
        HostileAnswer("an upper-case name", head([0x88] + literal("Abc", "d")), .malformedResponse),
        HostileAnswer("a Connection field", head([0x88] + literal("connection", "close")), .malformedResponse),
        HostileAnswer("CR in a value", head([0x88] + literal("a", "b\rc")), .malformedResponse),
        HostileAnswer("a pseudo field after others", head(literal("a", "b") + [0x88]), .malformedResponse),
        HostileAnswer(
            "more content than its length",
            head([0x88] + literal("content-length", "1"), end: false)
                + frame(0, 1, 1, [1, 2]), .malformedResponse),
        HostileAnswer(
            "less content than its length",
            head([0x88] + literal("content-length", "3"), end: false)
                + frame(0, 1, 1, [1, 2]), .malformedResponse),
        HostileAnswer("an HPACK index that is not there", head([0xFF, 0xFF, 0x7F]), .protocolViolation),
        HostileAnswer("101", head(literal(":status", "101"), end: false), .malformedResponse),
        HostileAnswer("a cut head", frame(1, 1, 1, [0x88]) + frame(0, 1, 1, [1]), .protocolViolation),
        HostileAnswer("PUSH_PROMISE", frame(5, 4, 1, [0, 0, 0, 2, 0x82]), .protocolViolation, .connectionClosed),
        HostileAnswer("a WINDOW_UPDATE of nought", frame(8, 0, 0, [0, 0, 0, 0]), .protocolViolation),
        HostileAnswer("a window beyond its limit", frame(8, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF]), .protocolViolation),
        HostileAnswer("SETTINGS of 5 bytes", frame(4, 0, 0, [0, 0, 0, 0, 0]), .protocolViolation),
        HostileAnswer(
            "a flood of PING",
            Array(
                repeatElement(frame(6, 0, 0, [UInt8](repeating: 0, count: 8)), count: 20_000)
                    .joined()), .protocolViolation),
        HostileAnswer(
            "a flood of SETTINGS", Array(repeatElement(settings, count: 20_000).joined()), .protocolViolation),
        HostileAnswer(
            "a flood of empty DATA",
            head([0x88], end: false)
                + Array(repeatElement(frame(0, 0, 1), count: 20_000).joined()), .protocolViolation),
        HostileAnswer(
            "a flood of CONTINUATION",
            frame(1, 0, 1, [0x88])
                + Array(repeatElement(frame(9, 0, 1), count: 20_000).joined()), .protocolViolation),
        HostileAnswer("half a body", head([0x88], end: false) + frame(0, 0, 1, [1]), .bodyTruncated),
    ]
}

@Suite("NativeH2Transport, hostile servers of HTTP/2")
struct HostileServerTests {
    let transport = NativeH2Transport()

    @Test("each ends in the right error, and the next exchange works", arguments: HostileAnswer.all)
    func hostile(_ answer: HostileAnswer) async throws {
        // The preface, SETTINGS, WINDOW_UPDATE and the request come first; how long they are does not matter.
        let server = try RawServer(.readBody(24), .sendBytes(answer.bytes), .halfClose, .readToEnd)
        let call = Sending(server.url("/")).over(.http2PriorKnowledge).with {
            $0.options.timeouts.firstByte = .seconds(20)
        }
        let error = try await transport.failure(of: call)
        #expect(answer.codes.contains(error.code), "\(error.code): \(error)")
        #expect(error.retrySafety != .notSent)
        let good = try TestServer { _ in .text("fine") }
        defer { good.stop() }
        #expect(try await transport.send(Sending(good.clearURL("/")).over(.http2PriorKnowledge)).text() == "fine")
    }
}
