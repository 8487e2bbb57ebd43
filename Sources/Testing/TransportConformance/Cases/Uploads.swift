import TestServer
import TransportCore

/// 1xx responses, trailers, and content that is sent while it is made.
extension ConformanceCase {
    private static let sum = HTTPField.Name("x-sum") ?? .eTag

    static let informational: [ConformanceCase] = [
        ConformanceCase("informational.several", "1xx responses are told, and the final one follows") { trial in
            let server = try trial.server([
                [
                    .receive, .inform(.init(code: 103), [.warning: "a"]), .inform(.init(code: 102)),
                    .inform(.init(code: 103), [.warning: "b"]), .head(.ok), .body("final"), .end,
                ]
            ])
            let log = EventLog()
            try trial.equal(try await trial.text(trial.call(server).with { $0.events = log }), "final", "the content")
            try trial.equal(log.informational.map(\.status.code), [103, 102, 103], "what was told")
            try trial.equal(log.informational.map { $0.headerFields[.warning] }, ["a", nil, "b"], "their fields")
        },
        ConformanceCase("informational.101", "a 101 that nobody asked for is an error", over: ConformanceWay.allHTTP1) {
            trial in
            let server = try trial.server([
                [
                    .receive, .raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
                    .stall,
                ]
            ])
            try trial.expect(
                try await trial.failure(trial.call(server)), .malformedResponse, .protocolViolation, for: "a 101")
        },
        ConformanceCase("informational.flood", "1xx responses without end are an error", over: ConformanceWay.tcp) {
            trial in
            let server = try trial.server([[.receive, .fault(.flood(.informational, count: 5_000)), .stall]])
            let error = try await trial.failure(trial.call(server))
            try trial.expect(
                error, .malformedResponse, .protocolViolation, .headTooLarge, .streamReset, for: "5,000 of them")
        },
        ConformanceCase(
            "trailers.response", "fields behind the content come", needs: .responseTrailers
        ) { trial in
            let server = try trial.server([
                .text("body", trailers: [sum: "7", .eTag: "x"]), .text("", trailers: [sum: "8"]),
            ])
            let response = try await trial.send(trial.call(server))
            _ = try await response.body.collect(upTo: 100)
            try trial.equal(response.body.trailers[sum], "7", "a trailer")
            try trial.equal(response.body.trailers[.eTag], "x", "another")
            let second = try await trial.send(trial.call(server).prompt)
            _ = try await second.body.collect(upTo: 100)
            try trial.equal(second.body.trailers[sum], "8", "a trailer behind no content")
        },
        ConformanceCase("trailers.request", "fields behind the request's content arrive", needs: .requestTrailers) {
            trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server, "/", .post, body: .chunks([Array("a".utf8), Array("b".utf8)]))
            call.trailers = [sum: "7"]
            _ = try await trial.text(call)
            try trial.equal(server.exchanges.first?.text, "ab", "the content")
            try trial.equal(server.exchanges.first?.trailers[sum], "7", "the trailer")
            call.body = .chunks([[0x63]], trailers: [sum: "8"])
            call.trailers = [:]
            _ = try await trial.text(call)
            try trial.equal(server.exchanges.last?.trailers[sum], "8", "the trailer that the reader found out")
        },
        ConformanceCase(
            "trailers.refused", "a transport that cannot send trailers says so before a byte is sent"
        ) { trial in
            guard !trial.has(.requestTrailers) else { return }
            let server = try trial.server { _ in .text("") }
            let call = try trial.call(server, "/", .post, body: .text("x")).with { $0.trailers = [sum: "7"] }
            try trial.expect(
                try await trial.failure(call), .unsupported, safety: .notSent, for: "a request with trailers")
            try trial.equal(server.connections.count, 0, "connections")
        },
        ConformanceCase("expect.continue", "the content waits for 100", needs: .expectContinue) { trial in
            let server = try trial.server([[.receive, .head(.ok), .body("got it"), .end]])
            var call = try trial.call(server, "/", .post, body: .text("content"))
            call.options.expectContinue = .seconds(15)
            try trial.equal(try await trial.text(call), "got it", "the answer")
            try trial.equal(server.exchanges.first?.fields[.expect], "100-continue", "Expect")
            try trial.equal(server.exchanges.first?.text, "content", "the content")
        },
        ConformanceCase("expect.timeout", "without 100 the content goes out after the wait", needs: .expectContinue) {
            trial in
            let server = try trial.server([[.receiving(continues: false), .head(.ok), .body("got it"), .end]])
            var call = try trial.call(server, "/", .post, body: .text("content"))
            call.options.expectContinue = .milliseconds(20)
            try trial.equal(try await trial.text(call), "got it", "the answer")
            try trial.equal(server.exchanges.first?.text, "content", "the content")
        },
        ConformanceCase("expect.refused", "an early 4xx keeps the content back", needs: .expectContinue) { trial in
            let server = try trial.server([[.head(.contentTooLarge), .body("no"), .end]])
            var call = try trial.call(server, "/", .post, body: .text("content"))
            call.options.expectContinue = .seconds(15)
            let response = try await trial.send(call)
            try trial.equal(response.status.code, 413, "the status")
            try trial.equal(server.exchanges.first?.bodyCount, 0, "bytes of content that were sent")
        },
    ]

    private static func slowEcho(_ trial: Trial) throws -> TestServer {
        try trial.server({ $0.asksAtHead = true }, answer: { _ in .echo })
    }

    static let uploads: [ConformanceCase] = [
        ConformanceCase("upload.kinds", "content in memory, of a known and of an unknown length arrives") { trial in
            let server = try trial.server { _ in .text("") }
            let bodies: [RequestBody] = [
                .text("abc"), .chunks([Array("a".utf8), Array("bc".utf8)], length: 3),
                .chunks([Array("a".utf8), [], Array("bc".utf8)]),
            ]
            for body in bodies { _ = try await trial.text(trial.call(server, "/", .post, body: body)) }
            try trial.equal(server.exchanges.map(\.text), ["abc", "abc", "abc"], "what arrived")
            try trial.equal(server.exchanges.first?.fields[.contentLength], "3", "the length in memory")
        },
        ConformanceCase("upload.large", "4 MiB arrive whole", needs: .streamedUpload) { trial in
            let server = try trial.server { .text("\($0.bodyCount)") }
            for declared in [true, false] {
                let call = try trial.call(server, "/", .put, body: .zeros(4 << 20, declared: declared))
                try trial.equal(try await trial.text(call), "\(4 << 20)", "bytes that arrived")
            }
        },
        ConformanceCase("upload.backpressure", "a server that does not read makes the upload wait") { trial in
            let gate = Checkpoint()
            let asked = Tally()
            let server = try trial.server([[.hold(gate), .receive, .head(.ok), .body("done"), .end]])
            let call = try trial.call(server, "/", .put, body: .zeros(64 << 20, asked: asked))
            async let answer = trial.text(call)
            try await server.wait { !$0.exchanges.isEmpty }
            try await SystemClock().sleep(for: .milliseconds(150))
            let early = asked.now
            gate.open()
            try trial.equal(try await answer, "done", "the answer")
            // The kernel's buffers of loopback hold some MiB.
            try trial.check(early < 400, "\(early) pieces of 64 KiB were taken while the server read nothing")
        },
        ConformanceCase("upload.body-error", "an error of the body surfaces, and ends its exchange alone") { trial in
            struct Broken: Error {}
            let server = try trial.server(
                { $0.asksAtHead = true },
                answer: { request in
                    request.method == .post ? [.receive, .stall] : .text("fine")
                })
            let call = try trial.call(server, "/", .post, body: .chunks([[1], [2]], failing: Broken()))
            let error = try await trial.failure(call)
            try trial.expect(error, .bodyFailed, phase: .send, for: "the error")
            try trial.check(error.underlying is Broken, "the caller's error is not inside: \(error)")
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.check(server.exchanges.first?.isComplete != true, "the server took the request for complete")
        },
        ConformanceCase("upload.wrong-length", "content that is not as long as announced is an error") { trial in
            let server = try trial.server(
                { $0.asksAtHead = true },
                answer: { request in
                    request.method == .post ? [.receive, .head(.ok), .end] : .text("fine")
                })
            for length in [Int64(1), 3] {
                let call = try trial.call(server, "/", .post, body: .chunks([[1, 2]], length: length))
                try trial.expect(try await trial.failure(call), .bodyLengthMismatch, for: "a length of \(length)")
            }
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("upload.early-answer", "an answer before the content's end is given, and the upload stops") {
            trial in
            let server = try trial.server(
                { $0.asksAtHead = true },
                answer: { request in
                    guard request.method == .put else { return .text("fine") }
                    return trial.way.isHTTP1
                        ? [.head(.contentTooLarge, [.connection: "close"]), .body("too large"), .end, .close]
                        : [.head(.contentTooLarge), .body("too large"), .end, .fault(.stopSending(.noError))]
                })
            let call = try trial.call(server, "/", .put, body: .zeros(64 << 20))
            let response = try await trial.send(call)
            try trial.equal(response.status.code, 413, "the status")
            let text = String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self)
            try trial.equal(text, "too large", "the content")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("upload.early-success", "a 200 before the content's end does not harm") { trial in
            let server = try trial.server(
                { $0.asksAtHead = true },
                answer: { request in
                    request.method == .put ? [.head(.ok), .body("early"), .end] : .text("fine")
                })
            let call = try trial.call(server, "/", .put, body: .zeros(2 << 20))
            try trial.equal(try await trial.text(call), "early", "the content")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("upload.duplex", "content flows both ways at once", needs: .fullDuplex) { trial in
            let server = try slowEcho(trial)
            let gate = Checkpoint()
            let body = RequestBody.stream(
                BodyStream(replayable: false) { Turns(gate: gate, turn: 0) })
            let response = try await trial.send(trial.call(server, "/", .post, body: body).prompt)
            var iterator = response.body.makeAsyncIterator()
            try trial.equal(try await iterator.next(), Array("one".utf8), "the echo before the end of the upload")
            gate.open()
            var rest: [UInt8] = []
            while let piece = try await iterator.next() { rest += piece }
            try trial.equal(rest, Array("two".utf8), "the rest")
        },
        ConformanceCase("upload.echo", "1 MiB goes there and back") { trial in
            let server = try slowEcho(trial)
            let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let response = try await trial.send(trial.call(server, "/", .post, body: .bytes(bytes)))
            let back = try await response.body.collect(upTo: .max)
            try trial.check(back == bytes, "\(back.count) bytes came back, and they are not those that were sent")
        },
    ]
}

/// Says "one", and "two" once the gate is open.
private struct Turns: BodyReader {
    let gate: Checkpoint
    var turn: Int

    mutating func next() async throws -> [UInt8]? {
        turn += 1
        if turn == 1 { return Array("one".utf8) }
        await gate.opened()
        return turn == 2 ? Array("two".utf8) : nil
    }
}
