import HTTP2Engine
import HTTPTypes
import Testing
import Wire

@Suite("How the bytes are cut makes no difference")
struct SplitTests {
    /// A conversation with everything in it; what each side received.
    static func record() throws -> (toClient: [UInt8], toServer: [UInt8]) {
        let link = try Link()
        try converse(link.client)
        link.run()
        let there = link.takeRequests()
        try link.server.inform(on: there[0], status: 103, fields: .one("link", "</a>"))
        try link.server.respond(on: there[0], status: 200, fields: [.contentType: "text/plain"], hasContent: true)
        try link.server.send([UInt8](repeating: 7, count: 300), on: there[0])
        try link.server.end(there[0], trailers: .one("x-end", "1"))
        try link.server.respond(on: there[1], status: 204)
        link.server.reset(there[2], .refusedStream)
        link.run()
        link.server.goAway()
        link.run()
        return (link.toClient, link.toServer)
    }

    static func converse(_ client: HTTP2Connection) throws {
        let post = try client.request(.post("/a", [.userAgent: "tern"]), contentLength: 3, hasContent: true)
        try client.send([1, 2, 3], on: post, end: true)
        _ = try client.request(.get("/b", [.userAgent: "tern"]))
        _ = try client.request(.get("/c", [.userAgent: "tern"]))
    }

    static func replay(_ bytes: [UInt8], to engine: HTTP2Connection, cuts: [Int]) -> [HTTP2Event] {
        let now = Instant(nanoseconds: 0)
        var output: [UInt8] = []
        var events: [HTTP2Event] = []
        var start = 0
        for cut in cuts + [bytes.count] where cut > start {
            engine.receive(bytes.span.extracting(start..<cut), at: now)
            engine.nextOutput(into: &output, limit: .max)
            while let event = engine.nextEvent() { events.append(event) }
            start = cut
        }
        return events.joined
    }

    func client() throws -> HTTP2Connection {
        let client = try HTTP2Connection(.client, at: Instant(nanoseconds: 0))
        try Self.converse(client)
        var output: [UInt8] = []
        client.nextOutput(into: &output)
        return client
    }

    @Test("a client sees the same events however the server's bytes are cut in two, or into single bytes")
    func clientSplits() throws {
        let bytes = try Self.record().toClient
        let whole = Self.replay(bytes, to: try client(), cuts: [])
        #expect(whole.count == 10)
        #expect(whole.content.count == 300)
        for cut in 1..<bytes.count {
            #expect(Self.replay(bytes, to: try client(), cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(Self.replay(bytes, to: try client(), cuts: Array(1..<bytes.count)) == whole)
    }

    @Test("a server sees the same events however the client's bytes are cut in two, or into single bytes")
    func serverSplits() throws {
        let bytes = try Self.record().toServer
        func server() throws -> HTTP2Connection { try HTTP2Connection(.server, at: Instant(nanoseconds: 0)) }
        // Streams that nobody answers stay open, so every event is about what the client sent.
        let whole = Self.replay(bytes, to: try server(), cuts: [])
        #expect(whole.count > 4)
        for cut in 1..<bytes.count {
            #expect(Self.replay(bytes, to: try server(), cuts: [cut]) == whole, "cut at \(cut)")
        }
        #expect(Self.replay(bytes, to: try server(), cuts: Array(1..<bytes.count)) == whole)
    }

    @Test("a conversation cut off anywhere closes every stream once, and ends in one failure")
    func truncation() throws {
        let bytes = try Self.record().toClient
        for end in 0..<bytes.count {
            let client = try client()
            var events = Self.replay([UInt8](bytes.prefix(end)), to: client, cuts: [])
            client.receiveEnd(at: Instant(nanoseconds: 0))
            while let event = client.nextEvent() { events.append(event) }
            #expect(events.filter { $0.closing != nil }.count == 3, "cut at \(end)")
            #expect(events.filter { $0.failure != nil }.count == 1)
        }
    }
}

/// A small generator with a seed, so that a failure can be seen again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Bytes that mean nothing")
struct NoiseTests {
    @Test(
        "random frames and damaged conversations never trap, and streams close at most once",
        arguments: [UInt64(1), 2, 3, 4])
    func noise(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let recorded = try SplitTests.record()
        for round in 0..<300 {
            let role: HTTP2Role = round % 2 == 0 ? .client : .server
            let engine = try HTTP2Connection(role, at: Instant(nanoseconds: 0))
            var streams: [HTTP2Stream] = []
            if role == .client {
                for _ in 0..<5 { streams.append(try engine.request(.post(), hasContent: true)) }
            }
            var bytes = role == .client ? recorded.toClient : recorded.toServer
            for _ in 0..<(1 + random.next() % 8) {
                let place = Int(random.next() % UInt64(bytes.count))
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            if round % 3 == 0 {
                bytes = role == .client ? Frame.settings() : Frame.preface + Frame.settings()
                for _ in 0..<30 {
                    let kind = Frame.Kind(rawValue: UInt8(random.next() % 11)) ?? .unknown
                    let payload = (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    bytes += Frame.make(
                        kind, flags: UInt8(truncatingIfNeeded: random.next()), stream: UInt32(random.next() % 12),
                        payload)
                }
            }
            var output: [UInt8] = []
            var closed: [HTTP2Stream: Int] = [:]
            var offset = 0
            while offset < bytes.count {
                let end = min(bytes.count, offset + 1 + Int(random.next() % 100))
                engine.receive(bytes.span.extracting(offset..<end), at: Instant(nanoseconds: Int64(offset)))
                offset = end
                while let event = engine.nextEvent() {
                    switch event {
                    case .closed(let stream, _): closed[stream, default: 0] += 1
                    case .data(let stream, let bytes, _):
                        engine.consume(bytes.count, of: stream, at: Instant(nanoseconds: 1))
                    case .request(let stream, _, _): streams.append(stream)
                    default: break
                    }
                }
                if let stream = streams.randomElement(using: &random) {
                    _ = try? engine.send([1, 2, 3], on: stream, end: random.next() % 4 == 0)
                    if random.next() % 5 == 0 { engine.reset(stream) }
                    if role == .server { try? engine.respond(on: stream, status: 200, hasContent: true) }
                }
                output.removeAll()
                engine.nextOutput(into: &output)
            }
            engine.receiveEnd(at: Instant(nanoseconds: 5))
            while let event = engine.nextEvent() {
                if case .closed(let stream, _) = event { closed[stream, default: 0] += 1 }
            }
            #expect(closed.values.allSatisfy { $0 == 1 })
            #expect(engine.openStreams == 0)
        }
    }
}
