import CurlTransport
import Synchronization
import TestKit
import Testing
import TransportCore

/// Never answers, unless its task is cancelled.
final class SilentResolver: Resolver {
    let asked: Signal
    init() throws { asked = try Signal() }
    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        asked.fire()
        do {
            try await Task.sleep(for: .seconds(3_600))
        } catch {}
        throw ResolveError(.cancelled, message: "cancelled")
    }
}

@Suite("CurlTransport, cancelling and timeouts")
struct CancellationTests {
    let transport = CurlTransport()

    private func cancelled(_ sending: Sending, when signal: Signal) async throws -> TransportError? {
        let exchange = try sending.exchange()
        let transport = transport
        let task = Task { () -> TransportError? in
            do {
                let response = try await transport.send(exchange)
                _ = try await response.body.collect(upTo: .max)
                return nil
            } catch { return error as? TransportError }
        }
        try await signal.wait()
        task.cancel()
        return await task.value
    }

    @Test("cancelled while the host is looked up, though the resolver is slow")
    func whileResolving() async throws {
        let resolver = try SilentResolver()
        let sending = Sending("http://slow.test/").with { $0.connect.resolver = resolver }
        let error = try await cancelled(sending, when: resolver.asked)
        #expect(error?.code == .cancelled)
        #expect(error?.phase == .resolve)
        #expect(error?.retrySafety == .notSent)
    }

