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
            .readHead, .fire(begun), .wait(until: go), ok("first"), .loop([.readHead, ok("later")]))
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
