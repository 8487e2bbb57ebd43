import AltSvcTransport
import MockTransport
import Testing
import TransportCore

@testable import AutomaticTransport

@Suite("Choosing among three transports")
struct CompositionTests {
    private static let all = Feature.named.reduce(into: Feature()) { $0.formUnion($1.feature) }

    private struct Three {
        let fast: MockTransport
        let steady: MockTransport
        let other: MockTransport
        let composition: Composition<MockTransport, MockTransport, MockTransport>

        init(policy: ProtocolPolicy? = nil, steadyLacks: Feature = [], otherLacks: Feature = []) {
            fast = MockTransport(version: .http3) { _ throws(TransportError) in MockResponse() }
            steady = MockTransport(
                version: .http2, capabilities: Capabilities(features: CompositionTests.all.subtracting(steadyLacks))
            ) { _ throws(TransportError) in
                var fields = HTTPFields()
                if let name = HTTPField.Name("Alt-Svc") { fields[name] = #"h3=":443""# }
                return MockResponse(fields: fields)
            }
            let other = MockTransport(
                version: .http11, capabilities: Capabilities(features: CompositionTests.all.subtracting(otherLacks))
            ) { _ throws(TransportError) in MockResponse() }
            self.other = other
            composition = Composition(AltSvcTransport(fast: fast, steady: steady), policy: policy) { other }
        }
    }

    private func exchange(
        _ url: String = "https://a.example/", proxy: ProxyOptions? = nil, protocols: ProtocolSet = .automatic
    ) throws -> Exchange {
        let url = try HTTPURL(url)
        var connect = ConnectOptions()
        connect.protocols = protocols
        return Exchange(Request(url: url), over: Route(to: url.origin, proxy: proxy, connect: connect))
    }

    @Test("HTTP/2 first, HTTP/3 then, and the third transport for what the others lack alone")
    func choice() async throws {
        let three = Three(steadyLacks: .socks5Proxy)
        #expect(try await three.composition.send(try exchange()).version == .http2)
        #expect(try await three.composition.send(try exchange()).version == .http3)
        let notes = Notes()
        var proxied = try exchange(proxy: ProxyOptions(.socks5, host: "p.example", port: 1))
        proxied.onEvent = notes.observe
        #expect(try await three.composition.send(proxied).version == .http11)
        #expect(notes.all == ["carried by libcurl: the request needs SOCKS5 proxies, which the other transports lack"])
        #expect(three.other.sent.count == 1)
    }

    @Test("what nobody can do is refused before anything is sent, with the reason")
    func refused() async throws {
        let three = Three(steadyLacks: [.socks5Proxy, .rateCaps], otherLacks: .socks5Proxy)
        let failure = await #expect(throws: TransportError.self) {
            try await three.composition.send(try exchange(proxy: ProxyOptions(.socks5, host: "p.example", port: 1)))
        }
        #expect(failure?.code == .unsupported)
        #expect(failure?.retrySafety == .notSent)
        #expect(three.fast.sent.isEmpty && three.steady.sent.isEmpty && three.other.sent.isEmpty)
        // Two needs that no single transport has.
        let split = Three(steadyLacks: .rateCaps, otherLacks: .socks5Proxy)
        var both = try exchange(proxy: ProxyOptions(.socks5, host: "p.example", port: 1))
        both.options.rates.receive = 1
        let asked = both
        await #expect(throws: TransportError.self) { try await split.composition.send(asked) }
        #expect(split.steady.sent.isEmpty && split.other.sent.isEmpty)
    }

    @Test("a policy pins and excludes protocols, by origin")
    func policy() async throws {
        let none = Three(policy: .excluding(.http3))
        for _ in 0..<3 { #expect(try await none.composition.send(try exchange()).version == .http2) }
        #expect(none.steady.sent.allSatisfy { $0.exchange.route.connect.protocols == [.http1, .http2] })
        let only = Three(policy: .only(.http3))
        #expect(try await only.composition.send(try exchange()).version == .http3)
        let some = Three(policy: ProtocolPolicy { $0.host == "a.example" ? .http1 : .automatic })
        for _ in 0..<2 { _ = try await some.composition.send(try exchange()) }
        #expect(some.steady.sent.map(\.exchange.route.connect.protocols) == [.http1, .http1])
        let failure = await #expect(throws: TransportError.self) {
            try await some.composition.send(try exchange(protocols: .http2))
        }
        #expect(failure?.code == .unsupported)
    }

    @Test("shutting down ends all three")
    func shutdown() async throws {
        let three = Three(steadyLacks: .rateCaps)
        var limited = try exchange()
        limited.options.rates.receive = 1_000
        _ = try await three.composition.send(limited)
        await three.composition.shutdown(by: nil)
        #expect(three.fast.shutdowns == 1 && three.steady.shutdowns == 1 && three.other.shutdowns == 1)
    }
}
