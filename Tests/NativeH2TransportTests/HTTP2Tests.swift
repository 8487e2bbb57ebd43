import NativeH2Transport
import Synchronization
import TestKit
import TestServer
import Testing
import TransportCore

/// Counts what a server saw.
private final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

@Suite("NativeH2Transport, HTTP/2 against a scripted server")
struct HTTP2Tests {
    let transport = NativeH2Transport()

    private func call(_ server: TestServer, _ path: String = "/", _ method: HTTPRequest.Method = .get) -> Sending {
        Sending(server.clearURL(path), method).over(.http2PriorKnowledge)
    }

    /// A server that is asked when the head of a request is in.
    private func atHead(
        _ answer: @escaping @Sendable (TestServer.RecordedExchange) -> TestServer.Reply
    ) throws -> TestServer {
        var configuration = TestServer.Configuration()
        configuration.asksAtHead = true
        return try TestServer(configuration, answer: answer)
    }

    @Test("above GOAWAY's last stream an exchange was not sent; those below go on; the next uses a new connection")
    func goAway() async throws {
        let gate = Checkpoint()
        let server = try TestServer([
            [.receive, .hold(gate), .head(.ok), .body("first"), .end],
            [.receive, .reach(gate), .fault(.goAway(.previous))], .text("next"),
        ])
        defer { server.stop() }
        let exchange = try call(server).exchange()
        async let first = transport.send(exchange)
        try await server.wait { !$0.exchanges.isEmpty }
        let error = await #expect(throws: TransportError.self) { try await transport.send(exchange) }
        #expect(error?.code == .goAway)
        #expect(error?.retrySafety == .notSent)
        #expect(try await first.text() == "first")
        #expect(try await transport.send(exchange).text() == "next")
        #expect(server.connections.count == 2)
    }

    @Test("REFUSED_STREAM says that it was not processed; other resets do not")
    func resets() async throws {
        let server = try atHead { request in
            switch request.path {
            case "/refused": [.reset(.refused)]
            case "/reset": [.reset(.internalError)]
            case "/late": [.head(.ok), .bytes([1]), .reset(.internalError)]
            default: .text("ok")
            }
        }
        defer { server.stop() }
        let refused = try await transport.failure(of: call(server, "/refused"))
        #expect(refused.code == .streamRefused)
        #expect(refused.retrySafety == .notSent)
        let reset = try await transport.failure(of: call(server, "/reset"))
        #expect(reset.code == .streamReset)
        #expect(reset.retrySafety == .maybeProcessed)
        let late = try await transport.failure(of: call(server, "/late"))
        #expect(late.code == .streamReset)
        #expect(late.phase == .body)
        #expect(late.retrySafety == .processed)
        #expect(try await transport.send(call(server)).text() == "ok")
    }

    @Test("cancelling resets the stream with CANCEL and spares its neighbour")
    func cancelling() async throws {
        let waiting = Checkpoint()
        let server = try TestServer { request in
            request.path == "/never" ? [.reach(waiting), .stall] : .text("ok")
        }
        defer { server.stop() }
        let route = try call(server).exchange().route
        let never = try call(server, "/never").exchange().request
        let other = try call(server).exchange().request
        let task = Task { try await transport.send(Exchange(never, over: route)) }
        await waiting.opened()
        task.cancel()
        let error = await #expect(throws: TransportError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(error?.phase == .head)
        #expect(error?.retrySafety == .maybeProcessed)
        let response = try await transport.send(Exchange(other, over: route))
        #expect(response.reused)
        #expect(server.connections.count == 1)
        #expect(server.exchanges.contains { $0.ending == .resetByClient(8) })
    }

    @Test("dropping a live body resets its stream")
    func dropping() async throws {
        let server = try TestServer { request in
            request.path == "/endless"
                ? [.head(.ok), .bytes([UInt8](repeating: 1, count: 1 << 20)), .stall] : .text("ok")
        }
        defer { server.stop() }
        let route = try call(server).exchange().route
        do {
            let response = try await transport.send(
                Exchange(try call(server, "/endless").exchange().request, over: route))
            #expect(response.status == .ok)
        }
        let other = try await transport.send(Exchange(try call(server).exchange().request, over: route))
        #expect(try await other.text() == "ok")
        #expect(server.exchanges.contains { $0.ending == .resetByClient(8) })
    }

