import TestServer
import TransportCore

/// Servers of HTTP/2 that break its rules (RFC 9113), and floods.
extension ConformanceCase {
    /// A frame (RFC 9113 §4.1).
    private static func frame(_ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt8 = 0, _ payload: [UInt8] = [])
        -> [UInt8]
    {
        let count = payload.count
        return [
            UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags, 0, 0, 0, stream,
        ] + payload
    }

    /// Literal fields without indexing (RFC 7541 §6.2.2).
    private static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    private static func head(_ block: [UInt8], end: Bool = true) -> [UInt8] { frame(1, end ? 5 : 4, 1, block) }

    private static func broken(_ name: String, _ rule: String, _ bytes: [UInt8]) -> ConformanceCase {
        ConformanceCase("http2.\(name)", rule, over: [.http2]) { trial in
            let server = try trial.server([[.receive, .fault(.raw(bytes)), .close], .text("fine")])
            let error = try await trial.failure(trial.call(server))
            try trial.expect(
                error, .protocolViolation, .malformedResponse, .streamReset, .connectionClosed, .connectionReset,
                .bodyTruncated, for: "the error")
            try trial.check(error.retrySafety != .notSent, "the request was sent, and \(error.retrySafety) came")
            try await trial.stillWorks(trial.call(server), "fine")
        }
    }

    static let hostile: [ConformanceCase] = [
        broken("idle-data", "DATA on a stream that nobody opened is an error", frame(0, 1, 7, [1])),
        broken("data-before-head", "DATA before the head is an error", frame(0, 1, 1, [1])),
        broken(
            "large-frame", "a frame larger than allowed is an error",
            frame(0, 0, 1, [UInt8](repeating: 0, count: 20_000))),
        broken("even-stream", "a head on a stream of the server's is an error", frame(1, 5, 2, [0x88])),
        broken("head-on-zero", "a head on stream 0 is an error", frame(1, 5, 0, [0x88])),
        broken("no-status", "a head without :status is an error", head(literal("a", "b"))),
        broken("two-statuses", "two :status fields are an error", head([0x88, 0x88])),
        broken("upper-case", "a name in upper case is an error", head([0x88] + literal("Abc", "d"))),
        broken("connection-field", "a Connection field is an error", head([0x88] + literal("connection", "close"))),
        broken("late-pseudo", "a pseudo-header field after others is an error", head(literal("a", "b") + [0x88])),
        broken(
            "unknown-pseudo", "a pseudo-header field of no response is an error", head([0x88] + literal(":path", "/"))),
        broken("hpack-index", "an index that HPACK's tables lack is an error", head([0xFF, 0xFF, 0x7F])),
        broken("101", "a 101 is an error", head(literal(":status", "101"), end: false)),
        broken(
            "cut-head", "a head that another frame breaks into is an error",
            frame(1, 1, 1, [0x88]) + frame(0, 1, 1, [1])),
        broken("push", "a push is an error", frame(5, 4, 1, [0, 0, 0, 2, 0x82])),
        broken("window-zero", "a WINDOW_UPDATE of nought is an error", frame(8, 0, 0, [0, 0, 0, 0])),
        broken("window-overflow", "a window beyond its limit is an error", frame(8, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF])),
        broken("settings-size", "SETTINGS of 5 bytes are an error", frame(4, 0, 0, [0, 0, 0, 0, 0])),
        broken("goaway-size", "GOAWAY of 4 bytes is an error", frame(7, 0, 0, [0, 0, 0, 1])),
        broken(
            "padding", "padding larger than its frame is an error", head([0x88], end: false) + frame(0, 9, 1, [200, 1])),
        broken(
            "half", "a connection that ends in the content is an error", head([0x88], end: false) + frame(0, 0, 1, [1])),
    ]

    static let floods: [ConformanceCase] =
        [
            TestServer.Flood.ping, .settings, .emptyData, .continuation,
        ].map { kind in
            ConformanceCase(
                "flood.\(kind)", "a flood of frames without use ends the connection, not the process",
                over: [.http2]
            ) { trial in
                let server = try trial.server([[.receive, .fault(.flood(kind, count: 20_000)), .stall], .text("fine")])
                let error = try await trial.failure(trial.call(server))
                try trial.expect(
                    error, .protocolViolation, .streamReset, .connectionClosed, .malformedResponse, .connectionReset,
                    .bodyTruncated, for: "the error")
                try await trial.stillWorks(trial.call(server), "fine")
            }
        } + [
            ConformanceCase(
                "flood.tiny-chunks", "chunks whose lines outweigh their data are refused, or read", over: [.http1]
            ) { trial in
                let chunk = "1;\(String(repeating: "x", count: 4_000))\r\nz\r\n"
                let server = try trial.server([
                    [
                        .receive, .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                        .raw(String(repeating: chunk, count: 500)), .raw("0\r\n\r\n"), .close,
                    ]
                ])
                do {
                    try trial.equal(try await trial.text(trial.call(server)).utf8.count, 500, "bytes")
                } catch let error as TransportError { try trial.expect(error, .malformedResponse, for: "the error") }
            }
        ]
}
