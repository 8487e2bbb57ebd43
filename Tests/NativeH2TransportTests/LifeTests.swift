import NativeH2Transport
import TestKit
import TestServer
import Testing
import TransportCore

/// Never answers, unless its task is cancelled.
private final class SilentResolver: Resolver {
    let asked: Signal
    init() throws { asked = try Signal() }
    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        asked.fire()
        do { try await Task.sleep(for: .seconds(3_600)) } catch {}
        throw ResolveError(.cancelled, message: "cancelled")
    }
}

@Suite("NativeH2Transport, timeouts and the end of its life")
struct LifeTests {
    let transport = NativeH2Transport()

    private func with(_ change: (inout Timeouts) -> Void) -> ExchangeOptions {
        var options = ExchangeOptions()
        options.timeouts = .none
        change(&options.timeouts)
        return options
    }

    private func check(
        _ call: Sending, _ code: TransportError.Code, _ phase: TransportError.Phase, _ safety: RetrySafety,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let error = try await transport.failure(of: call)
        #expect(error.code == code, "\(error)", sourceLocation: location)
        #expect(error.phase == phase, sourceLocation: location)
        #expect(error.retrySafety == safety, sourceLocation: location)
        #expect(error.elapsed ?? .zero >= .milliseconds(20), sourceLocation: location)
        #expect(error.elapsed ?? .seconds(9) < .seconds(5), sourceLocation: location)
    }

    @Test("each timeout has its own code and phase")
    func timeouts() async throws {
        let limit = Duration.milliseconds(120)
        let resolver = try SilentResolver()
        let unresolved = Sending("https://a.test/").with {
            $0.connect.resolver = resolver
            $0.options = with { $0.resolve = limit }
        }
        try await check(unresolved, .resolveTimeout, .resolve, .notSent)

        let silent = try RawServer(.readToEnd)
        let secure = Sending(silent.url("/").replacing("http:", with: "https:"))
        try await check(secure.with { $0.options = with { $0.tls = limit } }, .tlsTimeout, .tls, .notSent)
        let proxy = ProxyOptions(.http, host: "127.0.0.1", port: Int(silent.port))
        let tunnelled = secure.with {
            $0.proxy = proxy
            $0.options = with { $0.connect = limit }
        }
        try await check(tunnelled, .connectTimeout, .connect, .notSent)
        let clear = Sending(silent.url("/"))
        try await check(
            clear.with { $0.options = with { $0.firstByte = limit } }, .firstByteTimeout, .head, .maybeProcessed)
        try await check(
            clear.with { $0.options = with { $0.attempt = limit } }, .attemptTimeout, .head, .maybeProcessed)
        let deadline = clear.with { $0.deadline = SystemClock().now.advanced(by: limit) }
        try await check(deadline, .totalTimeout, .head, .maybeProcessed)

        let stalled = try RawServer(.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), .readToEnd)
        let reading = Sending(stalled.url("/")).with { $0.options = with { $0.idleRead = limit } }
        try await check(reading, .idleReadTimeout, .body, .processed)
        let gate = try Signal()
        defer { gate.fire() }
        let deaf = try RawServer(.readHead, .wait(until: gate), .close)
        let writing = Sending(deaf.url("/"), .post, body: .pattern(64 << 20)).with {
            $0.options = with { $0.idleWrite = limit }
        }
        try await check(writing, .idleWriteTimeout, .send, .maybeProcessed)
    }

    @Test("the wait for a connection has its timeout, and the queue goes on after it")
    func poolTimeout() async throws {
        var limits = PoolLimits()
        limits.connectionsPerOrigin = 1
        let transport = NativeH2Transport(configuration: .init(pool: limits))
        let gate = try Signal()
        let arrived = try Signal()
        let server = try RawServer(.readHead, .fire(arrived), .wait(until: gate), .ok("one"), .readHead, .ok("two"))
        let call = Sending(server.url("/"))
        async let first = transport.send(call)
        try await arrived.wait()
        let error = try await transport.failure(
            of: call.with { $0.options = with { $0.poolWait = .milliseconds(30) } }.with { _ in })
        #expect(error.code == .poolTimeout)
        #expect(error.phase == .queue)
        #expect(error.retrySafety == .notSent)
        gate.fire()
        #expect(try await first.text() == "one")
        #expect(try await transport.send(call).text() == "two")
    }

    @Test("shutting down lets exchanges end, refuses new ones, and cancels what is left at the deadline")
    func shutdown() async throws {
        let gate = try Signal()
        let arrived = try Signal()
        let server = try RawServer(.readHead, .fire(arrived), .wait(until: gate), .ok("done"), .readToEnd)
        let call = Sending(server.url("/"))
        async let answer = transport.send(call)
        try await arrived.wait()
        let closing = Task { await transport.shutdown(by: nil) }
        let error = try await refusedAfterClosing(call)
        #expect(error.code == .closed)
        #expect(error.retrySafety == .notSent)
        gate.fire()
        #expect(try await answer.text() == "done")
        await closing.value

        let other = NativeH2Transport()
        let never = try RawServer(.readHead, .readToEnd)
        let hanging = Task { try await other.send(Sending(never.url("/"))) }
        try await Task.sleep(for: .milliseconds(30))
        await other.shutdown(by: SystemClock().now)
        let cut = await #expect(throws: TransportError.self) { try await hanging.value }
        #expect(cut?.code == .closed)
    }

    /// `shutdown` runs on another task, so a few calls may come before it.
    private func refusedAfterClosing(_ call: Sending) async throws -> TransportError {
        let idle = try RawServer(.loop([.readHead, .ok("early")]))
        while true {
            do {
                _ = try await transport.send(Sending(idle.url("/")))
            } catch let error as TransportError {
                return error
            }
        }
    }

    @Test("a live body is read to its end after the transport was dropped")
    func dropped() async throws {
        let gate = try Signal()
        let server = try RawServer(
            .readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"), .wait(until: gate), .send("cd"),
            .readToEnd)
        var body: ResponseBody?
        do {
            let transport = NativeH2Transport()
            body = try await transport.send(Sending(server.url("/")).prompt).body
        }
        gate.fire()
        #expect(try await body?.collect(upTo: 10) == bytes("abcd"))
        body = nil
        try await server.waitForEnd()
    }

    @Test("cancelling is answered at once, in every phase before the response")
    func cancelling() async throws {
        let resolver = try SilentResolver()
        let resolving = Sending("https://a.test/").with { $0.connect.resolver = resolver }
        let task = Task { try await transport.send(resolving) }
        try await resolver.asked.wait()
        task.cancel()
        let error = await #expect(throws: TransportError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(error?.phase == .resolve)
        #expect(error?.retrySafety == .notSent)

        let silent = try RawServer(.readToEnd)
        let secure = Sending(silent.url("/").replacing("http:", with: "https:"))
        let shaking = Task { try await transport.send(secure) }
        while silent.connectionCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
        shaking.cancel()
        let cut = await #expect(throws: TransportError.self) { try await shaking.value }
        #expect(cut?.code == .cancelled)
        #expect(cut?.retrySafety == .notSent)
        // The attempt that nobody wants is given up: the server sees its end.
        try await silent.waitForEnd()
    }

    @Test("ten thousand exchanges at once are all answered over connections of a hundred streams")
    func tenThousand() async throws {
        let server = try TestServer { _ in .text("ok") }
        defer { server.stop() }
        let exchange = try Sending(server.clearURL("/")).over(.http2PriorKnowledge).exchange()
        let good = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<10_000 { group.addTask { try await transport.send(exchange).body.whole?.count == 2 } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 10_000)
    }
}
