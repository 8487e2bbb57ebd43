import TestServer
import TransportCore

/// How HTTP/1.1 is read: nothing that readers have disagreed on is let through (RFC 9112).
extension ConformanceCase {
    private static func refused(
        _ name: String, _ rule: String, _ bytes: String, _ codes: [TransportError.Code] = [.malformedResponse]
    ) -> ConformanceCase {
        ConformanceCase("framing.\(name)", rule, over: [.http1]) { trial in
            let server = try trial.server([[.receive, .raw(bytes), .close], .text("fine")])
            let error = try await trial.failure(trial.call(server))
            try trial.check(codes.contains(error.code), "\(codes) was expected, and \(error.code) came: \(error)")
            try trial.check(error.retrySafety != .notSent, "the request was sent, and \(error.retrySafety) came")
            try await trial.stillWorks(trial.call(server), "fine")
        }
    }

    static let framing: [ConformanceCase] = [
        refused(
            "two-lengths", "two lengths that differ are refused",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
        refused(
            "length-and-chunked", "a length beside chunked framing is refused",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
        refused("negative-length", "a negative length is refused", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        refused("plus-length", "a length with a sign is refused", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na"),
        refused(
            "huge-length", "a length beyond 64 bits is refused",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na"),
        refused(
            "unknown-coding", "a transfer coding other than chunked is refused",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        refused("bare-lf", "lines that end in LF alone are refused", "HTTP/1.1 200 OK\nContent-Length: 1\n\na"),
        refused(
            "obs-fold", "folded lines are refused", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\na"),
        refused(
            "blank-before-colon", "a blank before the colon is refused",
            "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na"),
        refused("no-colon", "a line without a colon is refused", "HTTP/1.1 200 OK\r\nNonsense\r\n\r\n"),
        refused("bare-cr", "a CR inside a line is refused", "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n"),
        refused("http09", "an answer without a head is refused", "hello, this is HTTP/0.9\n"),
        refused("http2-version", "a version that is none is refused", "HTTP/2.7 200 OK\r\n\r\n"),
        refused("status-line", "a status line without a status is refused", "HTTP/1.1\r\n\r\n"),
        refused(
            "cut-head", "a head that breaks off is an error", "HTTP/1.1 200 OK\r\nContent-Le",
            [.malformedResponse, .connectionClosed]),
        refused(
            "chunk-size", "a chunk's size that is no number is refused",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n"),
        refused(
            "chunk-end", "a chunk without CRLF behind it is refused",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"),
        refused(
            "chunk-huge", "a chunk's size beyond 64 bits is refused",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
        ConformanceCase(
            "framing.same-lengths", "two lengths that are the same are one, or refused", over: [.http1]
        ) { trial in
            let server = try trial.server([
                [
                    .receive,
                    .raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab"), .close,
                ]
            ])
            do { try trial.equal(try await trial.text(trial.call(server)), "ab", "the content") } catch let error
                as TransportError
            { try trial.expect(error, .malformedResponse, for: "two equal lengths") }
        },
        ConformanceCase(
            "framing.chunks", "chunks with extensions and leading noughts are read", over: ConformanceWay.allHTTP1
        ) { trial in
            let server = try trial.server([
                [
                    .receive,
                    .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                    .raw("003;a=b\r\nabc\r\nA;c=\"d;e\"\r\n0123456789\r\n000\r\n\r\n"), .close,
                ]
            ])
            try trial.equal(try await trial.text(trial.call(server)), "abc0123456789", "the content")
        },
        ConformanceCase(
            "framing.until-close", "without a length the content ends with the connection",
            over: ConformanceWay.allHTTP1
        ) { trial in
            let server = try trial.server([
                [.receive, .raw("HTTP/1.1 200 OK\r\n\r\nto the end"), .close], .text("fine"),
            ])
            try trial.equal(try await trial.text(trial.call(server)), "to the end", "the content")
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.equal(server.connections.count, 2, "connections")
        },
        ConformanceCase(
            "framing.http10", "an answer of HTTP/1.0 is read, and its connection not used again",
            over: ConformanceWay.allHTTP1
        ) { trial in
            let server = try trial.server([
                [.receive, .raw("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab"), .stall], .text("fine"),
            ])
            try trial.equal(try await trial.text(trial.call(server)), "ab", "the content")
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.equal(server.connections.count, 2, "connections")
        },
        ConformanceCase(
            "framing.extra-bytes", "a connection with bytes behind the content is not used again",
            over: ConformanceWay.allHTTP1
        ) { trial in
            let server = try trial.server([
                [.receive, .head(.ok, [.contentLength: "2"]), .body("ab"), .raw("HTTP/1.1 200 OK\r\n\r\nevil"), .end],
                .text("fine"),
            ])
            try trial.equal(try await trial.text(trial.call(server)), "ab", "the content")
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.equal(server.connections.count, 2, "connections")
        },
        ConformanceCase(
            "framing.connection-close", "after Connection: close the connection is not used again",
            over: ConformanceWay.allHTTP1
        ) { trial in
            let server = try trial.server { _ in .text("fine", fields: [.connection: "close"]) }
            for _ in 0..<3 { try await trial.stillWorks(trial.call(server), "fine") }
            try trial.equal(server.connections.count, 3, "connections")
        },
        ConformanceCase(
            "framing.line-by-line", "a head that comes byte by byte is read", over: ConformanceWay.allHTTP1
        ) { trial in
            let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nab"
            let server = try trial.server([
                .init([.receive] + text.utf8.map { TestServer.Step.fault(.raw([$0])) } + [.close])
            ])
            try trial.equal(try await trial.text(trial.call(server)), "ab", "the content")
        },
    ]

    static let truncation: [ConformanceCase] = [
        ConformanceCase("truncation.length", "content shorter than its length is an error") { trial in
            let server = try trial.server([
                [.receive, .head(.ok, [.contentLength: "10"]), .body("short"), .end], .text("fine"),
            ])
            let error = try await trial.failure(trial.call(server))
            try trial.expect(
                error, .bodyTruncated, .malformedResponse, .streamReset, safety: .processed, for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("truncation.connection", "a connection that ends in the content is an error") { trial in
            for ending in [TestServer.Fault.close, .truncate, .resetConnection] {
                let server = try trial.server([
                    [.receive, .head(.ok), .body("half"), .wait(.milliseconds(1)), .fault(ending)]
                ])
                let error = try await trial.failure(trial.call(server), "\(ending)")
                try trial.expect(
                    error, .bodyTruncated, .connectionReset, .streamReset, safety: .processed, for: "after \(ending)")
            }
        },
        ConformanceCase(
            "truncation.until-close", "inside TLS, an end without a goodbye does not end content without a length",
            over: [.http1TLS]
        ) { trial in
            let server = try trial.server([[.receive, .raw("HTTP/1.1 200 OK\r\n\r\nhalf"), .fault(.truncate)]])
            try trial.expect(
                try await trial.failure(trial.call(server)), .bodyTruncated, .connectionReset, for: "the error")
        },
        ConformanceCase("truncation.live", "what came before the error is read first") { trial in
            let server = try trial.server([
                [.receive, .head(.ok, [.contentLength: "10"]), .body("half"), .wait(.milliseconds(5)), .close]
            ])
            let response = try await trial.send(trial.call(server).prompt)
            var text = ""
            do {
                for try await piece in response.body { text += String(decoding: piece, as: UTF8.self) }
                throw ConformanceFailure("the body ended well")
            } catch let error as TransportError {
                try trial.expect(error, .bodyTruncated, .connectionReset, .streamReset, phase: .body, for: "the error")
            }
            try trial.equal(text, "half", "what came before")
        },
        ConformanceCase(
            "truncation.too-long", "content longer than its length is an error", over: ConformanceWay.multiplexed
        ) { trial in
            let server = try trial.server([
                [.receive, .head(.ok, [.contentLength: "2"]), .body("long"), .end], .text("fine"),
            ])
            try trial.expect(
                try await trial.failure(trial.call(server)), .malformedResponse, .streamReset, .protocolViolation,
                for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("truncation.before-head", "a connection that ends before the head is an error") { trial in
            let server = try trial.server([[.receive, .close], [.receive, .fault(.resetConnection)], .text("fine")])
            for _ in 0..<2 {
                let error = try await trial.failure(trial.call(server))
                try trial.expect(error, .connectionClosed, .connectionReset, safety: .maybeProcessed, for: "the error")
            }
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.equal(server.recorded.exchangeCount, 3, "requests that the server saw")
        },
    ]
}
