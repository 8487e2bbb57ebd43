import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct AuthChallengeTests {
    /// Waits for a challenge, and answers with what it says.
    struct Echo: Authenticator {
        func authorize(_ request: Request, _ call: Call) async throws -> Request { request }
        func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
            guard let challenge = response.fields[.wwwAuthenticate] else { return nil }
            var request = request
            request.fields[.authorization] = challenge
            return request
        }
    }

    static func challenge(_ value: String) -> MockResponse {
        MockResponse(.unauthorized, fields: [.wwwAuthenticate: value], "who are you?")
    }

    static func run(_ mock: MockTransport) -> ChainRun {
        ChainRun(mock) {
            $0.auth = Echo()
            $0.redirects = .follow()
        }
    }

    @Test("a challenge is answered, with the body again, and the 401 goes to the history")
    func answers() async throws {
        let mock = MockTransport([Self.challenge("one"), Self.challenge("two"), MockResponse()])
        let request = Request(method: .post, url: try HTTPURL("https://a.test/"), body: .bytes(Array("b".utf8)))
        let (response, call) = try await Self.run(mock).send(request)
        #expect(response.status == .ok)
        #expect(mock.sent.map { $0.request.fields[.authorization] } == [nil, "one", "two"])
        #expect(mock.sent.map(\.text) == ["b", "b", "b"])
        #expect(call.history.map(\.status) == [.unauthorized, .unauthorized])
        #expect(call.history.first?.fields[.wwwAuthenticate] == "one")
    }

    @Test("a 401 that is not answered stands with its body")
    func stands() async throws {
        let mock = MockTransport([MockResponse(.unauthorized, "who are you?")])
        let (response, call) = try await Self.run(mock).send(Request(url: try HTTPURL("https://a.test/")))
        #expect(response.status == .unauthorized)
        #expect(response.body.whole == Array("who are you?".utf8))
        #expect(call.history.isEmpty)
    }

    @Test("a server that is never content is answered 10 times")
    func endless() async throws {
        let mock = MockTransport { _ in Self.challenge("more") }
        let (response, _) = try await Self.run(mock).send(Request(url: try HTTPURL("https://a.test/")))
        #expect(response.status == .unauthorized)
        #expect(mock.sent.count == 11)
    }

    @Test("a challenge of another origin is not answered")
    func otherOrigin() async throws {
        let mock = MockTransport([.redirect(to: "https://b.test/"), Self.challenge("give")])
        let (response, _) = try await Self.run(mock).send(Request(url: try HTTPURL("https://a.test/")))
        #expect(response.status == .unauthorized)
        #expect(mock.sent.count == 2)
    }

    @Test("a body that can be read only once ends the call with the reason")
    func onlyOnce() async throws {
        let mock = MockTransport { _ in Self.challenge("one") }
        let request = Request(method: .post, url: try HTTPURL("https://a.test/"), body: .once("b"))
        let error = await #expect(throws: HTTPError.self) { try await Self.run(mock).send(request) }
        guard case .body(let reason as BodyNotReplayable) = error?.kind else {
            Issue.record("not a body error: \(String(describing: error))")
            return
        }
        #expect(reason.description.contains("401"))
        #expect(mock.sent.count == 1)
    }

    @Test("what an authenticator throws ends the call, and nothing is sent")
    func throwing() async throws {
        struct Broken: Authenticator {
            struct Failure: Error {}
            func authorize(_ request: Request, _ call: Call) async throws -> Request { throw Failure() }
        }
        let mock = MockTransport([MockResponse()])
        let run = ChainRun(mock) { $0.auth = Broken() }
        await #expect(throws: Broken.Failure.self) { try await run.send(Request(url: try HTTPURL("https://a.test/"))) }
        #expect(mock.sent.isEmpty)
    }

    @Test("a retry sends the credentials again, and a cookie set by a 401 goes out with the answer to it")
    func together() async throws {
        let count = Log<Int>()
        let mock = MockTransport { _ throws(TransportError) in
            count.add(1)
            switch count.values.count {
            case 1: return MockResponse(.unauthorized, fields: [.wwwAuthenticate: "x", .setCookie: "nonce=1"])
            case 2: throw .made(.goAway, .notSent)
            default: return MockResponse()
            }
        }
        let run = ChainRun(mock) {
            $0.auth = Echo()
            $0.retry = SafeRetry()
            $0.cookies = MemoryCookies()
        }
        _ = try await run.send(Request(url: try HTTPURL("https://a.test/")))
        #expect(mock.sent.map { $0.request.fields[.authorization] } == [nil, "x", "x"])
        #expect(mock.sent.map { $0.request.fields[.cookie] } == [nil, "nonce=1", "nonce=1"])
    }
}
