import NativeH2Transport
import TestKit
import Testing
import TransportCore

@Suite("Connections opened ahead")
struct PreconnectTests {
    @Test("a connection is opened without a request, and the next exchange finds it there", .requires(.nginx))
    func opens() async throws {
        let server = try await NginxServer.shared()
        let transport = NativeH2Transport()
        let sending = Sending(server.url("/1k", .tls)).trusting(server.ca)
        let events = EventLog()
        let connection = try await transport.preconnect(for: sending.exchange(onEvent: events.sink))
        #expect(connection.version == .http2)
        #expect(!connection.isRetired)
        let phases = events.phases
        #expect(phases.last == "ready")
        #expect(phases.contains("TLS done") && !phases.contains("queued") && !phases.contains("done"))
        let response = try await transport.send(sending)
        #expect(response.connection === connection)
        // It had carried nothing before.
        #expect(!response.reused)
        #expect(try await transport.preconnect(for: sending.exchange()) === connection)
        await transport.shutdown(by: nil)
        #expect(connection.isRetired)
    }

    @Test("many that want one at once get the same, and HTTP/1.1 has it, too", .requires(.nginx))
    func shared() async throws {
        let server = try await NginxServer.shared()
        let transport = NativeH2Transport()
        let sending = Sending(server.url("/1k", .tls)).trusting(server.ca)
        let connections = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<20 { group.addTask { try await transport.preconnect(for: sending.exchange()).id } }
            return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
        }
        #expect(connections.count == 1)
        let plain = Sending(server.url("/1k"))
        let first = try await transport.preconnect(for: plain.exchange())
        #expect(first.version == .http11)
        #expect(try await transport.send(plain).connection === first)
        await transport.shutdown(by: nil)
    }

    @Test("why none can be opened is told as of a request, and nothing was sent")
    func refused() async throws {
        let transport = NativeH2Transport()
        let port = try #require(try Loopback.freePorts(1).first)
        let failure = await #expect(throws: TransportError.self) {
            try await transport.preconnect(for: Sending("http://127.0.0.1:\(port)/").exchange())
        }
        #expect(failure?.code == .connectionRefused)
        #expect(failure?.retrySafety == .notSent)
        await transport.shutdown(by: nil)
        let closed = await #expect(throws: TransportError.self) {
            try await transport.preconnect(for: Sending("http://127.0.0.1:\(port)/").exchange())
        }
        #expect(closed?.code == .closed)
    }

    @Test("a task that is cancelled gives up its attempt")
    func cancelled() async throws {
        let transport = NativeH2Transport()
        // Documentation addresses are not answered, or refused at once.
        let task = Task { try await transport.preconnect(for: Sending("http://192.0.2.1/").exchange()) }
        task.cancel()
        let failure = await #expect(throws: TransportError.self) { try await task.value }
        #expect(failure?.retrySafety == .notSent)
        await transport.shutdown(by: nil)
    }
}
