import HTTP1Engine
import HTTPTypes
import Testing
import Wire

@Suite("Bytes that a peer may send")
struct HostileBytesTests {
    /// What mutations are made from: every conversation, and requests.
    static let seeds: [[UInt8]] =
        (Conversation.good + Conversation.bad + Conversation.badChunks).map { latin($0.response) }.filter {
            $0.count < 500
        }
        + [
            latin(HTTP1ServerTests.get),
            latin("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n"),
            latin("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]\r\nConnection: keep-alive\r\n\r\n"),
        ]

    /// A seed with some bytes changed, dropped, doubled, or joined with another seed.
    static func mutated(_ numbers: inout Numbers) -> [UInt8] {
        var bytes = seeds.randomElement(using: &numbers) ?? []
        let oddities: [UInt8] = [0, 9, 10, 13, 32, 34, 44, 48, 58, 59, 61, 92, 127, 128, 255]
        for _ in 0..<Int.random(in: 0...4, using: &numbers) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &numbers)
            switch Int.random(in: 0...4, using: &numbers) {
            case 0: bytes[place] = oddities.randomElement(using: &numbers) ?? 0
            case 1: bytes[place] = UInt8.random(in: .min ... .max, using: &numbers)
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(oddities.randomElement(using: &numbers) ?? 0, at: place)
            default: bytes.insert(contentsOf: seeds.randomElement(using: &numbers) ?? [], at: place)
            }
        }
        return bytes
    }

    @Test("no bytes trap an engine, and nothing is read after a failure", arguments: [1, 2, 3, 4] as [UInt64])
    func neverTraps(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        let methods: [RequestHead] = [.to("/"), .to("/", .head), Conversation.connect, Conversation.upgrade]
        var outcomes = Set<String>()
        for _ in 0..<4_000 {
            let bytes = Self.mutated(&numbers)
            let cuts = (0..<Int.random(in: 0...3, using: &numbers)).map { _ in
                Int.random(in: 0...bytes.count, using: &numbers)
            }
            var client = HTTP1Client()
            try client.send(methods.randomElement(using: &numbers) ?? .to("/"))
            var server = HTTP1Server()
            var read: [HTTP1Event] = []
            var served: [HTTP1Event] = []
            var start = 0
            for end in cuts.sorted() + [bytes.count] {
                let piece = bytes.span.extracting(start..<end)
                client.receive(piece, at: Instant(nanoseconds: 0))
                server.receive(piece, at: Instant(nanoseconds: 0))
                read += client.events
                while let event = server.nextEvent() {
                    served.append(event)
                    if case .end = event { _ = try? server.send(ResponseHead(status: 204)) }
                }
                start = end
            }
            client.receiveEnd()
            server.receiveEnd()
            read += client.events
            served += server.events
            for events in [read, served] {
                let failures = events.indices.filter { if case .failed = events[$0] { true } else { false } }
                #expect(failures.allSatisfy { $0 == events.count - 1 })
                let body = events.reduce(0) { sum, event in
                    if case .body(let part) = event { sum + part.count } else { sum }
                }
                #expect(body <= bytes.count)
                if let last = transcript(events).last { outcomes.insert(last) }
            }
            // A response is over, one way or another, when its connection is.
            #expect(client.state == .closed || client.state == .idle)
        }
        // The mutations reach far into the rules: else this test would prove nothing.
        #expect(outcomes.count > 20)
    }

    @Test("bytes cut at random places give the same events as in one piece", arguments: [5, 6] as [UInt64])
    func cutsDoNotMatter(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        for _ in 0..<2_000 {
            let bytes = Self.mutated(&numbers)
            let conversation = Conversation(
                name: "", response: String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })), closes: true,
                expected: [])
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &numbers) }.sorted()
            let whole = try HTTP1ClientTests.read(conversation, cuts: [])
            #expect(try HTTP1ClientTests.read(conversation, cuts: cuts) == whole)
        }
    }

    @Test("client and server understand each other, however the link cuts the bytes", arguments: [7, 8, 9] as [UInt64])
    func overALink(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        var client = HTTP1Client()
        var server = HTTP1Server()
        for round in 0..<200 {
            let body = (0..<Int.random(in: 0...300, using: &numbers)).map { UInt8(truncatingIfNeeded: $0) }
            let framing: HTTPFields =
                Bool.random(using: &numbers) ? [.contentLength: String(body.count)] : [.transferEncoding: "chunked"]
            let trailers: HTTPFields = framing.contains(.contentLength) ? [:] : [.eTag: "\(round)"]
            var head = RequestHead.to("/\(round)", .post)
            head.fields.append(contentsOf: framing)
            if try client.send(head) != .length(0) {
                try client.sendBody(body.span)
                try client.sendEnd(trailers: trailers)
            }
            var up: [UInt8] = []
            _ = client.nextOutput(into: &up)
            var asked: [HTTP1Event] = []
            Self.deliver(up, &numbers) { piece in
                server.receive(piece, at: Instant(nanoseconds: 0))
                asked += server.events
            }
            try server.send(ResponseHead(status: 103))
            if try server.send(ResponseHead(status: 200, fields: framing)) != .length(0) {
                try server.sendBody(body.span)
                try server.sendEnd(trailers: trailers)
            }
            var down: [UInt8] = []
            _ = server.nextOutput(into: &down)
            var answered: [HTTP1Event] = []
            Self.deliver(down, &numbers) { piece in
                client.receive(piece, at: Instant(nanoseconds: 0))
                answered += client.events
            }
            #expect(asked.first == .request(head))
            #expect(asked.last == .end(trailers: trailers))
            #expect(answered.first == .informational(ResponseHead(status: 103)))
            #expect(answered.last == .end(trailers: trailers))
            for events in [asked, answered] {
                let read = events.reduce(into: [UInt8]()) { if case .body(let part) = $1 { $0 += part } }
                #expect(read == body)
            }
            #expect(client.isReusable)
            #expect(server.state == .idle)
        }
    }

    /// Hands the bytes over in pieces of random sizes.
    static func deliver(_ bytes: [UInt8], _ numbers: inout Numbers, to receive: (Span<UInt8>) -> Void) {
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1...64, using: &numbers))
            receive(bytes.span.extracting(start..<end))
            start = end
        }
    }
}
