import MockTransport
import TernCore
import Testing

@Suite("where a call goes: URLs, base URLs, params, user information")
struct AddressTests {
    struct Base: Sendable, CustomTestStringConvertible {
        var base: @Sendable (HTTPURL) -> BaseURL
        var name: String
        var reference: String
        var target: String
        var testDescription: String { "\(name) \(reference)" }
    }
    static let bases: [Base] = [
        ("b", "https://a.test/api/b", "https://a.test/api/v1/b"),
        ("/b", "https://a.test/b", "https://a.test/api/v1/b"),
        ("../b", "https://a.test/b", "https://a.test/api/b"),
        ("?q=1", "https://a.test/api/v1?q=1", "https://a.test/api/v1?q=1"),
        ("", "https://a.test/api/v1", "https://a.test/api/v1"),
        ("//b.test/c", "https://b.test/c", "https://a.test/api/v1//b.test/c"),
        ("http://b.test/c", "http://b.test/c", "http://b.test/c"),
        ("HTTP://b.test/c", "http://b.test/c", "http://b.test/c"),
        ("x:b/http://c", "", "https://a.test/api/v1/x:b/http://c"),
    ].flatMap { reference, resolved, appended in
        [
            Base(base: { .resolving($0) }, name: "resolving", reference: reference, target: resolved),
            Base(base: { .appending($0) }, name: "appending", reference: reference, target: appended),
        ]
    }.filter { !$0.target.isEmpty }

    @Test("a base URL is resolved against, or appended to", arguments: bases)
    func baseURLs(base: Base) throws {
        let session = Session(transport: MockTransport { _ in MockResponse(.ok) })
        try session.configure { $0.baseURL = base.base(try HTTPURL("https://a.test/api/v1")) }
        #expect(try session.prepare(.get, base.reference).url.absoluteString == base.target)
    }

    static let params: [(QueryItems, QueryItems, String)] = [
        ([:], [:], "http://a.test/?u=0#f"),
        ([:], ["q": "a b&c", "page": 2, "on": true, "x": 1.5], "http://a.test/?u=0&q=a+b%26c&page=2&on=true&x=1.5#f"),
        (["k": "v"], [:], "http://a.test/?u=0&k=v#f"),
        (["k": "v"], ["q": "é"], "http://a.test/?u=0&k=v&q=%C3%A9#f"),
        (["k": "v", "l": "w"], ["k": "x"], "http://a.test/?u=0&l=w&k=x#f"),
        (["k": "v", "l": "w"], ["k": nil], "http://a.test/?u=0&l=w#f"),
        ([:], ["t": ["a", "b"], "n": [1, 2]], "http://a.test/?u=0&t=a&t=b&n=1&n=2#f"),
        ([:], [("t", "a"), ("t", "b")], "http://a.test/?u=0&t=a&t=b#f"),
        ([:], ["u": "kept besides"], "http://a.test/?u=0&u=kept+besides#f"),
    ]

    @Test("params follow the URL's own query; the call's replace the session's of the same name", arguments: params)
    func parameters(ofSession: QueryItems, ofCall: QueryItems, url: String) throws {
        let session = Session(transport: MockTransport { _ in MockResponse(.ok) })
        session.configure { $0.params = ofSession }
        #expect(try session.prepare(.get, "http://a.test/?u=0#f", params: ofCall).url.absoluteString == url)
    }

    @Test("params are made of variables, optional ones too")
    func parametersOfVariables() {
        let text = "t"
        let number: Int? = 3
        let none: String? = nil
        let items: QueryItems = ["a": text, "b": number, "c": none, "d": text.prefix(1)]
        #expect(items.items.map { "\($0.name)=\($0.value)" } == ["a=t", "b=3", "d=t"])
        #expect(QueryItems(["b": "2", "a": "1"]).items.map(\.name) == ["a", "b"])
        #expect(QueryItems([("b", "2"), ("a", "1")]).items.map(\.name) == ["b", "a"])
        #expect(items["a"] == ["t"])
    }

    @Test(
        "what is no URL is refused before anything is sent",
        arguments: ["", "terns", "ftp://a.test/", "http://", "http://a\r\nX: y/", "http://a.test/\u{0}", "http://a b/"])
    func refused(url: String) async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let error = await #expect(throws: HTTPError.self) { try await Session(transport: mock).get(url) }
        guard case .input(let cause) = error?.kind else {
            Issue.record("not an input error: \(String(describing: error))")
            return
        }
        #expect(cause is HTTPURLError)
        #expect(mock.sent.isEmpty)
        #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
    }

    @Test("user information becomes Basic credentials, and is never seen again")
    func userInformation() async throws {
        let mock = MockTransport { sent in
            sent.request.url.path == "/fail" ? MockResponse(.notFound) : MockResponse(.ok)
        }
        let session = Session(transport: mock)
        let response = try await session.get("https://joe:s%20ecret@a.test/x")
        let sent = try #require(mock.sent.first)
        #expect(sent.request.fields[.authorization] == "Basic am9lOnMgZWNyZXQ=")
        #expect(sent.request.url.credentials == nil)
        #expect(response.url.credentials == nil)
        let error = try await session.get("https://joe:s%20ecret@a.test/fail").failure
        let texts = [
            "\(response.url)", "\(response.request)", "\(response)", "\(String(reflecting: response.url))",
            error.map { "\($0)" } ?? "",
        ]
        for text in texts {
            #expect(!text.isEmpty)
            #expect(!text.contains("ecret"))
            #expect(!text.contains("joe"))
        }
    }

    @Test("credentials that are configured, or a field of the call's own, win over the URL's")
    func otherCredentials() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        _ = try await session.get("https://joe:x@a.test/", headers: [.authorization: "Own 1"])
        _ = try await session.get("https://joe:x@a.test/") { $0.auth = BearerAuth(token: "t") }
        #expect(mock.sent.map { $0.request.fields[values: .authorization] } == [["Own 1"], ["Bearer t"]])
        #expect(mock.sent.allSatisfy { $0.request.url.credentials == nil })
    }

    @Test("user information of a URL that is refused is not in the error")
    func secretInRefusedURL() async throws {
        let session = Session(transport: MockTransport { _ in MockResponse(.ok) })
        for url in ["htp://joe:secret@a.test/", "https://joe:secret@a b/", "https://joe:sec%zzret@a.test"] {
            let error = await #expect(throws: HTTPError.self) { try await session.get(url) }
            #expect(error.map { "\($0)".contains("secret") || "\($0)".contains("joe") } == false)
        }
        await session.close()
        let closed = await #expect(throws: HTTPError.self) { try await session.get("https://joe:secret@a.test/") }
        #expect(closed.map { "\($0)".contains("secret") } == false)
    }
}

extension Response {
    /// The error of ``checkStatus()``, if it throws one.
    var failure: HTTPError? {
        do throws(HTTPError) {
            try checkStatus()
            return nil
        } catch {
            return error
        }
    }
}
