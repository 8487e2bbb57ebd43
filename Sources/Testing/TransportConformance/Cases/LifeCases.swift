import TestServer
import TransportCore

/// The transport itself: what it refuses, and how it ends.
extension ConformanceCase {
    static let life: [ConformanceCase] = [
        ConformanceCase("life.unsupported", "what the transport lacks is refused before a byte is sent") { trial in
            let server = try trial.server { _ in .text("fine") }
            let able = trial.transport.capabilities(over: trial.way.protocols)
            let wishes: [(Feature, (inout Call) -> Void)] = [
                (.rateCaps, { $0.options.rates.receive = 1_000_000 }),
                (.expectContinue, { $0.options.expectContinue = .milliseconds(1) }),
                (.interface, { $0.connect.interface = "lo" }),
                (.addressRules, { $0.connect.rules.deniesPrivate = true }),
                (.unixSocket, { $0.connect.unixSocket = "/nowhere" }),
                (.httpProxy, { $0.proxy = ProxyOptions(.http, host: "127.0.0.1", port: 1) }),
                (.socks4Proxy, { $0.proxy = ProxyOptions(.socks4, host: "127.0.0.1", port: 1) }),
                (.socks5Proxy, { $0.proxy = ProxyOptions(.socks5, host: "127.0.0.1", port: 1) }),
            ]
            for (feature, wish) in wishes where !able.has(feature) {
                let call = try trial.call(server).with { wish(&$0) }
                let error = try await trial.failure(call, "\(feature)")
                try trial.expect(error, .unsupported, safety: .notSent, for: "\(feature)")
                try trial.check(
                    able.gaps.contains { !$0.feature.isDisjoint(with: feature) }, "no reason is given for \(feature)")
            }
            try trial.equal(server.connections.count, 0, "connections")
        },
        ConformanceCase("life.no-protocol", "a set of protocols of which it has none is refused", over: [.http1]) {
            trial in
            let server = try trial.server { _ in .text("fine") }
            let call = try trial.call(server).with { $0.connect.protocols = [] }
            let error = try await trial.failure(call)
            try trial.expect(error, .unsupported, safety: .notSent, for: "the error")
            try trial.equal(server.connections.count, 0, "connections")
        },
        ConformanceCase("life.shutdown", "after shutdown nothing is sent, and connections are closed") { trial in
            let server = try trial.server { _ in .text("fine") }
            try await trial.stillWorks(trial.call(server), "fine")
            await trial.transport.shutdown(by: nil)
            try trial.expect(try await trial.failure(trial.call(server)), .closed, safety: .notSent, for: "the error")
            try await server.wait { $0.openConnections == 0 }
            await trial.transport.shutdown(by: nil)
        },
        ConformanceCase("life.shutdown-waits", "shutdown lets what is under way end") { trial in
            let gate = Checkpoint()
            let server = try trial.server([[.receive, .head(.ok), .body("a"), .hold(gate), .body("b"), .end]])
            let call = try trial.call(server)
            async let answer = trial.text(call)
            try await server.wait { $0.exchanges.first?.status != nil }
            async let end: Void = trial.transport.shutdown(by: nil)
            gate.open()
            try trial.equal(try await answer, "ab", "what was under way")
            await end
        },
        ConformanceCase("life.shutdown-deadline", "at its deadline shutdown ends what is left") { trial in
            let server = try trial.server { _ in .silence }
            let call = try trial.call(server)
            let task = Task { try await trial.failure(call) }
            try await server.wait { !$0.exchanges.isEmpty }
            let start = ContinuousClock.now
            await trial.transport.shutdown(by: SystemClock().now.advanced(by: .milliseconds(50)))
            let error = try await task.value
            try trial.expect(error, .closed, .cancelled, for: "the error")
            try trial.check(ContinuousClock.now - start < .seconds(3), "it took \(ContinuousClock.now - start)")
        },
        ConformanceCase(
            "life.two", "two transports share nothing: ending one spares the other", over: [.http1, .http2TLS]
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            try await trial.stillWorks(trial.call(server), "fine")
            let other = trial.another()
            let exchange = try trial.call(server).exchange()
            _ = try await other.send(exchange)
            await other.shutdown(by: nil)
            try await trial.stillWorks(trial.call(server), "fine")
            try trial.equal(server.connections.count, 2, "connections")
        },
    ]
}
