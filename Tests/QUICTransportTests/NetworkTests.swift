import QUICTransport
import TestKit
import Testing
import TransportCore

@Suite("QUICTransport, bad networks", .requiresPeers)
struct NetworkTests {
    let transport = QUICTransport()

    @Test("with a fifth lost both ways all of two hundred are answered, once each")
    func loss() async throws {
        let relay = try UDPRelay(to: try await Peer.aioquic.port, .init(seed: 4, both: .init(loss: 0.2)))
        let call = try await Peer.aioquic.call("/echo").through(relay).with {
            $0.options.timeouts = .none
            $0.method = .post
        }
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await transport.send(call.with { $0.body = .bytes(bytes("<\(number)>")) }).text()
                }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(answers.count == 200)
        for number in 0..<200 {
            #expect(answers.count { $0.contains("\"body\": \"<\(number)>\"") } == 1)
        }
    }

    @Test("bodies survive loss, doubling and disorder", arguments: [Peer.caddy, .aioquic])
    func disorder(_ peer: Peer) async throws {
        let way = UDPRelay.Way(loss: 0.02, doubled: 0.05, reordered: 0.05, delay: .milliseconds(1))
        let relay = try UDPRelay(to: try await peer.port, .init(seed: 11, both: way))
        let size = 400_000
        let down = try await transport.send(try await peer.call("/bytes?size=\(size)").through(relay))
        #expect(try await down.body.collect(upTo: .max) == NginxServer.pattern(size))
        let up = try await transport.send(try await peer.call("/upload", .post, body: .pattern(size)).through(relay))
        #expect(try await up.text().contains("\"length\": \(size)"))
    }

    @Test("a NAT that forgets the connection is not noticed")
    func rebinding() async throws {
        let relay = try UDPRelay(to: try await Peer.aioquic.port)
        let call = try await Peer.aioquic.call("/state").through(relay)
        let first = try await transport.send(call)
        let before = try await first.text()
        await relay.rebind()
        let large = try await transport.send(try await Peer.aioquic.call("/bytes?size=2000000").through(relay))
        #expect(try await large.body.collect(upTo: .max).count == 2_000_000)
        let second = try await transport.send(call)
        #expect(second.connection.id == first.connection.id)
        #expect(try await second.text() != before, "the server sees another port")
    }

    @Test("packets of random bytes change nothing")
    func random() async throws {
        let relay = try UDPRelay(to: try await Peer.aioquic.port)
        let call = try await Peer.aioquic.call("/bytes?size=100000").through(relay)
        let first = try await transport.send(call)
        var state: UInt64 = 99
        for round in 0..<200 {
            let length = 1 + round * 7 % 1_400
            let junk = (0..<length).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            await relay.inject(junk, .toClient)
        }
        let second = try await transport.send(call)
        #expect(second.connection.id == first.connection.id)
        #expect(try await second.body.collect(upTo: .max).count == 100_000)
    }

    @Test("when the network goes silent in a body, the reader hears of it")
    func blackhole() async throws {
        let relay = try UDPRelay(to: try await Peer.aioquic.port)
        let call = try await Peer.aioquic.call("/drip?count=100&ms=20").through(relay).prompt.with {
            $0.options.timeouts.idleRead = .milliseconds(300)
        }
        let response = try await transport.send(call)
        await relay.blackhole()
        let error = await #expect(throws: TransportError.self) { try await response.body.collect(upTo: .max) }
        #expect(error?.code == .idleReadTimeout)
    }

    @Test("a way that comes back in time is used on", arguments: [UDPRelay.Direction.toServer, .toClient])
    func healed(_ direction: UDPRelay.Direction) async throws {
        let relay = try UDPRelay(to: try await Peer.aioquic.port)
        let call = try await Peer.aioquic.call("/echo").through(relay)
        let first = try await transport.send(call)
        await relay.blackhole(direction)
        async let second = transport.send(call)
        let lost = await relay.count(.toServer)
        await relay.came(lost + 2, .toServer)
        await relay.follow(.init())
        #expect(try await second.connection.id == first.connection.id)
    }
}