    @Test("cancelled while the response is awaited, in its body, and while the request goes out")
    func onTheWay() async throws {
        let waiting = try Signal()
        let silent = try RawServer(.readHead, .fire(waiting), .readToEnd)
        let first = try await cancelled(Sending(silent.url("/")), when: waiting)
        #expect(first?.code == .cancelled)
        #expect(first?.phase == .head)
        #expect(first?.retrySafety == .maybeProcessed)
        try await silent.waitForEnd()

        let begun = try Signal()
        let stalled = try RawServer(
            .readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"), .fire(begun), .readToEnd)
        let second = try await cancelled(Sending(stalled.url("/")), when: begun)
        #expect(second?.code == .cancelled)
        try await stalled.waitForEnd()

        let asked = try Signal()
        let deaf = try RawServer(.readHead, .fire(asked), .wait(until: try Signal()))
        let large = Sending(deaf.url("/"), .put, body: .bytes([UInt8](repeating: 7, count: 64 << 20)))
        let third = try await cancelled(large, when: asked)
        #expect(third?.code == .cancelled)
        #expect(third?.phase == .send)
        deaf.stop()
    }

    @Test("cancelled during the TLS handshake and while connecting through a silent proxy")
    func whileConnecting() async throws {
        let hello = try Signal()
        let mute = try RawServer(.readBody(10), .fire(hello), .readToEnd)
        let error = try await cancelled(Sending("https://127.0.0.1:\(mute.port)/"), when: hello)
        #expect(error?.code == .cancelled)
        #expect(error?.phase == .tls)
        try await mute.waitForEnd()

        let asked = try Signal()
        let proxy = try RawServer(.readHead, .fire(asked), .readToEnd)
        let through = Sending("https://origin.test/").with {
            $0.proxy = ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port))
        }
        let second = try await cancelled(through, when: asked)
        #expect(second?.code == .cancelled)
        #expect(second?.phase == .connect)
    }

    @Test("cancelled in the queue, and the others go on", .requires(.nginx))
    func whileQueued() async throws {
        var pool = PoolLimits()
        pool.connectionsPerOrigin = 1
        let transport = CurlTransport(configuration: .init(pool: pool))
        let (begun, go) = (try Signal(), try Signal())
        let server = try RawServer(
            .readHead, .fire(begun), .wait(until: go), .ok("first"), .loop([.readHead, .ok("later")]))
        let exchange = try Sending(server.url("/")).exchange()
        async let first = transport.send(exchange).text()
        try await begun.wait()
        let queued = try Signal()
        let waiting = Task {
            try await transport.send(
                Exchange(exchange.request, over: exchange.route) { event in if event.phase == "queued" { queued.fire() }
                })
        }
        try await queued.wait()
        async let last = transport.send(exchange).text()
        waiting.cancel()
        let error = await #expect(throws: TransportError.self) { _ = try await waiting.value }
        #expect(error?.code == .cancelled)
        #expect(error?.phase == .queue)
        #expect(error?.retrySafety == .notSent)
        go.fire()
        #expect(try await first == "first")
        #expect(try await last == "later")
        #expect(server.connectionCount == 1)
    }

    @Test("a stream of HTTP/2 that is cancelled or dropped leaves its neighbours alone", .requires(.nginx))
    func neighbours() async throws {
        let nginx = try await NginxServer.shared()
        let slow = Sending(nginx.url("/slow/1048576", .tls)).trusting(nginx.ca).with { $0.delivery = .prompt }
        let exchange = try slow.exchange()
        let kept = try await transport.send(exchange)
        var dropped: TransportResponse? = try await transport.send(exchange)
        let cancelled = try await transport.send(exchange)
        #expect(kept.connection.id == cancelled.connection.id)
        #expect(dropped != nil)
        dropped = nil
        cancelled.body.cancel()
        await #expect(throws: TransportError.self) { _ = try await cancelled.body.collect(upTo: .max) }
        let next = try Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).exchange()
        let after = try await transport.send(Exchange(next.request, over: exchange.route))
        #expect(after.connection.id == kept.connection.id)
        var iterator = kept.body.makeAsyncIterator()
        #expect(try await iterator.next()?.isEmpty == false)
    }

    @Test("each timeout has its own code and phase, and tells what elapsed")
    func timeouts() async throws {
        func expect(
            _ code: TransportError.Code, _ phase: TransportError.Phase, _ sending: Sending,
            _ key: WritableKeyPath<Timeouts, Duration?>, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            var options = ExchangeOptions()
            options.timeouts = .none
            options.timeouts[keyPath: key] = .milliseconds(60)
            let error = try await transport.failure(of: sending.with { $0.options = options })
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
            #expect(error.phase == phase, "\(error)", sourceLocation: sourceLocation)
            #expect((error.elapsed ?? .zero) >= .milliseconds(60), sourceLocation: sourceLocation)
            #expect((error.elapsed ?? .zero) < .seconds(5), sourceLocation: sourceLocation)
        }
        let resolver = try SilentResolver()
        try await expect(
            .resolveTimeout, .resolve, Sending("http://slow.test/").with { $0.connect.resolver = resolver }, \.resolve)
        let mute = try RawServer(.readToEnd)
        try await expect(.firstByteTimeout, .head, Sending(mute.url("/")), \.firstByte)
        try await expect(.attemptTimeout, .head, Sending(mute.url("/")), \.attempt)
        try await expect(.tlsTimeout, .tls, Sending("https://127.0.0.1:\(mute.port)/"), \.tls)
        let stalled = try RawServer(.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), .readToEnd)
        try await expect(.idleReadTimeout, .body, Sending(stalled.url("/")), \.idleRead)
        let deaf = try RawServer(.readHead, .wait(until: try Signal()))
        let large = Sending(deaf.url("/"), .put, body: .bytes([UInt8](repeating: 7, count: 64 << 20)))
        try await expect(.idleWriteTimeout, .send, large, \.idleWrite)
        let proxy = try RawServer(.readToEnd)
        let through = Sending("https://origin.test/").with {
            $0.proxy = ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port))
        }
        try await expect(.connectTimeout, .connect, through, \.connect)
        deaf.stop()
    }

    @Test("the wait for a connection, and the deadline, have their limits too")
    func poolAndDeadline() async throws {
        var pool = PoolLimits()
        pool.connectionsPerOrigin = 1
        let transport = CurlTransport(configuration: .init(pool: pool))
        let begun = try Signal()
        let mute = try RawServer(.readHead, .fire(begun), .readToEnd)
        let exchange = try Sending(mute.url("/")).exchange()
        let first = Task { try await transport.send(exchange) }
        try await begun.wait()
        var options = ExchangeOptions()
        options.timeouts.poolWait = .milliseconds(50)
        let impatient = Exchange(exchange.request, over: exchange.route, options: options)
        let error = await #expect(throws: TransportError.self) { _ = try await transport.send(impatient) }
        #expect(error?.code == .poolTimeout)
        #expect(error?.phase == .queue)
        #expect(error?.retrySafety == .notSent)
        let late = Exchange(
            exchange.request, over: exchange.route, deadline: SystemClock().now.advanced(by: .milliseconds(50)))
        let total = await #expect(throws: TransportError.self) { _ = try await transport.send(late) }
        #expect(total?.code == .totalTimeout)
        first.cancel()
        _ = await first.result
    }
}

