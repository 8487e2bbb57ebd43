import IOLoop
import TestKit
import Testing
import TransportCore

@Suite("the relay of datagrams")
struct UDPRelayTests {
    /// A server's socket, a relay to it, and a client's socket.
    private struct Net {
        let server: UDPSocket
        let relay: UDPRelay
        let client: UDPSocket
        let buffer = DatagramBuffer()

        init(_ plan: UDPRelay.Plan) throws {
            let loopback = try #require(IPAddress("127.0.0.1"))
            server = try UDPSocket.bind(to: .ip(loopback, port: 0)).get()
            guard case .ip(_, let port)? = server.localEndpoint else { throw TestKitError("no port") }
            relay = try UDPRelay(to: UInt16(port), plan)
            client = try UDPSocket.connect(to: .ip(loopback, port: Int(relay.port))).get()
        }

        func send(_ value: UInt8) {
            var batch = DatagramBatch([value], ecn: 2)
            _ = client.send(&batch)
        }

        /// What waits at the server, and who sent it.
        func arrived() -> (values: [UInt8], sources: Set<String>) {
            var values: [UInt8] = []
            var sources: Set<String> = []
            while case (.datagrams, let source?) = buffer.receiveWithSource(from: server) {
                buffer.forEach { values.append($0[0]) }
                sources.insert(source.description)
            }
            return (values, sources)
        }
    }

    @Test("passes datagrams both ways")
    func passes() async throws {
        let net = try Net(.init())
        net.send(1)
        await net.relay.came(1, .toServer)
        let (received, source) = net.buffer.receiveWithSource(from: net.server)
        #expect(received == .datagrams(bytes: 1, ecn: 2))
        var answer = DatagramBatch([2], to: source.flatMap { SocketAddress($0) })
        #expect(net.server.send(&answer) == .done)
        await net.relay.came(1, .toClient)
        #expect(net.buffer.receive(from: net.client) == .datagrams(bytes: 1, ecn: 0))
    }

    @Test("loses the same ones of the same seed, about as many as it should")
    func loses() async throws {
        var runs: [[UInt8]] = []
        for _ in 0..<2 {
            let net = try Net(.init(seed: 7, both: .init(loss: 0.2)))
            for value in UInt8(0)..<200 {
                net.send(value)
                await net.relay.came(Int(value) + 1, .toServer)
            }
            runs.append(net.arrived().values)
        }
        #expect(runs[0] == runs[1])
        #expect((120..<190).contains(runs[0].count))
    }

    @Test("doubles and reorders, and loses none by that")
    func reorders() async throws {
        let net = try Net(.init(seed: 3, both: .init(doubled: 0.3, reordered: 0.3)))
        for value in UInt8(0)..<100 {
            net.send(value)
            await net.relay.came(Int(value) + 1, .toServer)
        }
        let values = net.arrived().values
        #expect(values.count > 110)
        #expect(values != values.sorted())
        #expect(Set(values).count >= 99)
    }

    @Test("moves to another port, and goes silent after so many datagrams")
    func rebinds() async throws {
        let net = try Net(.init())
        net.send(1)
        await net.relay.came(1, .toServer)
        await net.relay.rebind()
        net.send(2)
        await net.relay.came(2, .toServer)
        let (values, sources) = net.arrived()
        #expect(values == [1, 2])
        #expect(sources.count == 2)
        await net.relay.follow(.init(toServer: .init(passes: 1)))
        for value in UInt8(3)...5 { net.send(value) }
        await net.relay.came(3, .toServer)
        #expect(net.arrived().values == [3])
    }
}
