import MockTransport
import Testing
import TransportCore

@testable import TernCore

/// A total timeout is what the wall clock says (niquests' `total` is not): over redirects, retries, hooks and body.
@Suite struct CallDeadlineTests {
    static func session(_ clock: ManualClock, _ mock: MockTransport) -> Session<MockTransport> {
        let session = Session(transport: mock)
        session.configure { $0.clock = clock }
        return session
    }

    /// Moves the clock by seconds until the task has ended; how far it was.
    static func timeout(
        _ clock: ManualClock, seconds: Int, _ call: @escaping @Sendable () async throws(HTTPError) -> Void
    ) async -> HTTPError? {
        let task = Task { () -> HTTPError? in
            do throws(HTTPError) {
                try await call()
                return nil
            } catch {
                return error
            }
        }
        for _ in 0..<seconds {
            await clock.sleepers(1)
            clock.advance(by: .seconds(1))
        }
        return await task.value
    }

    @Test("a body that drips for ever is cut off at the total, however regular the drops")
    func drip() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in
            MockResponse(.ok, steps: (0..<100).flatMap { _ in [.wait(.seconds(1)), .bytes([1])] })
        }
        let session = Self.session(clock, mock)
        let whole = await Self.timeout(clock, seconds: 3) { () throws(HTTPError) in
            _ = try await session.get("https://a.test/", timeout: .seconds(3))
        }
        #expect(whole?.transportError?.code == .totalTimeout)
        let streamed = await Self.timeout(clock, seconds: 3) { () throws(HTTPError) in
            let response = try await session.stream("https://a.test/", timeout: .seconds(3))
            for try await _ in response.body {}
        }
        #expect(streamed?.transportError?.code == .totalTimeout)
    }

    @Test("a timeout of one attempt is another: the retry begins its time anew, the total does not")
    func attempt() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in MockResponse(.ok, steps: [.wait(.seconds(100))]) }
        let session = Self.session(clock, mock)
        session.configure {
            $0.timeouts.attempt = .seconds(2)
            $0.retry = Again()
        }
        let error = await Self.timeout(clock, seconds: 5) { () throws(HTTPError) in
            _ = try await session.get("https://a.test/", timeout: .seconds(5))
        }
        #expect(error?.transportError?.code == .totalTimeout)
        #expect(error?.attempts.map(\.began.nanoseconds) == [0, 2_000_000_000, 4_000_000_000])
    }

    struct Again: RetryPolicy {
        func decide(_ attempt: FinishedAttempt) -> RetryDecision {
            guard case .failed(let error) = attempt.outcome, error.code == .attemptTimeout else { return .stop }
            return .retry(after: .zero)
        }
    }

    @Test("hooks and authenticators that never come back are cancelled at the total")
    func hooks() async throws {
        struct Sleeper: Hook, Authenticator {
            let clock: ManualClock
            let place: String
            func preRequest(_ request: Request) async throws -> Request {
                if place == "preRequest" { try await clock.sleep(for: .seconds(1_000)) }
                return request
            }
            func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
                if place == "response" { try await clock.sleep(for: .seconds(1_000)) }
                return response
            }
            func authorize(_ request: Request, _ call: Call) async throws -> Request {
                if place == "authorize" { try await clock.sleep(for: .seconds(1_000)) }
                return request
            }
            func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
                if place == "answer" { try await clock.sleep(for: .seconds(1_000)) }
                return nil
            }
        }
        for place in ["preRequest", "response", "authorize", "answer"] {
            let clock = ManualClock()
            let mock = MockTransport(clock: clock) { _ in MockResponse(.unauthorized) }
            let session = Self.session(clock, mock)
            let sleeper = Sleeper(clock: clock, place: place)
            session.configure {
                $0.hooks = [sleeper]
                $0.auth = sleeper
            }
            let error = await Self.timeout(clock, seconds: 2) { () throws(HTTPError) in
                _ = try await session.get("https://a.test/", timeout: .seconds(2))
            }
            #expect(error?.transportError?.code == .totalTimeout, "\(place): \(String(describing: error))")
        }
    }

    @Test("a deadline that has passed already lets no hook begin")
    func passed() async throws {
        let clock = ManualClock()
        let seen = Log<Int>()
        let mock = MockTransport(clock: clock) { _ in
            clock.advance(by: .seconds(5))
            return .redirect(to: "/b")
        }
        let session = Self.session(clock, mock)
        session.configure {
            $0.hooks = [
                .preRequest { request in
                    seen.add(1)
                    return request
                }
            ]
        }
        let error = await #expect(throws: HTTPError.self) {
            try await session.get("https://a.test/", timeout: .seconds(2))
        }
        #expect(error?.transportError?.code == .totalTimeout)
        #expect(seen.values.count == 1)
    }

    @Test("without a deadline hooks run in the call's own task")
    func noDeadline() async throws {
        let session = Session(transport: MockTransport { _ in MockResponse() })
        let seen = Log<Int>()
        try await Mark.$value.withValue(7) {
            _ = try await session.get("https://a.test/") {
                $0.hooks = [
                    .preRequest { request in
                        seen.add(Mark.value)
                        return request
                    }
                ]
            }
        }
        #expect(seen.values == [7])
    }

    enum Mark { @TaskLocal static var value = 0 }
}
