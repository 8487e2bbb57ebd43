import MockTransport
import TernCore
import Testing

@Suite("routes of a session")
struct RouteTests {
    @Test("each call goes to its own origin, however alike the URLs begin")
    func origins() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        let urls = [
            "http://a.test/", "http://a.test/x", "http://a.test:8080/", "http://a.test:80/y", "http://a.test.b/",
            "https://a.test/", "http://a.test/", "http://[::1]/", "http://[::1]:81/", "http://A.TEST/z",
            "http://a.tes/", "http://127.0.0.1/", "http://127.0.0.1:8/", "http://a.test?x", "https://a.test:80/",
        ]
        for url in urls { _ = try await session.get(url) }
        #expect(mock.sent.count == urls.count)
        for sent in mock.sent { #expect(sent.exchange.route.origin == sent.request.url.origin) }
        let routes = mock.sent.filter { $0.request.url.origin.description == "http://a.test:80" }.map(\.exchange.route)
        #expect(routes.count == 6)
        for route in routes { #expect(route === routes.first) }
    }

    @Test("a proxy is chosen once for each origin")
    func proxies() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        session.configure {
            $0.proxies = ProxyRules { url in
                url.host == "inside.test" ? nil : ProxyOptions(.http, host: "proxy.test", port: url.port)
            }
        }
        for url in ["http://a.test/", "http://a.test:81/", "http://inside.test/", "http://a.test/"] {
            _ = try await session.get(url)
        }
        #expect(mock.sent.map { $0.exchange.route.proxy?.port } == [80, 81, nil, 80])
    }
}
