import TestServer
import TransportCore

/// Cancelling and time.
extension ConformanceCase {
    /// Cancels `call` once `isReached` holds of the server, and gives the error and how long it took to come.
    private static func cancelled(
        _ trial: Trial, _ call: Call, at server: TestServer,
        when isReached: @escaping @Sendable (TestServer.Recorded) -> Bool
    ) async throws -> TransportError {
        let task = Task { () throws -> TransportResponse in
            let response = try await trial.send(call)
            _ = try await response.body.collect(upTo: .max)
            return response
        }
        try await server.wait(until: isReached)
        let start = ContinuousClock.now
        task.cancel()
        let result = await task.result
        let time = ContinuousClock.now - start
        try trial.check(time < .seconds(2), "it took \(time) until cancelling was noticed")
        guard case .failure(let error) = result else { throw ConformanceFailure("it was answered") }
        guard let error = error as? TransportError else { throw ConformanceFailure("\(error) came") }
        return error
    }

    static let cancelling: [ConformanceCase] = [
        ConformanceCase("cancel.head", "cancelling while waiting for the head ends it at once") { trial in
            let server = try trial.server { request in request.path == "/never" ? .silence : .text("fine") }
            let error = try await cancelled(trial, trial.call(server, "/never"), at: server) { !$0.exchanges.isEmpty }
            try trial.expect(error, .cancelled, safety: .maybeProcessed, for: "the error")
            try await server.wait { $0.exchanges[0].ending != nil }
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("cancel.body", "cancelling while the content comes ends it at once") { trial in
            let server = try trial.server { request in
                request.path == "/never" ? [.receive, .head(.ok), .body("x"), .stall] : .text("fine")
            }
            let error = try await cancelled(trial, trial.call(server, "/never").prompt, at: server) {
                $0.exchanges.first?.status != nil
            }
            try trial.expect(error, .cancelled, for: "the error")
            try await server.wait { $0.exchanges[0].ending != nil }
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("cancel.upload", "cancelling while the content goes ends it at once") { trial in
            let server = try trial.server(
                { $0.asksAtHead = true },
                answer: { request in
                    request.path == "/never" ? [.stall] : .text("fine")
                })
            let call = try trial.call(server, "/never", .put, body: .zeros(64 << 20))
            let error = try await cancelled(trial, call, at: server) { !$0.exchanges.isEmpty }
            try trial.expect(error, .cancelled, for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("cancel.tls", "cancelling in the TLS handshake ends it at once", over: ConformanceWay.secureTCP)
        {
            trial in
            let server = try trial.server({ $0.connections = [.handshake(.stall)] }, answer: { _ in .text("fine") })
            let error = try await cancelled(trial, trial.call(server), at: server) {
                ($0.connections.first?.received ?? 0) > 0 || $0.connections.first?.failure != nil
            }
            try trial.expect(error, .cancelled, safety: .notSent, for: "the error")
        },
        ConformanceCase(
            "cancel.resolve", "cancelling while the name is looked up ends it at once", needs: .customResolver,
            over: ConformanceWay.allCases
        ) { trial in
            let server = try trial.server { _ in .text("") }
            let resolver = SilentResolver()
            var call = try trial.call(server)
            call.url = call.url.replacingHost(with: "slow.example")
            call.connect.resolver = resolver
            let exchange = try call.exchange()
            let task = Task { try await trial.transport.send(exchange) }
            await resolver.asked.opened()
            task.cancel()
            guard case .failure(let error as TransportError) = await task.result else {
                throw ConformanceFailure("it was answered")
            }
            try trial.expect(error, .cancelled, safety: .notSent, for: "the error")
            try trial.equal(server.connections.count, 0, "connections")
        },
        ConformanceCase("cancel.before", "a task that is cancelled already sends nothing") { trial in
            let server = try trial.server { _ in .text("") }
            let exchange = try trial.call(server).exchange()
            // Cancelling opens the gate.
            let gate = Checkpoint()
            let task = Task {
                await gate.opened()
                return try await trial.transport.send(exchange)
            }
            task.cancel()
            guard case .failure(let error as TransportError) = await task.result else {
                throw ConformanceFailure("it was answered")
            }
            try trial.expect(error, .cancelled, for: "the error")
        },
        ConformanceCase(
            "cancel.neighbours", "cancelling one spares the others on the connection", over: ConformanceWay.multiplexed
        ) { trial in
            let gate = Checkpoint()
            let server = try trial.server { request in
                request.path == "/never" ? .silence : [.receive, .hold(gate), .head(.ok), .body("fine"), .end]
            }
            let fine = try trial.call(server)
            async let other = trial.text(fine)
            try await server.wait { !$0.exchanges.isEmpty }
            _ = try await cancelled(trial, trial.call(server, "/never"), at: server) { $0.exchanges.count == 2 }
            gate.open()
            try trial.equal(try await other, "fine", "the neighbour")
            try trial.equal(server.connections.count, 1, "connections")
        },
        ConformanceCase("cancel.dropped", "dropping a live body ends the exchange") { trial in
            let server = try trial.server { request in
                request.path == "/never" ? [.receive, .head(.ok), .body("x"), .stall] : .text("fine")
            }
            do {
                let response = try await trial.send(trial.call(server, "/never").prompt)
                try trial.equal(response.status.code, 200, "the status")
            }
            try await server.wait { $0.exchanges[0].ending != nil }
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("cancel.body-cancel", "cancel() of a body ends it, and reading then throws") { trial in
            let server = try trial.server { _ in [.receive, .head(.ok), .body("x"), .stall] }
            let response = try await trial.send(trial.call(server, "/never").prompt)
            response.body.cancel()
            response.body.cancel()
            do {
                _ = try await response.body.collect(upTo: 10)
                throw ConformanceFailure("reading ended well")
            } catch let error as TransportError { try trial.expect(error, .cancelled, for: "the error") }
            try await server.wait { $0.exchanges[0].ending != nil }
        },
    ]

    private static func late(_ trial: Trial, _ call: Call, _ code: TransportError.Code) async throws -> TransportError {
        let start = ContinuousClock.now
        let error = try await trial.failure(call)
        let time = ContinuousClock.now - start
        try trial.equal(error.code, code, "the error")
        try trial.check(error.elapsed != nil, "the error does not say what elapsed")
        try trial.check(time < .seconds(4), "it took \(time)")
        return error
    }

    static let timeouts: [ConformanceCase] = [
        ConformanceCase("timeout.first-byte", "no head in time is firstByteTimeout") { trial in
            let server = try trial.server { $0.path == "/" ? .text("fine") : .silence }
            var call = try trial.call(server, "/never")
            call.options.timeouts.firstByte = .milliseconds(100)
            let error = try await late(trial, call, .firstByteTimeout)
            try trial.expect(error, .firstByteTimeout, phase: .head, safety: .maybeProcessed, for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("timeout.informational", "each 1xx response starts the time for the first byte anew") { trial in
            var steps = [TestServer.Step.receive]
            for _ in 0..<4 { steps += [.wait(.milliseconds(100)), .inform(.init(code: 102))] }
            steps += [.wait(.milliseconds(100)), .head(.ok), .body("fine"), .end]
            let server = try trial.server([.init(steps)])
            var call = try trial.call(server)
            call.options.timeouts.firstByte = .milliseconds(350)
            try trial.equal(try await trial.text(call), "fine", "the answer")
        },
        ConformanceCase("timeout.idle-read", "content that stalls is idleReadTimeout") { trial in
            let server = try trial.server {
                $0.path == "/" ? .text("fine") : [.receive, .head(.ok), .body("x"), .stall]
            }
            var call = try trial.call(server, "/never")
            call.options.timeouts.idleRead = .milliseconds(100)
            let error = try await late(trial, call, .idleReadTimeout)
            try trial.expect(error, .idleReadTimeout, phase: .body, safety: .processed, for: "the error")
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("timeout.slow-reader", "time in which the reader does not read is not counted") { trial in
            let server = try trial.server { _ in
                [.receive, .head(.ok), .repeating([UInt8](repeating: 1, count: 1 << 16), times: 80), .end]
            }
            var call = try trial.call(server).prompt
            call.options.timeouts.idleRead = .milliseconds(150)
            let response = try await trial.send(call)
            try await SystemClock().sleep(for: .milliseconds(400))
            try trial.equal(try await response.body.collect(upTo: .max).count, 80 << 16, "bytes")
        },
        ConformanceCase("timeout.idle-write", "content that the server does not take is idleWriteTimeout") { trial in
            let server = try trial.server({ $0.asksAtHead = true }, answer: { _ in [.stall] })
            var call = try trial.call(server, "/", .put, body: .zeros(256 << 20))
            call.options.timeouts.idleWrite = .milliseconds(150)
            call.options.timeouts.firstByte = .seconds(15)
            let error = try await late(trial, call, .idleWriteTimeout)
            try trial.expect(error, .idleWriteTimeout, phase: .send, safety: .maybeProcessed, for: "the error")
        },
        ConformanceCase("timeout.attempt", "an attempt that takes too long is attemptTimeout") { trial in
            let server = try trial.server { _ in
                [
                    .receive, .head(.ok),
                    .drip([UInt8](repeating: 1, count: 1_000), piece: 1, every: .milliseconds(20)), .end,
                ]
            }
            var call = try trial.call(server)
            call.options.timeouts.attempt = .milliseconds(150)
            _ = try await late(trial, call, .attemptTimeout)
        },
        ConformanceCase("timeout.total", "a deadline that passes is totalTimeout, in every phase") { trial in
            let server = try trial.server { request in
                request.path == "/head" ? .silence : [.receive, .head(.ok), .body("x"), .stall]
            }
            for path in ["/head", "/body"] {
                var call = try trial.call(server, path)
                call.deadline = SystemClock().now.advanced(by: .milliseconds(150))
                _ = try await late(trial, call, .totalTimeout)
            }
            var call = try trial.call(server)
            call.deadline = SystemClock().now.advanced(by: .seconds(-1))
            let error = try await trial.failure(call)
            try trial.expect(error, .totalTimeout, safety: .notSent, for: "a deadline that is past")
        },
        ConformanceCase("timeout.tls", "a handshake that stalls is tlsTimeout", over: ConformanceWay.secureTCP) {
            trial in
            let server = try trial.server(
                { $0.connections = [.handshake(.stall), .stall] }, answer: { _ in .text("fine") })
            for _ in 0..<2 {
                var call = try trial.call(server)
                call.options.timeouts.tls = .milliseconds(100)
                let error = try await late(trial, call, .tlsTimeout)
                try trial.expect(error, .tlsTimeout, phase: .tls, safety: .notSent, for: "the error")
            }
            try await trial.stillWorks(trial.call(server), "fine")
        },
        ConformanceCase("timeout.resolve", "a name that is not found in time is resolveTimeout", needs: .customResolver)
        {
            trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server)
            call.url = call.url.replacingHost(with: "slow.example")
            call.connect.resolver = SilentResolver()
            call.options.timeouts.resolve = .milliseconds(100)
            let error = try await late(trial, call, .resolveTimeout)
            try trial.expect(error, .resolveTimeout, phase: .resolve, safety: .notSent, for: "the error")
        },
    ]
}

/// A resolver that never answers.
private final class SilentResolver: Resolver {
    let asked = Checkpoint()

    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        asked.open()
        try? await SystemClock().sleep(for: .seconds(30))
        throw ResolveError(.cancelled, message: "the look-up of \(host) was cancelled")
    }
}

extension String {
    /// The URL with another host: its address is an IPv4 one.
    func replacingHost(with host: String) -> String {
        guard let start = range(of: "://") else { return self }
        let rest = self[start...]
        guard let end = rest.firstIndex(where: { $0 == ":" || $0 == "/" }) else { return self }
        return self[..<start] + host + self[end...]
    }

    /// Where what follows `text` begins.
    private func range(of text: String) -> Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
