import TestServer
import TransportCore

/// Connections: when they are used again, what a dead one comes to, and streams on one.
extension ConformanceCase {
    static let connections: [ConformanceCase] = [
        ConformanceCase("connection.reuse", "a connection is used again, and that is told") { trial in
            let server = try trial.server { _ in .text("fine") }
            let call = try trial.call(server)
            var reused: [Bool] = []
            for _ in 0..<5 {
                let response = try await trial.send(call)
                _ = try await response.body.collect(upTo: 100)
                reused.append(response.reused)
            }
            try trial.equal(reused, [false, true, true, true, true], "reused")
            try trial.equal(server.connections.count, 1, "connections")
        },
        ConformanceCase("connection.routes", "routes that differ share no connection") { trial in
            let server = try trial.server { _ in .text("fine") }
            let call = try trial.call(server)
            _ = try await trial.text(call)
            _ = try await trial.text(call.with { $0.connect.rules.denied = [] })
            try trial.equal(server.connections.count, 1, "connections of equal routes")
            _ = try await trial.text(call.with { $0.tls.serverName = "tern.test" })
            try trial.equal(server.connections.count, 2, "connections of another server name")
        },
        ConformanceCase("connection.closed-idle", "a connection that the server closed while it rested is not used") {
            trial in
            let server = try trial.server([.init(TestServer.Reply.text("one").steps + [.close]), .text("two")])
            try trial.equal(try await trial.text(trial.call(server)), "one", "the first")
            try await server.wait { $0.openConnections == 0 || $0.connections.count > 1 }
            try trial.equal(try await trial.text(trial.call(server)), "two", "the second")
            try trial.equal(server.connections.count, 2, "connections")
        },
        ConformanceCase(
            "connection.dies-reused",
            "a connection that dies under its second exchange is told as reused, and nothing is "
                + "sent twice", over: ConformanceWay.allCases
        ) { trial in
            let server = try trial.server([.text("one"), [.receive, .close], .text("three")])
            try trial.equal(try await trial.text(trial.call(server)), "one", "the first")
            let error = try await trial.failure(trial.call(server, "/", .post, body: .text("content")))
            try trial.expect(error, .connectionClosed, .connectionReset, safety: .maybeProcessed, for: "the error")
            try trial.equal(error.reusedConnection, true, "reusedConnection")
            try trial.equal(server.recorded.exchangeCount, 2, "requests that the server saw")
            try await trial.stillWorks(trial.call(server), "three")
        },
        ConformanceCase(
            "connection.refused", "a port on which nobody listens is connectionRefused",
            over: [
                .http1, .http1TLS, .http2, .http2TLS,
            ]
        ) { trial in
            let server = try trial.server([], { $0.refusesConnections = true })
            let error = try await trial.failure(trial.call(server))
            try trial.expect(error, .connectionRefused, phase: .connect, safety: .notSent, for: "the error")
            try trial.check(
                error.message.contains("\(server.port)"), "the error does not name the port: \(error.message)")
        },
        ConformanceCase(
            "connection.reset-at-accept", "a connection that is reset at once is an error",
            over: [
                .http1, .http1TLS, .http2, .http2TLS,
            ]
        ) { trial in
            let server = try trial.server({ $0.connections = [.reset, .close] }, answer: { _ in .text("fine") })
            for _ in 0..<2 { _ = try await trial.failure(trial.call(server)) }
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("connection.many", "200 exchanges at once all end") { trial in
            let server = try trial.server { .text($0.target) }
            let call = try trial.call(server)
            let good = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let target = "/\(number)"
                        return try await trial.text(call.with { $0.url += "\(number)" }) == target
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try trial.equal(good, 200, "good answers")
            try trial.equal(server.recorded.exchangeCount, 200, "requests that the server saw")
        },
    ]

    static let streams: [ConformanceCase] = [
        ConformanceCase(
            "stream.refused", "a stream that is refused was not sent", needs: .exactRetrySafety,
            over: ConformanceWay.multiplexed
        ) { trial in
            let server = try trial.server([[.receive, .reset(.refused)], .text("fine")])
            try trial.expect(
                try await trial.failure(trial.call(server)), .streamRefused, safety: .notSent, for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("stream.reset-head", "a reset before the head", over: ConformanceWay.multiplexed) { trial in
            let codes: [TestServer.StreamCode] = [.internalError, .cancel, .protocolError, .excessiveLoad]
            let server = try trial.server(codes.map { [.receive, .reset($0)] } + [.text("fine")])
            for code in codes {
                let error = try await trial.failure(trial.call(server), "\(code)")
                try trial.expect(error, .streamReset, safety: .maybeProcessed, for: "after \(code)")
            }
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.equal(server.connections.count, 1, "connections")
        },
        ConformanceCase("stream.reset-body", "a reset in the content", over: ConformanceWay.multiplexed) { trial in
            let server = try trial.server([
                [.receive, .head(.ok), .body("half"), .wait(.milliseconds(2)), .reset(.internalError)], .text("fine"),
            ])
            let error = try await trial.failure(trial.call(server))
            try trial.expect(error, .streamReset, .bodyTruncated, phase: .body, safety: .processed, for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("stream.reset-upload", "a reset while the content goes", over: ConformanceWay.multiplexed) {
            trial in
            let server = try trial.server(
                { $0.asksAtHead = true },
                answer: { request in
                    request.method == .put ? [.receiveBytes(1), .reset(.internalError)] : .text("fine")
                })
            let error = try await trial.failure(trial.call(server, "/", .put, body: .zeros(64 << 20)))
            try trial.expect(error, .streamReset, safety: .maybeProcessed, for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase(
            "goaway.after", "what GOAWAY lets pass goes on; the next exchange gets a new connection",
            over: ConformanceWay.multiplexed
        ) { trial in
            let server = try trial.server([
                [.receive, .fault(.goAway(.this)), .wait(.milliseconds(5)), .head(.ok), .body("last"), .end],
                .text("next"),
            ])
            try trial.equal(try await trial.text(trial.call(server)), "last", "the exchange below the last stream")
            try await trial.stillWorks(trial.call(server), "next")
            try trial.equal(server.connections.count, 2, "connections")
        },
        ConformanceCase(
            "goaway.above", "what is above GOAWAY's last stream was not sent", needs: .exactRetrySafety,
            over: ConformanceWay.multiplexed
        ) { trial in
            let server = try trial.server([.text("one"), [.receive, .fault(.goAway(.previous))], .text("next")])
            try trial.equal(try await trial.text(trial.call(server)), "one", "the first")
            let error = try await trial.failure(trial.call(server, "/", .post, body: .text("x")))
            try trial.expect(error, .goAway, .streamRefused, safety: .notSent, for: "the error")
            try await trial.stillWorks(trial.call(server), "next")
        },
        ConformanceCase(
            "goaway.error", "GOAWAY with an error ends the exchange, and no loop begins",
            over: ConformanceWay.multiplexed
        ) { trial in
            let server = try trial.server { request in
                request.path == "/" ? .text("fine") : [.receive, .fault(.goAway(.none, .excessiveLoad)), .close]
            }
            _ = try await trial.failure(trial.call(server, "/calm"))
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.equal(server.recorded.exchangeCount, 2, "requests that the server saw")
        },
        ConformanceCase("goaway.warning", "a warning of the end harms nobody", over: ConformanceWay.multiplexed) {
            trial in
            let server = try trial.server([
                [.receive, .fault(.goAway(.warning)), .head(.ok), .body("one"), .end], .text("two"),
            ])
            try trial.equal(try await trial.text(trial.call(server)), "one", "the first")
            try await trial.stillWorks(trial.call(server), "two")
        },
        ConformanceCase(
            "stream.limit", "more exchanges than streams wait their turn", over: ConformanceWay.multiplexed
        ) { trial in
            let server = try trial.server({ $0.maximumStreams = 3 }, answer: { .text($0.target) })
            let call = try trial.call(server)
            _ = try await trial.text(call)
            let good = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<40 { group.addTask { try await trial.text(call) == "/" } }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try trial.equal(good, 40, "good answers")
        },
        ConformanceCase("stream.unknown-frames", "frames of unknown kinds are ignored", over: ConformanceWay.allHTTP2) {
            trial in
            let server = try trial.server([
                [.receive, .fault(.flood(.unknown, count: 3)), .head(.ok), .body("fine"), .end]
            ])
            try trial.equal(try await trial.text(trial.call(server)), "fine", "the answer")
        },
    ]
}
