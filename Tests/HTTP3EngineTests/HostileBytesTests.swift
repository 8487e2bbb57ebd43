import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink
import TestAuthority
import Testing
import Wire

@Suite("QUIC: bytes of any kind")
struct HostileBytesTests {
    @Test("noise never hurts: neither a client, nor a listener, at any time", arguments: [11, 12, 13] as [UInt64])
    func noise(seed: UInt64) throws {
        var random = Seeded(seed)
        let link = try HTTP3Link()
        let answers = Answers()
        link.onServer = answers.take
        func datagram() -> [UInt8] {
            let count = [0, 1, 7, 20, 21, 60, 1_199, 1_200, 1_500].randomElement(using: &random) ?? 0
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Half of them look like a long header of version 1, or a packet of this connection.
            if count > 30, Bool.random(using: &random) { bytes.replaceSubrange(0..<6, with: [0xC3, 0, 0, 0, 1, 18]) }
            return bytes
        }
        for step in 0..<600 {
            link.client.receive(datagram().span, at: link.now)
            link.feed(datagram(), path: QUICPath(local: Contexts.path.remote, remote: Contexts.path.local))
            if step % 40 == 0 { link.run(for: .milliseconds(8)) }
        }
        #expect(link.connect())
        let stream = try link.client.request(get("/still"))
        #expect(link.run { link.client.openStreams == 0 })
        #expect(link.clientEvents.outcome(of: stream).status == 200)
    }

    @Test("damaged, cut, doubled and replayed packets are ignored", arguments: [21, 22] as [UInt64])
    func damage(seed: UInt64) throws {
        var random = Seeded(seed)
        let link = try HTTP3Link()
        let answers = Answers()
        link.onServer = answers.take
        let back = QUICPath(local: Contexts.path.remote, remote: Contexts.path.local)
        func spoil() {
            for (packets, toServer) in [(link.network.sentUp, true), (link.network.sentDown, false)] {
                for packet in packets.suffix(6) {
                    var changed = packet
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: changed[Int.random(in: 0..<changed.count, using: &random)] ^= 0x40
                    case 1: changed.removeLast(Int.random(in: 1..<changed.count, using: &random))
                    case 2: changed += changed
                    default: break
                    }
                    if toServer {
                        link.feed(changed, path: back)
                    } else {
                        link.client.receive(changed.span, at: link.now)
                    }
                }
            }
        }
        for _ in 0..<6 {
            link.run(for: .milliseconds(3))
            spoil()
        }
        #expect(link.connect(), "\(String(describing: link.client.quic.closing))")
        for _ in 0..<20 {
            _ = try link.client.request(get("/bytes/3000"))
            link.run(for: .milliseconds(7))
            spoil()
        }
        #expect(link.run { link.client.openStreams == 0 })
        #expect(link.clientEvents.failure == nil && answers.requests.count == 20)
    }

    @Test("time that runs backwards does no harm")
    func backwards() throws {
        let link = try HTTP3Link()
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.connect())
        var buffer: [UInt8] = []
        for instant in [Instant(nanoseconds: 0), Instant(nanoseconds: -5), Instant(nanoseconds: .min)] {
            link.client.expire(at: instant)
            _ = link.client.nextOutput(into: &buffer, at: instant)
            link.client.receive([1, 2, 3].span, at: instant)
        }
        let stream = try link.client.request(get())
        #expect(link.run { link.clientEvents.outcome(of: stream).ended })
    }

    @Test("a client may say what it likes on its streams: the server closes, and stands", arguments: 0..<60)
    func clientStreams(seed: Int) throws {
        var random = Seeded(UInt64(seed) + 100)
        let link = try Link<AnyEnd>(rawClient: LinkSetup())
        #expect(link.run { link.client.quic.handshake != nil })
        let starts: [[UInt8]] = [
            [], [0], [2], [3], Frames.control(), Frames.headers([(":method", "GET")]),
        ]
        for _ in 0..<6 {
            guard link.client.quic.closing == nil,
                let stream = try? link.client.quic.openStream(isBidirectional: Bool.random(using: &random))
            else { break }
            let start = starts.randomElement(using: &random) ?? []
            let count = Int.random(in: 1..<300, using: &random)
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            try? link.client.quic.send(start + noise, on: stream, end: Bool.random(using: &random))
            link.run(for: .milliseconds(30))
        }
        link.run(for: .milliseconds(200))
        // Another client is served as if nothing had been.
        #expect(link.listener.count == 1)
    }

    @Test("calls with handles of streams that are over are harmless")
    func staleHandles() throws {
        let link = try HTTP3Link()
        let answers = Answers()
        link.onServer = answers.take
        #expect(link.connect())
        let stream = try link.client.request(get())
        #expect(link.run { link.client.openStreams == 0 })
        link.run(for: .milliseconds(100))
        let stale = [stream, HTTP3Stream(id: 4, slot: 900), HTTP3Stream(id: -1, slot: -1), HTTP3Stream(id: 0, slot: 0)]
        for stream in stale {
            link.client.reset(stream)
            link.client.consume(10, of: stream)
            link.client.stopReading(stream)
            #expect(try link.client.send([1], on: stream))
            try link.client.end(stream)
            #expect(link.client.queued(on: stream) == 0 && link.client.room(on: stream) == 0)
        }
        let again = try link.client.request(get())
        #expect(again.slot == stream.slot)
        #expect(link.run { link.clientEvents.outcome(of: again).status == 200 })
    }
}