    @Test("a response that is complete stops the upload")
    func earlyResponse() async throws {
        let server = try atHead { _ in [.head(.contentTooLarge), .body("too large"), .end] }
        defer { server.stop() }
        let asked = Counter()
        struct Endless: BodyReader {
            let asked: Counter
            mutating func next() async throws -> [UInt8]? {
                _ = asked.next()
                return [UInt8](repeating: 0, count: 65_536)
            }
        }
        let body = RequestBody.stream(BodyStream(replayable: false) { Endless(asked: asked) })
        let response = try await transport.send(call(server, "/", .post).with { $0.body = body })
        #expect(response.status.code == 413)
        #expect(try await response.text() == "too large")
        // The peer's window stops the reader long before.
        #expect(asked.next() < 32)
    }

    @Test("request trailers arrive, and so does the body before them")
    func requestTrailers() async throws {
        let name = try #require(HTTPField.Name("x-sum"))
        let server = try TestServer { .text($0.trailers[name] ?? "none") }
        defer { server.stop() }
        let body = RequestBody.chunks([bytes("body")], trailers: [name: "7"])
        let response = try await transport.send(call(server, "/", .post).with { $0.body = body })
        #expect(try await response.text() == "7")
    }

    @Test("with Expect the body waits for 100, and goes out after the wait all the same", arguments: [true, false])
    func expectContinue(answers: Bool) async throws {
        let server = try atHead { request in
            #expect(request.fields[.expect] == "100-continue")
            #expect(!request.isComplete)
            return [.receiving(continues: answers), .then { [.head(.ok), .bytes($0.body), .end] }]
        }
        defer { server.stop() }
        let call = call(server, "/", .post).with {
            $0.body = .bytes(bytes("hello"))
            $0.options.expectContinue = answers ? .seconds(60) : .milliseconds(20)
        }
        #expect(try await transport.send(call).text() == "hello")
    }