@MainActor private func fetchOnMain(_ exchange: Exchange, by transport: CurlTransport) async throws {
    _ = try await transport.send(exchange)
    MainActor.preconditionIsolated()
}

@Suite("CurlTransport, cancelled at once, and streams that run out")
struct EdgeTests {
    let transport = CurlTransport()

    @Test("a task that is cancelled before it sends gets its error, and sends nothing")
    func beforeSending() async throws {
        let server = try RawServer(.readHead, .ok("never"), .close)
        let exchange = try Sending(server.url("/")).exchange()
        let transport = transport
        for _ in 0..<50 {
            let go = try Signal()
            let task = Task {
                try? await go.wait()
                return try await transport.send(exchange)
            }
            task.cancel()
            go.fire()
            let error = await #expect(throws: TransportError.self) { _ = try await task.value }
            #expect(error?.code == .cancelled)
            #expect(error?.retrySafety == .notSent)
        }
        #expect(server.connectionCount == 0)
    }

    @Test("a race of cancelling and answering ends once, either way", .requires(.nginx))
    func races() async throws {
        let nginx = try await NginxServer.shared()
        let exchange = try Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).exchange()
        let transport = transport
        _ = try await transport.send(exchange)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let task = Task { try await transport.send(exchange) }
                    for _ in 0..<(number % 20) { await Task.yield() }
                    task.cancel()
                    switch await task.result {
                    case .success(let response): return response.body.whole != nil || response.status == .ok
                    case .failure(let error): return (error as? TransportError)?.code == .cancelled
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(outcomes == 400)
        #expect(try await transport.send(exchange).status == .ok)
    }

    @Test("a caller that is isolated to an actor goes on there", .requires(.nginx))
    func actors() async throws {
        actor Counter {
            var count = 0
            func fetch(_ exchange: Exchange, by transport: CurlTransport) async throws {
                _ = try await transport.send(exchange)
                preconditionIsolated()
                count += 1
            }
        }
        let nginx = try await NginxServer.shared()
        let exchange = try Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).exchange()
        let (transport, counter) = (transport, Counter())
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { try await counter.fetch(exchange, by: transport) } }
            for _ in 0..<20 {
                group.addTask { try await fetchOnMain(exchange, by: transport) }
            }
            try await group.waitForAll()
        }
        #expect(await counter.count == 50)
    }

    @Test("when all streams of a connection are taken, another connection is made", .requires(.hypercorn))
    func growing() async throws {
        let hypercorn = try await HypercornServer.shared()
        let hang = try Sending(hypercorn.url("/hang")).trusting(hypercorn.ca).exchange()
        let quick = try Sending(hypercorn.url("/echo")).exchange().request
        let transport = transport
        try await withThrowingTaskGroup { group in
            for _ in 0..<100 { group.addTask { _ = try? await transport.send(hang) } }
            group.addTask {
                let response = try await transport.send(Exchange(quick, over: hang.route))
                #expect(response.status == .ok)
            }
            // The hanging ones never end by themselves: the quick one is the first to.
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
