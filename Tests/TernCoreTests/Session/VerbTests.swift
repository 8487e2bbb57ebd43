import MockTransport
import TernCore
import Testing

@Suite("the verbs of a session")
struct VerbTests {
    typealias Verb = @Sendable (Session<MockTransport>, String) async throws(HTTPError) -> Response

    static let verbs: [(String, Verb)] = [
        ("GET", { (session, url) throws(HTTPError) in try await session.get(url) }),
        ("HEAD", { (session, url) throws(HTTPError) in try await session.head(url) }),
        ("OPTIONS", { (session, url) throws(HTTPError) in try await session.options(url) }),
        ("DELETE", { (session, url) throws(HTTPError) in try await session.delete(url) }),
        ("POST", { (session, url) throws(HTTPError) in try await session.post(url, .text("tern")) }),
        ("PUT", { (session, url) throws(HTTPError) in try await session.put(url, .text("tern")) }),
        ("PATCH", { (session, url) throws(HTTPError) in try await session.patch(url, .text("tern")) }),
        ("QUERY", { (session, url) throws(HTTPError) in try await session.query(url, .text("tern")) }),
    ]

    @Test("each verb sends its method, the session's fields and its content", arguments: verbs)
    func reachesTheTransport(name: String, verb: Verb) async throws {
        let mock = MockTransport { _ in MockResponse(.ok, fields: [.server: "mock"], "answer", trailers: [.eTag: "1"]) }
        let session = Session(transport: mock)
        let response = try await verb(session, "https://birds.test/terns?x=1#top")
        let sent = try #require(mock.sent.first)
        #expect(mock.sent.count == 1)
        #expect(sent.request.method.rawValue == name)
        #expect(sent.request.url.absoluteString == "https://birds.test/terns?x=1#top")
        #expect(sent.request.fields[.userAgent] == "tern/\(ternVersion)")
        #expect(sent.request.fields[.accept] == "*/*")
        let hasContent = ["POST", "PUT", "PATCH", "QUERY"].contains(name)
        #expect(sent.text == (hasContent ? "tern" : ""))
        #expect(sent.request.fields[.contentType] == (hasContent ? "text/plain; charset=utf-8" : nil))
        #expect(sent.exchange.delivery == .whole(upTo: 64 * 1024 * 1024))
        #expect(sent.exchange.deadline == nil)
        #expect(response.status == .ok)
        #expect(response.url.absoluteString == "https://birds.test/terns?x=1#top")
        #expect(response.headers[.server] == "mock")
        #expect(response.attempts.count == 1)
        #expect(response.history.isEmpty)
        #expect(response.text == "answer")
        #expect(response.trailers[.eTag] == "1")
    }

    @Test("any token is a method")
    func otherMethods() async throws {
        let mock = MockTransport { _ in MockResponse(.noContent) }
        let purge = try #require(HTTPRequest.Method("PURGE"))
        _ = try await Session(transport: mock).request(purge, "http://cache.test/")
        #expect(mock.sent.map(\.request.method.rawValue) == ["PURGE"])
    }

    @Test("HEAD follows a redirect only if the call asks for it")
    func headRedirects() async throws {
        let mock = MockTransport { sent in
            sent.request.url.path == "/old" ? .redirect(to: "/new") : MockResponse(.ok)
        }
        let session = Session(transport: mock)
        #expect(try await session.head("https://a.test/old").status == .found)
        #expect(try await session.head("https://a.test/old").status == .found)
        #expect(try await session.request(.head, "https://a.test/old").status == .found)
        #expect(try await session.head("https://a.test/old") { $0.redirects = .follow() }.status == .ok)
        #expect(try await session.get("https://a.test/old").status == .ok)
    }

    @Test("a prepared request is what the verb would have sent, and goes out as it is")
    func prepared() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        try session.configure {
            $0.baseURL = .resolving(try HTTPURL("https://a.test/"))
            $0.headers["X-Session"] = "s"
            $0.params = ["k": "v"]
        }
        var request = try session.prepare(.put, "b", .text("c"), params: ["p": 1], headers: ["X-Call": "x"])
        #expect("\(request)" == "PUT https://a.test/b?k=v&p=1")
        #expect(Headers(request.fields)[values: "X-Session"] == ["s"])
        session.configure { $0.headers["X-Session"] = "changed" }
        request.fields[.accept] = "text/html"
        _ = try await session.send(request)
        let sent = try #require(mock.sent.first?.request)
        #expect("\(sent)" == "PUT https://a.test/b?k=v&p=1")
        #expect(sent.fields[.accept] == "text/html")
        #expect(Headers(sent.fields)["X-Session"] == "s")
        #expect(Headers(sent.fields)["X-Call"] == "x")
    }

    @Test("the timeout of a call is a deadline for all of it, and wins over the session's")
    func deadlines() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(100))
        let mock = MockTransport(clock: clock) { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        session.configure {
            $0.clock = clock
            $0.timeouts.total = .seconds(60)
        }
        _ = try await session.get("http://a.test/")
        _ = try await session.get("http://a.test/", timeout: .seconds(5))
        _ = try await session.get("http://a.test/") { $0.timeouts.total = nil }
        #expect(mock.sent.map { $0.exchange.deadline?.nanoseconds } == [160_000_000_000, 105_000_000_000, nil])
    }
}