    @Test("more exchanges than the peer allows streams wait their turn, in order, on one connection")
    func streamLimit() async throws {
        var configuration = TestServer.Configuration()
        configuration.maximumStreams = 2
        let server = try TestServer(configuration) { .text($0.target) }
        defer { server.stop() }
        let transport = NativeH2Transport(configuration: .init(pool: oneConnection))
        let exchange = try call(server).exchange()
        // The first brings the peer's SETTINGS.
        _ = try await transport.send(exchange)
        let good = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await transport.send(exchange).text() } }
            return try await group.reduce(into: 0) { $0 += $1 == "/" ? 1 : 0 }
        }
        #expect(good == 50)
        #expect(server.connections.count == 1)
    }

    @Test("when all streams are in use, another connection is opened")
    func secondConnection() async throws {
        var configuration = TestServer.Configuration()
        configuration.maximumStreams = 1
        let held = Checkpoint()
        let server = try TestServer(configuration) { request in
            request.path == "/hold" ? [.reach(held), .stall] : .text("\(request.connection)")
        }
        defer { server.stop() }
        let route = try call(server).exchange().route
        let exchange = Exchange(try call(server).exchange().request, over: route)
        #expect(try await transport.send(exchange).text() == "0")
        let hold = Exchange(try call(server, "/hold").exchange().request, over: route)
        let task = Task { try await transport.send(hold) }
        await held.opened()
        #expect(try await transport.send(exchange).text() == "1")
        task.cancel()
        _ = try? await task.value
    }

    private var oneConnection: PoolLimits {
        var limits = PoolLimits()
        limits.connectionsPerOrigin = 1
        return limits
    }

    @Test("a black hole is found by PING within the bound, and the next exchange gets a new connection")
    func blackHole() async throws {
        let server = try TestServer { request in
            request.path == "/hole" ? [.fault(.blackhole)] : .text("ok")
        }
        defer { server.stop() }
        let transport = NativeH2Transport(
            configuration: .init(keepAlive: .milliseconds(300), keepAliveTimeout: .milliseconds(1_500)))
        let route = try call(server).exchange().route
        let fine = Exchange(try call(server).exchange().request, over: route)
        _ = try await transport.send(fine)
        let hole = Exchange(try call(server, "/hole").exchange().request, over: route)
        let error = await #expect(throws: TransportError.self) { try await transport.send(hole) }
        #expect(error?.code == .connectionClosed)
        #expect(error?.retrySafety == .maybeProcessed)
        #expect(error?.reusedConnection == true)
        #expect(error?.message.contains("PING") == true)
        #expect(error?.elapsed ?? .seconds(9) < .seconds(5))
        #expect(try await transport.send(fine).text() == "ok")
        #expect(server.connections.count == 2)
    }

    @Test("a reader that stalls holds no more than its window, and the others go on")
    func stalledReader() async throws {
        let server = try TestServer { request in
            request.path == "/endless"
                ? [.head(.ok), .bytes([UInt8](repeating: 1, count: 4 << 20)), .end] : .text("ok")
        }
        defer { server.stop() }
        let route = try call(server).exchange().route
        let endless = Exchange(try call(server, "/endless").exchange().request, over: route)
        let stalled = try await transport.send(endless)
        for _ in 0..<20 {
            #expect(try await transport.send(Exchange(try call(server).exchange().request, over: route)).status == .ok)
        }
        #expect(server.connections.map(\.sent).reduce(0, +) < 300_000)
        #expect(try await stalled.body.collect(upTo: 8 << 20).count == 4 << 20)
    }

    @Test("timeouts run over HTTP/2, too, and spare the connection")
    func timeouts() async throws {
        let server = try atHead { request in
            switch request.path {
            case "/stall": [.head(.ok), .stall]
            case "/": .text("ok")
            default: [.stall]
            }
        }
        defer { server.stop() }
        var options = ExchangeOptions()
        options.timeouts = .none
        options.timeouts.firstByte = .milliseconds(150)
        options.timeouts.idleRead = .milliseconds(150)
        options.timeouts.idleWrite = .milliseconds(150)
        func limited(_ call: Sending) -> Sending { call.with { $0.options = options } }
        let first = try await transport.failure(of: limited(call(server, "/never")))
        #expect(first.code == .firstByteTimeout)
        #expect(first.retrySafety == .maybeProcessed)
        let sent = limited(call(server, "/never", .post)).with { $0.body = .chunks([[1], [2]]) }
        #expect(try await transport.failure(of: sent).code == .firstByteTimeout)
        let read = try await transport.failure(of: limited(call(server, "/stall")))
        #expect(read.code == .idleReadTimeout)
        #expect(read.retrySafety == .processed)
        // The peer's window is 256 KiB, and nobody reads there.
        let written = limited(call(server, "/never", .post)).with { $0.body = .pattern(4 << 20) }
        #expect(try await transport.failure(of: written).code == .idleWriteTimeout)
        #expect(try await transport.send(call(server)).text() == "ok")
    }

    @Test("a head beyond the limits of its exchange is refused")
    func smallLimits() async throws {
        let name = try #require(HTTPField.Name("x-long"))
        let server = try TestServer { _ in .status(.ok, fields: [name: String(repeating: "x", count: 500)]) }
        defer { server.stop() }
        let small = try await transport.failure(of: call(server).with { $0.options.limits.head = 400 })
        #expect(small.code == .headTooLarge)
        #expect(small.retrySafety == .processed)
        #expect(try await transport.send(call(server)).status == .ok)
    }

    @Test("a body error of the caller ends its stream alone, and is found in the error")
    func bodyFails() async throws {
        struct Broken: Error {}
        let server = try atHead { $0.path == "/" ? .text("ok") : [.receive, .stall] }
        defer { server.stop() }
        let failing = call(server, "/up", .post).with { $0.body = .chunks([[1]], failing: Broken()) }
        let error = try await transport.failure(of: failing)
        #expect(error.code == .bodyFailed)
        #expect(error.underlying is Broken)
        for (declared, chunks) in [(Int64(3), [[1, 2]]), (1, [[1, 2]])] as [(Int64, [[UInt8]])] {
            let wrong = call(server, "/up", .post).with { $0.body = .chunks(chunks, length: declared) }
            #expect(try await transport.failure(of: wrong).code == .bodyLengthMismatch)
        }
        #expect(try await transport.send(call(server)).text() == "ok")
    }
}
