import MockTransport
import TernCore
import Testing

@Suite("why a call failed")
struct ErrorTests {
    struct Mine: Error, CustomStringConvertible { let description = "a reason" }

    struct Link: Middleware {
        var error: any Error
        func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
            _ = try await next(request)
            throw error
        }
    }

    @Test("cancelling the task is told as such, and is no timeout")
    func cancelling() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.ok, delay: .seconds(10)) }
        let session = Session(transport: mock).with { $0.clock = clock }
        let task = Task { () async throws(HTTPError) -> Response in try await session.get("http://a.test/") }
        await clock.sleepers(1)
        task.cancel()
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        guard case .cancelled = error?.kind else {
            Issue.record("not cancelled: \(String(describing: error))")
            return
        }
        #expect(error?.isCancelled == true)
        #expect(error?.description == "GET http://a.test/: cancelled")
        #expect(error?.attempts.count == 1)
    }

    @Test("cancelling while a streamed body is read")
    func cancellingBody() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(steps: [.bytes([1]), .wait(.seconds(10))]) }
        let session = Session(transport: mock).with { $0.clock = clock }
        let response = try await session.stream("http://a.test/")
        let task = Task {
            for try await chunk in response.body { #expect(chunk == [1]) }
        }
        await clock.sleepers(1)
        task.cancel()
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.isCancelled == true)
    }

    @Test("each timeout keeps its own code")
    func timeouts() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.ok, delay: .seconds(100)) }
        let session = Session(transport: mock).with {
            $0.clock = clock
            $0.retry = nil
        }
        let total = Task { try await session.get("http://a.test/", timeout: .seconds(2)) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(2))
        let first = await #expect(throws: HTTPError.self) { try await total.value }
        #expect(first?.transportError?.code == .totalTimeout)
        #expect(first?.isCancelled == false)
        let head = Task { try await session.get("http://a.test/") }
        await clock.sleepers(1)
        clock.advance(by: .seconds(30))
        let second = await #expect(throws: HTTPError.self) { try await head.value }
        #expect(second?.transportError?.code == .firstByteTimeout)
    }

    @Test("what a middleware throws is told as such; errors of the transport and of HTTP pass as they are")
    func middleware() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        let refused = TransportError(
            .connectionRefused, phase: .connect, retrySafety: .notSent, endpoint: "b.test", message: "refused by b.test"
        )
        let cases: [(any Error, String)] = [
            (Mine(), "GET http://a.test/: a middleware failed: a reason"),
            (refused, "GET http://a.test/: refused by b.test"),
            (HTTPError(.redirects("enough"), request: "GET x"), "GET x: enough"),
            (CancellationError(), "GET http://a.test/: cancelled"),
            (
                BodyTooLarge(limit: 3),
                "GET http://a.test/: the response's body: the body is longer than the 3 bytes allowed"
            ),
        ]
        for (thrown, description) in cases {
            let error = await #expect(throws: HTTPError.self) {
                try await session.get("http://a.test/") { $0.callMiddleware = [Link(error: thrown)] }
            }
            #expect(error?.description == description)
            #expect(error?.attempts.count == 1)
        }
    }

    @Test("method and origin are not told twice; another origin, after a redirect, is told")
    func repeatedOrigin() {
        func refused(_ endpoint: String) -> HTTPError.Kind {
            .transport(
                TransportError(
                    .connectionRefused, phase: .connect, retrySafety: .notSent, endpoint: endpoint,
                    message: "GET \(endpoint): connecting failed"))
        }
        let same = HTTPError(refused("http://a.test:80"), request: "GET http://a.test/x")
        #expect(same.description == "GET http://a.test/x: connecting failed")
        let other = HTTPError(refused("http://b.test:80"), request: "GET http://a.test/x")
        #expect(other.description == "GET http://a.test/x: GET http://b.test:80: connecting failed")
    }

    @Test("the description says what was tried, what came back, and how often")
    func descriptions() async throws {
        let response = try await Session(transport: MockTransport { _ in MockResponse(.ok) }).get("http://a.test/")
        let (request, attempts) = (response.request, response.attempts)
        let kinds: [(HTTPError.Kind, String)] = [
            (.input(Mine()), "a reason"),
            (.body(Mine()), "the request's body: a reason"),
            (.decoding(Mine()), "the response's body: a reason"),
            (.file(Mine()), "the download: a reason"),
            (.redirects("a loop"), "a loop"),
            (.status(.badGateway), "the server answered 502 Bad Gateway"),
            (.middleware(Mine()), "a middleware failed: a reason"),
            (.cancelled, "cancelled"),
        ]
        for (kind, text) in kinds {
            #expect(HTTPError(kind, request: "\(request)").description == "GET http://a.test/: \(text)")
            #expect(
                HTTPError(kind, request: "\(request)", attempts: attempts + attempts).description
                    == "GET http://a.test/: \(text) (2 attempts)")
        }
    }

    @Test("checkStatus lets 1xx to 3xx pass and gives the response back")
    func checkStatus() async throws {
        let mock = MockTransport { sent in
            MockResponse(.init(code: Int(sent.request.url.path.dropFirst()) ?? 0), "body")
        }
        let session = Session(transport: mock)
        for code in [200, 204, 304, 399] {
            #expect(try await session.get("http://a.test/\(code)").checkStatus().status.code == code)
        }
        for code in [400, 404, 500, 503] {
            let response = try await session.get("http://a.test/\(code)")
            #expect(!response.isOK)
            #expect(throws: HTTPError.self) { try response.checkStatus() }
        }
    }

    @Test("a timeline tells the phases with their times")
    func timeline() async throws {
        let clock = ManualClock()
        clock.advance(by: .seconds(5))
        let mock = MockTransport(clock: clock) { _ in
            MockResponse(
                .ok, informational: [HTTPResponse(status: .init(code: 103))],
                steps: [.bytes([1]), .bytes([2])], delay: .milliseconds(1500))
        }
        let session = Session(transport: mock).with {
            $0.clock = clock
            $0.recordsTimeline = true
        }
        async let advanced: Void = clock.advanceOnceAsleep(by: .milliseconds(1500))
        let timeline = try #require(try await session.get("http://a.test/").timeline)
        await advanced
        #expect(
            timeline.entries.map(\.phase) == [
                "queued", "ready", "request sent", "informational", "head", "download progress", "done",
            ])
        #expect(timeline.time(of: "request sent") == .zero)
        #expect(timeline.time(of: "head") == .milliseconds(1500))
        #expect(timeline.time(of: "resolved") == nil)
        #expect(
            timeline.description.split(separator: "\n") == [
                "      0.0 ms  queued", "      0.0 ms  ready              HTTP/2", "      0.0 ms  request sent",
                "   1500.0 ms  informational      103", "   1500.0 ms  head               200 OK",
                "   1500.0 ms  download progress  2 bytes", "   1500.0 ms  done",
            ])
    }
}
