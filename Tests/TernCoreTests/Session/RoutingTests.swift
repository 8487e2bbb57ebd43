import MockTransport
import TernCore
import Testing

@Suite("transports mounted by prefix")
struct RoutingTests {
    static func mock(_ name: String) -> MockTransport { MockTransport { _ in MockResponse(.ok, name) } }

    static let rows: [(url: String, name: String?)] = [
        ("https://a.test/", "host"), ("https://a.test/v1", "host"), ("https://a.test/v2", "path"),
        ("https://a.test/v2/x", "path"), ("https://a.test/v20", "host"), ("https://A.TEST/v2/deep/x", "deep"),
        ("https://a.test:8443/", "scheme"), ("https://a.test.evil/", "scheme"), ("https://b.test/", "scheme"),
        ("https://aa.test/", "scheme"), ("http://a.test/", "all"), ("https://a.test:443/v2", "path"),
    ]

    @Test("the longest prefix wins, at the boundary of a part", arguments: rows)
    func longest(url: String, name: String?) async throws {
        let transport = try RoutingTransport(mounts: [
            "https://": AnyTransport(Self.mock("scheme")), "https://a.test": AnyTransport(Self.mock("host")),
            "https://a.test/v2": AnyTransport(Self.mock("path")),
            "https://a.test/v2/deep/": AnyTransport(Self.mock("deep")), "all://": AnyTransport(Self.mock("all")),
        ])
        #expect(try await Session(transport: transport).get(url).text == name)
    }

    @Test("a redirect goes where its own URL leads, and what nothing is mounted for is refused before it is sent")
    func redirects() async throws {
        let first = MockTransport { _ in .redirect(to: "https://b.test/") }
        let second = Self.mock("second")
        let transport = try RoutingTransport(mounts: [
            "https://a.test": AnyTransport(first), "https://b.test": AnyTransport(second),
        ])
        let session = Session(owning: transport)
        #expect(try await session.get("https://a.test/").text == "second")
        let error = await #expect(throws: HTTPError.self) { try await session.get("https://c.test/") }
        #expect(error?.transportError?.code == .unsupported)
        #expect(error?.transportError?.retrySafety == .notSent)
        await session.close()
        #expect(first.shutdowns == 1 && second.shutdowns == 1)
    }

    @Test("it can do what all that is mounted can, and each checks for itself")
    func capabilities() async throws {
        let able = MockTransport { _ in MockResponse() }
        let poor = MockTransport(capabilities: Capabilities(features: [.http1])) { _ in MockResponse() }
        let transport = try RoutingTransport(mounts: [
            "https://able.test": AnyTransport(able), "http://poor.test": AnyTransport(poor),
        ])
        #expect(transport.capabilities(over: .automatic).features == [.http1])
        let session = Session(transport: transport)
        _ = try await session.post("https://able.test/", .text("x")) { $0.expectContinue = .seconds(1) }
        let error = await #expect(throws: HTTPError.self) {
            try await session.post("http://poor.test/", .text("x")) { $0.expectContinue = .seconds(1) }
        }
        #expect(error?.transportError?.code == .unsupported)
    }

    @Test("a prefix that is none is an error")
    func faulty() {
        for prefix in ["", "a.test", "ftp://a.test", "https//a", "https://a b/"] {
            #expect(throws: HTTPURLError.self) {
                try RoutingTransport(mounts: [prefix: AnyTransport(Self.mock(""))])
            }
        }
    }
}
