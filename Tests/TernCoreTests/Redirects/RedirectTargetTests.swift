import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RedirectTargetTests {
    /// Follows one redirect from `url` to `location`; what was sent then.
    static func follow(
        _ url: String, _ location: String, fields: HTTPFields = [:], _ policy: RedirectPolicy = .follow()
    ) async throws -> Request {
        let mock = MockTransport([.redirect(to: location), MockResponse()])
        let run = ChainRun(mock) { $0.redirects = policy }
        _ = try await run.send(Request(url: try HTTPURL(url), fields: fields))
        return try #require(mock.sent.last?.request)
    }

    static func refusal(_ mock: MockTransport, _ url: String, _ policy: RedirectPolicy = .follow()) async -> HTTPError?
    {
        let run = ChainRun(mock) { $0.redirects = policy }
        return await #expect(throws: HTTPError.self) { try await run.send(Request(url: try HTTPURL(url))) }
    }

    @Test(
        "a Location is resolved against the URL that was asked (RFC 3986 §5.2), and inherits its fragment",
        arguments: [
            ("https://a.test/x/y?z#top", "q", "https://a.test/x/q#top"),
            ("https://a.test/x/y?z#top", "?q", "https://a.test/x/y?q#top"),
            ("https://a.test/x/y?z", "../q#end", "https://a.test/q#end"),
            ("https://a.test/x/y#top", "/q#end", "https://a.test/q#end"),
            ("https://a.test/x/y#top", "//b.test/q", "https://b.test/q#top"),
            ("http://a.test/x", "https://b.test", "https://b.test/"),
            ("https://a.test/x", "", "https://a.test/x"),
            ("https://a.test/x", "/\u{e6}", "https://a.test/%C3%A6"),
        ])
    func resolves(url: String, location: String, expected: String) async throws {
        #expect(try await Self.follow(url, location).url.description == expected)
    }

    @Test("user and password in a Location are not used (RFC 9110 §4.2.4)")
    func userinfo() async throws {
        #expect(try await Self.follow("https://a.test/", "https://u:p@b.test/").url.credentials == nil)
    }

    @Test(
        "a Location that is no http(s) URL ends the call, and the error says which",
        arguments: [
            "ftp://a.test/x", "javascript:alert(1)", "http://[::1/", "https://a.test:99999/", "file:///etc/passwd",
        ])
    func invalid(location: String) async throws {
        let error = await Self.refusal(MockTransport([.redirect(to: location)]), "https://a.test/a")
        guard case .redirects(let reason) = error?.kind else {
            Issue.record("not a redirect error: \(String(describing: error))")
            return
        }
        #expect(reason.contains("https://a.test/a"))
        #expect(reason.contains("Location"))
        #expect(error?.attempts.count == 1)
    }

    @Test("several Locations that differ end the call; the same one twice is one")
    func twice() async throws {
        var fields: HTTPFields = [.location: "/b"]
        fields.append(HTTPField(name: .location, value: "/c"))
        let error = await Self.refusal(MockTransport([MockResponse(.found, fields: fields)]), "https://a.test/a")
        #expect(error?.description.contains("2 Location fields") == true)

        let same: HTTPFields = [.location: "/b", .location: "/b"]
        let mock = MockTransport([MockResponse(.found, fields: same), MockResponse()])
        _ = try await ChainRun(mock) { $0.redirects = .follow() }.send(Request(url: try HTTPURL("https://a.test/a")))
        #expect(mock.sent.last?.request.url.path == "/b")
    }

    @Test("from https to http is refused unless it is allowed; from http to https is not a question")
    func downgrade() async throws {
        let error = await Self.refusal(MockTransport([.redirect(to: "http://a.test/b")]), "https://a.test/a")
        guard case .redirects(let reason) = error?.kind else {
            Issue.record("not a redirect error: \(String(describing: error))")
            return
        }
        #expect(reason.contains("https to http"))
        let request = try await Self.follow("https://a.test/", "http://a.test/b", .follow(allowsDowngrade: true))
        #expect(request.url.scheme == .http)
        #expect(try await Self.follow("http://a.test/", "https://a.test/b").url.scheme == .https)
    }

    static let secrets: HTTPFields = [
        .authorization: "Bearer x", .cookie: "a=b", .proxyAuthorization: "Basic x", .hostField: "virtual.test",
        .init("X-Api-Key") ?? .from: "key", .accept: "text/plain",
    ]

    @Test(
        "what is meant for one origin is dropped on the way to another scheme, host or port",
        arguments: ["https://b.test/", "https://sub.a.test/", "https://a.test:8443/", "http://a.test/"])
    func crossOrigin(location: String) async throws {
        let policy = RedirectPolicy.follow(
            allowsDowngrade: true, sensitiveFields: [try #require(HTTPField.Name("x-api-key"))])
        let request = try await Self.follow("https://a.test/a", location, fields: Self.secrets, policy)
        #expect(request.fields == [.accept: "text/plain"])
    }

    @Test("on the same origin all fields stay, also if the port is written out")
    func sameOrigin() async throws {
        let request = try await Self.follow("https://a.test/a", "https://a.test:443/b", fields: Self.secrets)
        #expect(request.fields == Self.secrets)
    }

    @Test("what was dropped does not come back with the first origin")
    func back() async throws {
        let mock = MockTransport([
            .redirect(to: "https://b.test/"), .redirect(to: "https://a.test/"), MockResponse(),
        ])
        let run = ChainRun(mock) { $0.redirects = .follow() }
        _ = try await run.send(Request(url: try HTTPURL("https://a.test/"), fields: Self.secrets))
        #expect(mock.sent.map { $0.request.fields.contains(.authorization) } == [true, false, false])
    }
}
