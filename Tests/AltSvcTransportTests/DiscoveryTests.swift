import AltSvcTransport
import MockTransport
import Testing
import TransportCore

/// A resolver that has answers to questions for records.
private final class Records: Resolver {
    let answers: [String: [UInt8]]
    let asked = Box<[String]>([])

    init(_ answers: [String: [UInt8]]) { self.answers = answers }

    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        throw ResolveError(.notFound, message: host)
    }

    func records(_ type: UInt16, at name: String) async throws(ResolveError) -> [UInt8]? {
        asked.update { $0.append("\(type) \(name)") }
        guard let answer = answers[name] else { throw ResolveError(.notFound, message: name) }
        return answer
    }
}

@Suite("Finding HTTP/3 in the DNS")
struct DiscoveryTests {
    private func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    /// An answer with one HTTPS record.
    private func answer(_ owner: String, _ data: [UInt8], life: UInt8 = 200) -> [UInt8] {
        [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + name(owner) + [0, 65, 0, 1] + [
            0xC0, 12, 0, 65, 0, 1, 0, 0, 0, life,
        ]
            + [0, UInt8(data.count)] + data
    }

    private let h3: [UInt8] = [0, 1, 0, 3, 2, 0x68, 0x33]

    private func exchange(_ resolver: Records, _ url: String = "https://a.example/") throws -> Exchange {
        try get(url) { exchange in
            var connect = ConnectOptions()
            connect.resolver = resolver
            exchange.route = Route(to: exchange.route.origin, connect: connect)
        }
    }

    @Test("the first request does not wait for the DNS; the next goes over HTTP/3, at the place that an alias led to")
    func found() async throws {
        let resolver = Records([
            "a.example": answer("a.example", [0, 0] + name("pool.example")),
            "pool.example": answer("pool.example", [0, 1] + name("edge.example") + h3 + [0, 3, 0, 2, 0x20, 0xFB]),
        ])
        let scene = Scene()
        scene.altSvc.set(nil)
        #expect(try await scene.send(try exchange(resolver)) == .http2)
        await scene.transport.lookupEnded(for: try exchange(resolver).route)
        #expect(resolver.asked.current == ["65 a.example", "65 pool.example"])
        #expect(try await scene.send(try exchange(resolver)) == .http3)
        #expect(
            scene.fast.sent.first?.exchange.route.connect.overrides.first?.target == .host("edge.example", port: 8_443))
        let known = scene.cache.contents(at: scene.clock.wallSeconds).flatMap(\.alternatives)
        #expect(known.map(\.source) == [.dns])
        #expect(known.map { $0.expires - scene.clock.wallSeconds } == [200])
    }

    @Test("what is not there is not asked for again soon, nor where the DNS knows nothing")
    func nothing() async throws {
        let resolver = Records([:])
        let scene = Scene()
        scene.altSvc.set(nil)
        for _ in 0..<3 {
            #expect(try await scene.send(try exchange(resolver)) == .http2)
            await scene.transport.lookupEnded(for: try exchange(resolver).route)
        }
        #expect(resolver.asked.current == ["65 a.example"])
        scene.clock.advance(by: .seconds(600))
        try await scene.send(try exchange(resolver))
        await scene.transport.lookupEnded(for: try exchange(resolver).route)
        #expect(resolver.asked.current.count == 2)
        for url in ["https://127.0.0.1/", "https://localhost/", "https://printer/", "http://a.example/"] {
            try await scene.send(try exchange(resolver, url))
        }
        #expect(resolver.asked.current.count == 2)
    }

    @Test("records that alias each other end, and an excluded origin is not asked for")
    func circle() async throws {
        let resolver = Records([
            "a.example": answer("a.example", [0, 0] + name("b.example")),
            "b.example": answer("b.example", [0, 0] + name("a.example")),
        ])
        let scene = Scene()
        scene.altSvc.set(nil)
        try await scene.send(try exchange(resolver))
        await scene.transport.lookupEnded(for: try exchange(resolver).route)
        #expect(resolver.asked.current.count == 5)
        let other = Scene()
        other.cache.exclude(try exchange(resolver).route.origin)
        try await other.send(try exchange(resolver))
        #expect(resolver.asked.current.count == 5)
    }

    @Test("a record that points inside is refused to an origin outside")
    func inside() async throws {
        let resolver = Records(["a.example": answer("a.example", [0, 1] + name("localhost") + h3)])
        let scene = Scene()
        scene.altSvc.set(nil)
        try await scene.send(try exchange(resolver))
        await scene.transport.lookupEnded(for: try exchange(resolver).route)
        #expect(try await scene.send(try exchange(resolver)) == .http2)
        #expect(scene.cache.contents(at: 0).isEmpty)
    }
}
