import TestServer

/// Routes about time, streams and sizes.
extension Routes {
    /// Bytes that one answer may have: 1 GiB.
    static let sizeLimit = 1 << 30

    static let timing: [Route] = [
        Route("/delay/SECONDS: waits before it answers, ten minutes at most") { visit in
            let wait = visit.seconds(visit.parts.dropFirst().first, else: 1)
            let answer = json([("url", .text(visit.request.target))])
            return .init([.receive, .wait(wait)] + answer.steps.dropFirst())
        },
        Route("/drip?numbytes=N&duration=SECONDS&delay=SECONDS&code=CODE: bytes, evenly over time", [.get]) { visit in
            let count = min(max(visit["numbytes"].flatMap(Int.init) ?? 10, 1), 1 << 20)
            let duration = visit.seconds(visit["duration"], else: 2)
            let code = visit["code"].flatMap(Int.init) ?? 200
            let status = HTTPResponse.Status(code: (200...599).contains(code) ? code : 200)
            return [
                .receive, .wait(visit.seconds(visit["delay"], else: 0)),
                .head(status, [.contentType: "application/octet-stream"]),
                .drip([UInt8](repeating: 0x2A, count: count), piece: 1, every: duration / max(1, count - 1)), .end,
            ]
        },
        Route("/stream/N: N lines of JSON, each a piece", [.get]) { visit in
            let count = visit.number(in: 0...10_000, else: 10)
            let lines = (0..<count).map { number in
                let line = JSONText.object([("id", .number(number)), ("url", .text(visit.request.target))]).line
                return TestServer.Step.body(line + "\n")
            }
            return .init(
                [.receive, .head(.ok, [.contentType: "application/json"])]
                    + lines + [.end])
        },
        Route("/stream-bytes/N: N bytes in pieces, 1 GiB at most", [.get]) { bytes($0, isPieces: true) },
        Route("/bytes/N?seed=S: N bytes that look random, the same for the same seed", [.get]) {
            bytes($0, isPieces: false)
        },
        Route("/range/N: N letters; Range is heeded", [.get]) { range($0) },
        Route("/sse?count=N&interval=SECONDS: server-sent events", [.get]) { events($0) },
        Route("/trailers: fields behind the content", [.get]) { _ in
            var trailers: HTTPFields = [.eTag: "\"at the end\""]
            if let name = HTTPField.Name("X-Checksum") { trailers[name] = "f00d" }
            return [.receive, .head(.ok, [.trailer: "ETag, X-Checksum"]), .body("see below\n"), .trailers(trailers)]
        },
        Route("/early-hints: 103 (Early Hints) before the answer", [.get]) { _ in
            var hints = HTTPFields()
            if let link = HTTPField.Name("Link") { hints[link] = "</style.css>; rel=preload; as=style" }
            return [
                .receive, .inform(HTTPResponse.Status(code: 103, reasonPhrase: "Early Hints"), hints),
                .wait(.milliseconds(10)), .head(.ok, [.contentType: "text/plain"]), .body("hints came first\n"), .end,
            ]
        },
    ]

    private static func bytes(_ visit: Visit, isPieces: Bool) -> TestServer.Reply {
        let count = visit.number(in: 0...sizeLimit, else: 1_024)
        let seed = visit["seed"].flatMap(UInt64.init) ?? 0
        let source = Pattern(count: count, seed: seed)
        var fields: HTTPFields = [.contentType: "application/octet-stream"]
        if !isPieces { fields[.contentLength] = String(count) }
        return [.receive, .head(.ok, fields), .generated { source.next() }, .end]
    }

    private static func range(_ visit: Visit) -> TestServer.Reply {
        let count = visit.number(in: 1...(1 << 20), else: 1_024)
        let letters = (0..<count).map { UInt8(0x61 + $0 % 26) }
        return Ranges.reply(
            letters, to: visit.request, fields: [.eTag: "\"range\(count)\"", .contentType: "text/plain"])
    }

    private static func events(_ visit: Visit) -> TestServer.Reply {
        let count = min(max(visit["count"].flatMap(Int.init) ?? 3, 0), 10_000)
        let pause = visit.seconds(visit["interval"], else: 0.1)
        let first = visit.request["Last-Event-ID"].flatMap(Int.init).map { $0 + 1 } ?? 0
        var steps: [TestServer.Step] = [
            .receive, .head(.ok, [.contentType: "text/event-stream", .cacheControl: "no-store"]),
        ]
        for number in first..<max(first, first.addingReportingOverflow(count).partialValue) {
            if number > first { steps.append(.wait(pause)) }
            steps.append(.body("id: \(number)\nevent: tern\ndata: {\"number\": \(number)}\n\n"))
        }
        return .init(steps + [.end])
    }
}

/// Bytes that look random, made when they are asked for. Used by one thread.
private final class Pattern: @unchecked Sendable {
    private var left: Int
    private var state: UInt64

    init(count: Int, seed: UInt64) {
        left = count
        state = seed &* 2 &+ 1
    }

    func next() -> [UInt8]? {
        guard left > 0 else { return nil }
        var bytes: [UInt8] = []
        let count = min(left, 1 << 16)
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.append(UInt8(truncatingIfNeeded: state >> 56))
        }
        left -= count
        return bytes
    }
}
