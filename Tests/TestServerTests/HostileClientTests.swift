import Glibc
import TernCore
import TestKit
import TestServer
import Testing

/// A client that says what it likes.
private final class RawClient: Sendable {
    private let socket: CInt

    init(_ server: TestServer) throws { socket = try Loopback.connect(to: UInt16(server.port)) }
    deinit { close(socket) }

    func say(_ text: String) { say(Array(text.utf8)) }
    func say(_ bytes: [UInt8]) {
        _ = unsafe bytes.withUnsafeBytes { unsafe send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }

    /// All that the server says until it closes.
    func hear() async throws -> String {
        try await onThread {
            var all: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe recv(self.socket, &chunk, chunk.count, 0)
                guard count > 0 else { return String(decoding: all, as: UTF8.self) }
                all += chunk[..<count]
            }
        }
    }
}

@Suite("TestServer, hostile clients")
struct HostileClientTests {
    private func server(_ change: (inout TestServer.Configuration) -> Void = { _ in }) throws -> TestServer {
        var configuration = TestServer.Configuration()
        change(&configuration)
        return try TestServer(configuration) { _ in .text("fine") }
    }

    private func stillServes(_ server: TestServer) async throws {
        #expect(try await Way.clear.session(server).get(server.clearURL()).text == "fine")
    }

    @Test(
        "requests that are none get an answer that says why, and the connection closes",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "400"), ("nonsense\r\n\r\n", "400"), ("GET / HTTP/9.9\r\n\r\n", "505"),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "y", count: 300_000))\r\n\r\n", "431"),
        ])
    func bad(request: String, status: String) async throws {
        let server = try server()
        let client = try RawClient(server)
        client.say(request)
        let answer = try await client.hear()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(200))")
        #expect(server.exchanges.isEmpty)
        #expect(server.connections.first?.failure != nil)
        try await stillServes(server)
    }

    @Test("clients that say nothing, or stop in a head, are let go")
    func slow() async throws {
        let server = try server {
            $0.limits.handshake = .milliseconds(200)
            $0.limits.headTime = .milliseconds(200)
            $0.limits.idle = .milliseconds(200)
        }
        let clients = try (0..<4).map { _ in try RawClient(server) }
        clients[1].say("GET / HTTP/1.1\r\nHost: a\r\n")
        clients[2].say([0x16, 3, 1])
        clients[3].say("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for client in clients { _ = try await client.hear() }
        try await server.wait { $0.openConnections == 0 }
        try await stillServes(server)
    }

    @Test("more connections than are allowed are closed, and told")
    func tooMany() async throws {
        let server = try server { $0.limits.connections = 2 }
        let first = try RawClient(server)
        let second = try RawClient(server)
        try await server.wait { $0.connections.count == 2 }
        let third = try RawClient(server)
        #expect(try await third.hear() == "")
        #expect(server.problems.count == 1)
        withExtendedLifetime((first, second)) {}
    }

    @Test("a client of HTTP/2 that floods is sent away")
    func flood() async throws {
        let server = try server()
        let client = try RawClient(server)
        client.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        client.say([0, 0, 0, 4, 0, 0, 0, 0, 0])
        for _ in 0..<3_000 { client.say([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]) }
        _ = try await client.hear()
        #expect(server.connections.first?.failure?.contains("flood") == true)
        try await stillServes(server)
    }

    @Test("what is kept of bodies and exchanges is bounded")
    func bounded() async throws {
        let server = try server {
            $0.limits.recordedBody = 1_000
            $0.limits.recordedExchanges = 20
        }
        let session = try Way.clear.session(server)
        for _ in 0..<50 {
            _ = try await session.put(server.clearURL(), .bytes([UInt8](repeating: 1, count: 5_000), type: nil))
        }
        #expect(server.exchanges.count <= 20)
        #expect(server.recorded.exchangeCount == 50)
        #expect(server.exchanges.last?.number == 49)
        #expect(server.exchanges.last?.body.count == 1_000)
        #expect(server.exchanges.last?.bodyCount == 5_000)
    }

    @Test("a thousand servers start and stop in a few seconds")
    func quick() throws {
        _ = try TestAuthority.shared().pemFile()
        let time = try ContinuousClock().measure {
            for _ in 0..<1_000 { try server().stop() }
        }
        #expect(time < .seconds(10))
    }
}
