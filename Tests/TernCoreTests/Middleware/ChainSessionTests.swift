import Codings
import MockTransport
import Testing
import TransportCore

@testable import TernCore

/// The links together, as a session with its defaults uses them.
@Suite struct ChainSessionTests {
    @Test("the links stand in this order, and what is not configured is not among them")
    func order() {
        var configuration = SessionConfiguration()
        func names() -> [String] { DefaultChain.links(of: configuration).map { "\(type(of: $0))" } }
        #expect(names() == ["Redirects", "Retry", "Cookies", "Decoding"])
        configuration.auth = BearerAuth(token: "x")
        configuration.hooks = [.preRequest { $0 }]
        configuration.callMiddleware = [Passing()]
        configuration.attemptMiddleware = [Passing()]
        #expect(
            names() == [
                "Passing", "Redirects", "Authentication", "Retry", "Cookies", "HookLink", "Passing", "Decoding",
            ])
        configuration.limiter = RateLimiter()
        configuration.logging = .standard
        configuration.expectContinue = .seconds(1)
        configuration.proxies = .all(ProxyOptions(.http, host: "proxy", port: 80))
        #expect(
            names() == [
                "Passing", "Redirects", "Authentication", "Retry", "ProxyAuthentication", "Expectation", "RateLimiter",
                "Cookies", "HookLink", "Passing", "RequestLog", "Decoding",
            ])
        configuration = SessionConfiguration()
        configuration.redirects = .none
        configuration.retry = nil
        configuration.cookies = nil
        configuration.decoding = .none
        #expect(names().isEmpty)
    }

    struct Passing: Middleware {
        func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse { try await next(request) }
    }

    @Test("a redirect with a cookie, a dead connection and a coded body: the caller sees the end of it")
    func together() async throws {
        let coded = try ContentEncoder.encode(Array("hello".utf8), as: .gzip)
        let count = Log<Int>()
        let mock = MockTransport { _ throws(TransportError) in
            count.add(1)
            switch count.values.count {
            case 1: return MockResponse(.found, fields: [.location: "/b", .setCookie: "a=1"])
            case 2: throw .made(.connectionReset, reused: true)
            default: return MockResponse(.ok, fields: [.contentEncoding: "gzip"], steps: [.bytes(coded)])
            }
        }
        let response = try await Session(transport: mock).get("https://a.test/a")
        #expect(response.bytes == Array("hello".utf8))
        #expect(response.url.path == "/b")
        #expect(response.history.map(\.status) == [.found])
        #expect(response.attempts.count == 3)
        #expect(mock.sent.map { $0.request.fields[.cookie] } == [nil, "a=1", "a=1"])
    }

    struct Failure: Error {}

    @Test("what goes wrong in a link is an HTTPError of its kind, and the session stays usable")
    func failures() async throws {
        let bomb = try ContentEncoder.encode([UInt8](repeating: 0, count: 4 * 1024 * 1024), as: .br)
        let mock = MockTransport { sent in
            switch sent.request.url.path {
            case "/bomb": MockResponse(.ok, fields: [.contentEncoding: "br"], steps: [.bytes(bomb)])
            case "/loop": .redirect(to: "/loop")
            default: MockResponse()
            }
        }
        let session = Session(transport: mock)
        var error = await #expect(throws: HTTPError.self) { try await session.get("https://a.test/bomb") }
        guard case .decoding(let reason as ContentDecodingError) = error?.kind else {
            Issue.record("not a decoding error: \(String(describing: error))")
            return
        }
        #expect(reason.reason == .ratioExceeded)

        error = await #expect(throws: HTTPError.self) { try await session.get("https://a.test/loop") }
        guard case .redirects = error?.kind else {
            Issue.record("not a redirect error: \(String(describing: error))")
            return
        }
        #expect(error?.history.count == 20)

        error = await #expect(throws: HTTPError.self) {
            try await session.get("https://a.test/") { $0.hooks = [.preRequest { _ in throw Failure() }] }
        }
        guard case .middleware(is Failure) = error?.kind else {
            Issue.record("not a middleware error: \(String(describing: error))")
            return
        }

        error = await #expect(throws: HTTPError.self) {
            try await session.get("https://a.test/") { $0.auth = BasicAuth(user: "a:b", password: "") }
        }
        guard case .input(is CredentialsError) = error?.kind else {
            Issue.record("not an input error: \(String(describing: error))")
            return
        }
        #expect(try await session.get("https://a.test/").status == .ok)
    }

    @Test("a streamed body that cannot be decoded fails with the same error, while it is read")
    func streamed() async throws {
        let mock = MockTransport { _ in
            MockResponse(.ok, fields: [.contentEncoding: "gzip"], steps: [.bytes([0x1f]), .bytes([0xff, 0xff])])
        }
        let response = try await Session(transport: mock).stream(.get, "https://a.test/")
        let error = await #expect(throws: HTTPError.self) {
            for try await _ in response.body {}
        }
        guard case .decoding(let reason as ContentDecodingError) = error?.kind else {
            Issue.record("not a decoding error: \(String(describing: error))")
            return
        }
        #expect(reason.reason == .corrupt)
    }

    @Test("a deadline holds over redirects, waits and attempts together")
    func deadline() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { sent in
            sent.request.url.path == "/a"
                ? MockResponse(.found, fields: [.location: "/b"], steps: [], delay: .seconds(2))
                : MockResponse(.ok, steps: [], delay: .seconds(2))
        }
        let session = Session(transport: mock)
        session.configure { $0.clock = clock }
        let task = Task { try await session.get("https://a.test/a", timeout: .seconds(3)) }
        for _ in 0..<2 {
            await clock.sleepers(1)
            clock.advance(by: .seconds(2))
        }
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.transportError?.code == .totalTimeout)
        #expect(error?.attempts.count == 2)
    }
}
