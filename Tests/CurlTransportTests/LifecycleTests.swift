import CurlTransport
import TestKit
import Testing
import TransportCore

@Suite("CurlTransport, its life")
struct LifecycleTests {
    @Test("shutdown lets exchanges end, and refuses new ones")
    func graceful() async throws {
        let transport = CurlTransport()
        let (begun, go) = (try Signal(), try Signal())
        let server = try RawServer(.readHead, .fire(begun), .wait(until: go), .ok("done"), .readToEnd)
        let exchange = try Sending(server.url("/")).exchange()
        let first = Task { try await transport.send(exchange).text() }
        try await begun.wait()
        let down = Task { await transport.shutdown(by: nil) }
        go.fire()
        #expect(try await first.value == "done")
        await down.value
        try await server.waitForEnd()
        let error = await #expect(throws: TransportError.self) { _ = try await transport.send(exchange) }
        #expect(error?.code == .closed)
        #expect(error?.retrySafety == .notSent)
        await transport.shutdown(by: nil)
    }

    @Test("at the deadline of a shutdown, what is left is cancelled")
    func deadline() async throws {
        let transport = CurlTransport()
        let begun = try Signal()
        let server = try RawServer(.readHead, .fire(begun), .readToEnd)
        let exchange = try Sending(server.url("/")).exchange()
        let first = Task { try await transport.send(exchange) }
        try await begun.wait()
        await transport.shutdown(by: SystemClock().now.advanced(by: .milliseconds(20)))
        let error = await #expect(throws: TransportError.self) { _ = try await first.value }
        #expect(error?.code == .closed)
        try await server.waitForEnd()
    }

    @Test("dropping the transport closes its connections")
    func dropping() async throws {
        let server = try RawServer(.readHead, .ok("fine"), .readToEnd)
        var transport: CurlTransport? = CurlTransport()
        _ = try await transport?.send(Sending(server.url("/"))).text()
        transport = nil
        try await server.waitForEnd()
    }

    @Test("a body is read to its end though the transport was dropped", .requires(.nginx))
    func droppingWithBody() async throws {
        let nginx = try await NginxServer.shared()
        var transport: CurlTransport? = CurlTransport()
        let response = try await transport?.send(
            Sending(nginx.url("/bytes/16777216")).with { $0.delivery = .prompt })
        transport = nil
        let body = try #require(response?.body)
        #expect(try await body.collect(upTo: 1 << 25).count == 16_777_216)
    }

    @Test("idle connections are closed after their time")
    func idle() async throws {
        var pool = PoolLimits()
        pool.idle = .milliseconds(50)
        let transport = CurlTransport(configuration: .init(pool: pool))
        let server = try RawServer(.readHead, .ok("fine"), .readToEnd)
        _ = try await transport.send(Sending(server.url("/"))).text()
        try await server.waitForEnd()
        await transport.shutdown(by: nil)
    }

    @Test("several loops carry exchanges", .requires(.nginx))
    func loops() async throws {
        let nginx = try await NginxServer.shared()
        let transport = CurlTransport(configuration: .init(loops: 2))
        let exchange = try Sending(nginx.url("/1k")).exchange()
        for _ in 0..<4 { #expect(try await transport.send(exchange).body.whole?.count == 1024) }
        await transport.shutdown(by: nil)
    }

    @Test("what libcurl lacks is refused before anything is sent, with the function and the version")
    func unsupported() async throws {
        let transport = CurlTransport()
        let server = try RawServer(.readHead)
        let trailers = Sending("https://127.0.0.1:\(server.port)/", .post, body: .bytes([1])).with {
            $0.trailers = [.eTag: "x"]
            $0.connect.protocols = .http2
        }
        let error = try await transport.failure(of: trailers)
        #expect(error.code == .unsupported)
        #expect(error.message.contains("CURLOPT_TRAILERFUNCTION"))
        #expect(
            try await transport.failure(of: Sending(server.url("/")).with { $0.connect.protocols = .http3 }).code
                == .unsupported)
        #expect(
            try await transport.failure(of: Sending(server.url("/")).with { $0.connect.protocols = .http2 }).code
                == .unsupported)
        #expect(try await transport.failure(of: Sending(server.url("/"), .connect)).code == .unsupported)
        #expect(server.connectionCount == 0)
        let capabilities = transport.capabilities(over: .automatic)
        #expect(capabilities.has([.http1, .http2, .requestTrailers, .tls, .keyLog]))
        #expect(!capabilities.has(.http3))
        #expect(!transport.capabilities(over: .http2).has(.requestTrailers))
        #expect(capabilities.gaps.contains { $0.reason.contains("libcurl") })
    }
}
