import TestServer
import TransportCore

/// When `send` returns, and backpressure.
extension ConformanceCase {
    static let delivery: [ConformanceCase] = [
        ConformanceCase("delivery.prompt", "with prompt delivery, send returns when the head is in") { trial in
            let gate = Checkpoint()
            let server = try trial.server([[.receive, .head(.ok), .body("a"), .hold(gate), .body("b"), .end]])
            let response = try await trial.send(trial.call(server).prompt)
            try trial.check(response.body.whole == nil, "the body is whole already")
            var iterator = response.body.makeAsyncIterator()
            try trial.equal(try await iterator.next(), Array("a".utf8), "the first piece")
            gate.open()
            try trial.equal(try await iterator.next(), Array("b".utf8), "the second piece")
            try trial.equal(try await iterator.next(), nil, "the end")
            try trial.equal(try await iterator.next(), nil, "the end, again")
        },
        ConformanceCase("delivery.head-alone", "with prompt delivery, a head without content is enough") { trial in
            let server = try trial.server([[.receive, .head(.ok), .stall]])
            let response = try await trial.send(trial.call(server).prompt)
            try trial.equal(response.status.code, 200, "the status")
        },
        ConformanceCase("delivery.whole", "with whole delivery, send returns once, with everything") { trial in
            let server = try trial.server([
                [.receive, .head(.ok), .drip(Array("abcdef".utf8), piece: 1, every: .milliseconds(1)), .end]
            ])
            let response = try await trial.send(trial.call(server))
            try trial.equal(response.body.whole, Array("abcdef".utf8), "the body")
        },
        ConformanceCase("delivery.cap", "a body beyond the cap is handed over live, from its first byte") { trial in
            let server = try trial.server { _ in [.receive, .head(.ok), .repeating([1, 2, 3, 4], times: 50_000), .end] }
            let call = try trial.call(server).with { $0.delivery = .whole(upTo: 1_000) }
            let response = try await trial.send(call)
            try trial.check(response.body.whole == nil, "the body is whole")
            let bytes = try await response.body.collect(upTo: 1 << 20)
            try trial.equal(bytes.count, 200_000, "bytes")
            try trial.check(bytes.prefix(5) == [1, 2, 3, 4, 1], "the first bytes are \(bytes.prefix(5))")
        },
        ConformanceCase("delivery.empty", "an empty body ends at once, however it is framed") { trial in
            let server = try trial.server([
                [.receive, .head(.ok), .end], [.receive, .head(.ok, [.contentLength: "0"]), .end],
                [.receive, .head(.ok), .wait(.milliseconds(1)), .bytes([]), .trailers([.eTag: "x"])],
            ])
            for _ in 0..<3 {
                try trial.equal(try await trial.send(trial.call(server)).body.collect(upTo: 10), [], "the body")
            }
        },
        ConformanceCase("delivery.large", "8 MiB come whole and unharmed") { trial in
            let pattern = (0..<4_099).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let server = try trial.server { _ in [.receive, .head(.ok), .repeating(pattern, times: 2_047), .end] }
            let bytes = try await trial.send(trial.call(server).prompt).body.collect(upTo: .max)
            try trial.equal(bytes.count, 4_099 * 2_047, "bytes")
            for start in stride(from: 0, to: bytes.count, by: 4_099 * 97) {
                try trial.check(
                    bytes[start..<start + 4_099].elementsEqual(pattern), "the bytes from \(start) on are wrong")
            }
        },
        ConformanceCase("delivery.drip", "pieces come one by one, as small as they are") { trial in
            let server = try trial.server([
                [
                    .receive, .head(.ok), .drip(Array(repeating: 1, count: 50), piece: 1, every: .microseconds(500)),
                    .end,
                ]
            ])
            try trial.equal(
                try await trial.send(trial.call(server).prompt).body.collect(upTo: 100).count, 50, "bytes")
        },
        ConformanceCase(
            "backpressure.bounded", "what a slow reader leaves unread is bounded: the server has to wait",
            needs: .boundedUnreadBody
        ) { trial in
            let endless = [UInt8](repeating: 1, count: 1 << 16)
            let server = try trial.server { request in
                request.path == "/endless"
                    ? [.receive, .head(.ok), .repeating(endless, times: 1_000), .end] : .text("fine")
            }
            let response = try await trial.send(trial.call(server, "/endless").prompt)
            // Time for a transport without a bound to take much more.
            for _ in 0..<20 { try await trial.stillWorks(trial.call(server), "fine") }
            try await SystemClock().sleep(for: .milliseconds(100))
            let sent = server.connections.map(\.sent).reduce(0, +)
            // The kernel's buffers of loopback hold up to 6 MiB on HTTP/1.1.
            try trial.check(sent < 16 << 20, "the server has sent \(sent) bytes that nobody reads")
            let all = try await response.body.collect(upTo: .max).count
            try trial.equal(all, 1_000 << 16, "bytes in all")
        },
        ConformanceCase(
            "backpressure.neighbours", "a reader that stalls does not hold up others on the connection",
            over: ConformanceWay.multiplexed
        ) { trial in
            let endless = [UInt8](repeating: 1, count: 1 << 16)
            let server = try trial.server { request in
                request.path == "/endless"
                    ? [.receive, .head(.ok), .repeating(endless, times: .max), .end] : .text("fine")
            }
            let stalled = try await trial.send(trial.call(server, "/endless").prompt)
            for _ in 0..<50 { try await trial.stillWorks(trial.call(server), "fine") }
            try trial.equal(server.connections.count, 1, "connections")
            stalled.body.cancel()
        },
        ConformanceCase(
            "backpressure.dropped", "dropped and half-read bodies leave nothing behind", over: ConformanceWay.allCases
        ) { trial in
            let endless = [UInt8](repeating: 1, count: 1 << 16)
            let server = try trial.server { request in
                request.path == "/endless"
                    ? [.receive, .head(.ok), .repeating(endless, times: .max), .end] : .text("fine")
            }
            for round in 0..<6 {
                let response = try await trial.send(trial.call(server, "/endless").prompt)
                if round % 2 == 1 {
                    var iterator = response.body.makeAsyncIterator()
                    _ = try await iterator.next()
                }
            }
            try await server.wait { $0.exchanges.allSatisfy { $0.ending != nil } }
            try await trial.stillWorks(trial.call(server), "fine")
            let open = server.recorded.openConnections
            try trial.check(open <= 1, "\(open) connections are open")
        },
    ]
}
