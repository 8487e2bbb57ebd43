import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RetrySafeTests {
    /// Fails with `error` so many times, then answers.
    static func failing(_ error: TransportError, times: Int = 1) -> MockTransport {
        let count = Log<Int>()
        return MockTransport { _ throws(TransportError) in
            count.add(1)
            if count.values.count <= times { throw error }
            return MockResponse()
        }
    }

    static func request(
        _ method: HTTPRequest.Method = .get, body: RequestBody = .empty
    ) throws -> Request { Request(method: method, url: try HTTPURL("https://a.test/"), body: body) }

    static func safe(_ mock: MockTransport) -> ChainRun { ChainRun(mock) { $0.retry = SafeRetry() } }

    static let methods: [HTTPRequest.Method] = [.get, .head, .options, .trace, .put, .delete, .query, .post, .patch]

    @Test("what was not sent is sent again, whatever the method", arguments: methods)
    func notSent(method: HTTPRequest.Method) async throws {
        let mock = Self.failing(.made(.streamRefused, .notSent))
        let (response, call) = try await Self.safe(mock).send(Self.request(method))
        #expect(response.status == .ok)
        #expect(call.attempts.count == 2)
        guard case .failed(let first) = call.attempts.first?.outcome else {
            Issue.record("the first attempt did not fail")
            return
        }
        #expect(first.code == .streamRefused)
    }

    @Test(
        "a dead reused connection is replaced once for idempotent methods and QUERY, and for no others",
        arguments: methods, [TransportError.Code.connectionClosed, .connectionReset])
    func deadConnection(method: HTTPRequest.Method, code: TransportError.Code) async throws {
        let mock = Self.failing(.made(code, reused: true))
        let run = Self.safe(mock)
        if method == .post || method == .patch {
            let error = await #expect(throws: TransportError.self) { try await run.send(Self.request(method)) }
            #expect(error?.message == "it went wrong")
            #expect(mock.sent.count == 1)
        } else {
            #expect(try await run.send(Self.request(method)).response.status == .ok)
            #expect(mock.sent.count == 2)
        }
    }

    @Test("once means once")
    func once() async throws {
        let mock = Self.failing(.made(.goAway, .notSent), times: 2)
        await #expect(throws: TransportError.self) { try await Self.safe(mock).send(Self.request()) }
        #expect(mock.sent.count == 2)
    }

    @Test("each hop has its own second try")
    func eachHop() async throws {
        let seen = Log<String>()
        let mock = MockTransport { sent throws(TransportError) in
            let path = sent.request.url.path
            defer { seen.add(path) }
            guard seen.values.contains(path) else { throw .made(.goAway, .notSent) }
            return path == "/" ? .redirect(to: "/b") : MockResponse()
        }
        let run = ChainRun(mock) {
            $0.retry = SafeRetry()
            $0.redirects = .follow()
        }
        #expect(try await run.send(Self.request()).response.status == .ok)
        #expect(mock.sent.map(\.request.url.path) == ["/", "/", "/b", "/b"])
    }

    static let standing: [TransportError] = [
        .made(.connectionClosed), .made(.connectionReset, .processed, reused: true),
        .made(.streamReset, reused: true), .made(.firstByteTimeout, reused: true),
        .made(.bodyTruncated, .processed), .made(.connectTimeout, .notSent), .made(.poolTimeout, .notSent),
        .made(.hostNotFound, .notSent), .made(.certificateInvalid, .notSent), .made(.unsupported, .notSent),
        .made(.badRequest, .notSent), .made(.closed, .notSent), .made(.totalTimeout, .notSent),
        .made(.cancelled, .notSent),
    ]

    @Test("what may have been done, what cannot change and what took its time stands", arguments: standing)
    func stands(error: TransportError) async throws {
        let mock = Self.failing(error)
        let thrown = await #expect(throws: TransportError.self) { try await Self.safe(mock).send(Self.request()) }
        #expect(thrown?.code == error.code)
        #expect(mock.sent.count == 1)
    }

    @Test("no answer is asked for twice that may have been acted on", arguments: [408, 429, 500, 502, 503, 504])
    func answers(code: Int) async throws {
        let mock = MockTransport { _ in
            MockResponse(HTTPResponse.Status(code: code), fields: [.retryAfter: "0"])
        }
        let (response, call) = try await Self.safe(mock).send(Self.request())
        #expect(response.status.code == code)
        #expect(call.attempts.count == 1)
    }

    @Test("a body that can be read only once is not sent again, and the error says so")
    func body() async throws {
        let mock = Self.failing(.made(.goAway, .notSent))
        let error = await #expect(throws: TransportError.self) {
            try await Self.safe(mock).send(Self.request(.post, body: .once("x")))
        }
        #expect(error?.code == .goAway)
        #expect(error?.message == "it went wrong; not sent again, because its body can be read only once")
        #expect(mock.sent.count == 1)
    }

    @Test("a body that can be read only once is sent again while nobody has begun to read it")
    func untouched() async throws {
        let sent = Log<Int>()
        let transport = ClosureTransport { (exchange) throws(TransportError) in
            sent.add(1)
            // Nothing was sent: no connection came about, and the body was not asked for.
            if sent.values.count == 1 { throw .made(.goAway, .notSent) }
            guard case .stream(let stream) = exchange.request.body, var reader = try? await stream.open(),
                let bytes = try? await reader.next()
            else { throw .made(.bodyFailed) }
            return TransportResponse(.ok, ResponseBody(bytes))
        }
        let run = ChainRun(transport) { $0.retry = SafeRetry() }
        let response = try await run.send(Self.request(.post, body: .once("x"))).response
        #expect(response.body.whole == Array("x".utf8))
    }

    @Test("a task that is cancelled ends in its error, even if the policy wants to go on")
    func cancelled() async throws {
        struct Stubborn: RetryPolicy {
            func decide(_ attempt: FinishedAttempt) -> RetryDecision { .retry(after: .zero) }
        }
        let mock = Self.failing(.made(.cancelled))
        let run = ChainRun(mock) { $0.retry = Stubborn() }
        await #expect(throws: TransportError.self) { try await run.send(Self.request()) }
        #expect(mock.sent.count == 1)
    }
}
