import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct AuthTests {
    static func sent(
        _ auth: any Authenticator, fields: HTTPFields = [:], _ script: [MockResponse] = [MockResponse()]
    ) async throws -> [HTTPFields] {
        let mock = MockTransport(script)
        let run = ChainRun(mock) {
            $0.auth = auth
            $0.redirects = .follow()
        }
        _ = try await run.send(Request(url: try HTTPURL("https://a.test/"), fields: fields))
        return mock.sent.map(\.request.fields)
    }

    @Test(
        "Basic credentials are user, colon and password in base64 of UTF-8 (RFC 7617 §2)",
        arguments: [
            ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ("test", "123\u{a3}", "dGVzdDoxMjPCow=="),
            ("", "", "Og=="), ("a", "b:c", "YTpiOmM="),
        ])
    func basic(user: String, password: String, token: String) async throws {
        let sent = try await Self.sent(BasicAuth(user: user, password: password))
        #expect(sent.map { $0[.authorization] } == ["Basic \(token)"])
        #expect(try await Self.sent(BasicAuth(Credentials(user: user, password: password))) == sent)
    }

    @Test("base64 of every remainder", arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")])
    func base64(text: String, expected: String) {
        #expect(Base64.encode(Array(text.utf8)) == expected)
        #expect(Base64.encode([0xfb, 0xff, 0xbf]) == "+/+/")
    }

    static func refused(_ auth: any Authenticator) async throws -> CredentialsError? {
        let mock = MockTransport([MockResponse()])
        let run = ChainRun(mock) { $0.auth = auth }
        let error = await #expect(throws: HTTPError.self) {
            try await run.send(Request(url: try HTTPURL("https://a.test/")))
        }
        #expect(mock.sent.isEmpty)
        guard case .input(let reason as CredentialsError) = error?.kind else { return nil }
        return reason
    }

    @Test(
        "a user with a colon and control characters are refused before anything is sent",
        arguments: [("a:b", "secret"), ("a\r\nX: y", "secret"), ("a", "sec\u{0}ret"), ("a", "secret\u{7f}")])
    func refusesBasic(user: String, password: String) async throws {
        let error = try await Self.refused(BasicAuth(user: user, password: password))
        #expect(error?.description.contains("RFC 7617") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("a bearer token is sent as it is (RFC 6750 §2.1)", arguments: ["mF_9.B5f-4.1JqM", "a+/~==", "x"])
    func bearer(token: String) async throws {
        #expect(try await Self.sent(BearerAuth(token: token)).map { $0[.authorization] } == ["Bearer \(token)"])
    }

    @Test(
        "a bearer token with other characters is refused, and not shown",
        arguments: ["", "=", "sec ret", "sec\r\nret", "sec=ret", "secr\u{e9}t", "\"secret\""])
    func refusesBearer(token: String) async throws {
        let error = try await Self.refused(BearerAuth(token: token))
        #expect(error?.description.contains("RFC 6750") == true)
        #expect(error?.description.contains("sec") == false)
    }

    @Test("neither shows its secrets")
    func hidden() {
        var text = "\(BasicAuth(user: "u", password: "secret")) \(BearerAuth(token: "secret"))"
        dump(BasicAuth(user: "u", password: "secret"), to: &text)
        dump(BearerAuth(token: "secret"), to: &text)
        #expect(!text.contains("secret"))
        #expect(!text.contains("dTpzZWNyZXQ"))
    }

    @Test("a request's own Authorization stays")
    func own() async throws {
        let sent = try await Self.sent(BearerAuth(token: "x"), fields: [.authorization: "Custom y"])
        #expect(sent.map { $0[values: .authorization] } == [["Custom y"]])
    }

    @Test("no credentials go to another origin, and they come back with the first")
    func origins() async throws {
        let sent = try await Self.sent(
            BearerAuth(token: "x"),
            [
                .redirect(to: "/b"), .redirect(to: "https://a.test:444/"), .redirect(to: "https://b.test/"),
                .redirect(to: "https://a.test/c"), MockResponse(),
            ])
        #expect(sent.map { $0[.authorization] } == ["Bearer x", "Bearer x", nil, nil, "Bearer x"])
    }
}
