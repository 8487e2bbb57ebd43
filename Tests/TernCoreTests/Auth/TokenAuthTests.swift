import MockTransport
import Synchronization
import Testing
import TransportCore

@testable import TernCore

@Suite struct TokenAuthTests {
    /// Takes one token at a time; `accepts` says which.
    static func server(_ accepts: @escaping @Sendable () -> String) -> MockTransport {
        MockTransport { sent in
            sent.request.fields[.authorization] == "Bearer \(accepts())"
                ? MockResponse()
                : MockResponse(.unauthorized, fields: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
        }
    }

    static func get(_ path: String = "/") throws -> Request { Request(url: try HTTPURL("https://a.test\(path)")) }

    @Test("a token that is refused is refreshed once, and the request goes out again with its body")
    func refreshes() async throws {
        let mock = Self.server { "new" }
        let seen = Log<String?>()
        let run = ChainRun(mock) {
            $0.auth = TokenAuth(.init("old")) { last in
                seen.add(last?.value)
                return .init("new")
            }
        }
        let request = Request(method: .post, url: try HTTPURL("https://a.test/"), body: .bytes([1]))
        let (response, call) = try await run.send(request)
        #expect(response.status == .ok)
        #expect(mock.sent.map(\.body) == [[1], [1]])
        #expect(call.history.map(\.status) == [.unauthorized])
        #expect(seen.values == ["old"])
        _ = try await run.send(Self.get())
        #expect(mock.sent.last?.request.fields[.authorization] == "Bearer new")
        #expect(seen.values.count == 1)
    }

    @Test("without a token one is fetched first")
    func first() async throws {
        let mock = Self.server { "new" }
        let seen = Log<Bool>()
        let run = ChainRun(mock) {
            $0.auth = TokenAuth { last in
                seen.add(last == nil)
                return .init("new")
            }
        }
        #expect(try await run.send(Self.get()).response.status == .ok)
        #expect(mock.sent.count == 1)
        #expect(seen.values == [true])
    }

    @Test("a hundred 401s cause one refresh")
    func singleFlight() async throws {
        let mock = Self.server { "new" }
        let refreshes = Log<Int>()
        let isRefused = Moment()
        let run = ChainRun(mock) {
            $0.auth = TokenAuth(.init("old")) { _ in
                refreshes.add(1)
                // Nobody goes on before all have been refused.
                await isRefused.wait()
                return .init("new")
            }
        }
        try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
            for _ in 0..<100 { group.addTask { try await run.send(Self.get()).response.status } }
            while mock.sent.count < 100 { await Task.yield() }
            isRefused.fire()
            for try await status in group { #expect(status == .ok) }
        }
        #expect(refreshes.values.count == 1)
        #expect(mock.sent.count == 200)
    }

    @Test("a 401 that comes late, for a token that was replaced since, needs no refresh")
    func late() async throws {
        let refreshes = Log<Int>()
        let isReplaced = Moment()
        let mock = MockTransport { sent in
            let isNew = sent.request.fields[.authorization] == "Bearer new"
            if sent.request.url.path == "/late", !isNew { await isReplaced.wait() }
            return isNew ? MockResponse() : MockResponse(.unauthorized)
        }
        let run = ChainRun(mock) {
            $0.auth = TokenAuth(.init("old")) { _ in
                refreshes.add(1)
                return .init("new")
            }
        }
        async let late = run.send(Self.get("/late"))
        while mock.sent.isEmpty { await Task.yield() }
        _ = try await run.send(Self.get())
        isReplaced.fire()
        #expect(try await late.response.status == .ok)
        #expect(refreshes.values.count == 1)
    }

    @Test("a cyclic refresh ends: a new token that is refused, too, lets the 401 stand")
    func cyclic() async throws {
        let count = Log<Int>()
        let mock = Self.server { "none is good" }
        let run = ChainRun(mock) {
            $0.auth = TokenAuth(.init("0")) { _ in
                count.add(1)
                return .init("\(count.values.count)")
            }
        }
        for calls in 1...2 {
            #expect(try await run.send(Self.get()).response.status == .unauthorized)
            #expect(mock.sent.count == calls * 2)
            #expect(count.values.count == calls)
        }
    }

    @Test("the same token again is an error, not a circle")
    func same() async throws {
        let mock = Self.server { "other" }
        let session = Session(transport: mock)
        session.configure { $0.auth = TokenAuth(.init("same")) { _ in .init("same") } }
        let error = await #expect(throws: HTTPError.self) { try await session.get("https://a.test/") }
        guard case .middleware(is TokenRefreshError) = error?.kind else {
            Issue.record("not a refresh error: \(String(describing: error))")
            return
        }
        #expect(mock.sent.count == 1)
    }

    struct Failure: Error {}

    @Test("a refresh that fails ends all calls that wait for it, with its error inside, and the next call tries anew")
    func fails() async throws {
        let mock = Self.server { "new" }
        let refreshes = Log<Int>()
        let isRefused = Moment()
        let session = Session(transport: mock)
        session.configure {
            $0.auth = TokenAuth(.init("old")) { _ in
                refreshes.add(1)
                await isRefused.wait()
                if refreshes.values.count == 1 { throw Failure() }
                return .init("new")
            }
        }
        await withTaskGroup(of: HTTPError?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do throws(HTTPError) {
                        _ = try await session.get("https://a.test/")
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            while mock.sent.count < 10 { await Task.yield() }
            isRefused.fire()
            for await error in group {
                guard case .middleware(let reason as TokenRefreshError) = error?.kind else {
                    Issue.record("not a refresh error: \(String(describing: error))")
                    continue
                }
                #expect(reason.underlying is Failure)
                #expect(error?.attempts.count == 1)
            }
        }
        #expect(refreshes.values.count == 1)
        #expect(try await session.get("https://a.test/").status == .ok)
    }

    @Test("a token whose time is over is replaced before it is sent")
    func expires() async throws {
        let clock = ManualClock()
        let count = Log<Int>()
        let mock = MockTransport(clock: clock) { _ in MockResponse() }
        let run = ChainRun(mock) {
            $0.clock = clock
            $0.auth = TokenAuth(.init("0", lifetime: .seconds(10))) { _ in
                count.add(1)
                return .init("\(count.values.count)", lifetime: .seconds(60))
            }
        }
        for advance in [0, 9, 1, 59, 1] {
            clock.advance(by: .seconds(advance))
            _ = try await run.send(Self.get())
        }
        #expect(
            mock.sent.map { $0.request.fields[.authorization] } == ["0", "0", "1", "1", "2"].map { "Bearer \($0)" })
    }

    @Test("a call that is cancelled stops waiting, and the refresh goes on for the others")
    func cancelled() async throws {
        let mock = Self.server { "new" }
        let isFetching = Moment()
        let mayFetch = Moment()
        let run = ChainRun(mock) {
            $0.auth = TokenAuth { _ in
                isFetching.fire()
                await mayFetch.wait()
                #expect(!Task.isCancelled)
                return .init("new")
            }
        }
        let first = Task { try await run.send(Self.get()) }
        await isFetching.wait()
        let second = Task { try await run.send(Self.get()) }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        mayFetch.fire()
        #expect(try await second.value.response.status == .ok)
    }

    @Test("a deadline ends the waiting for a token")
    func deadline() async throws {
        let clock = ManualClock()
        let mayFetch = Moment()
        var run = ChainRun(MockTransport(clock: clock) { _ in MockResponse() }) {
            $0.clock = clock
            $0.auth = TokenAuth { _ in
                await mayFetch.wait()
                return .init("new")
            }
        }
        run.total = .seconds(3)
        let task = Task { [run] in try await run.send(Self.get()) }
        await clock.sleepers(1)
        clock.advance(by: .seconds(3))
        let error = await #expect(throws: HTTPError.self) { try await task.value }
        #expect(error?.transportError?.code == .totalTimeout)
        mayFetch.fire()
    }

    @Test("requests that the refresh makes with the same session go out without a token: it does not wait for itself")
    func recursive() async throws {
        let mock = MockTransport { sent in
            switch (sent.request.url.path, sent.request.fields[.authorization]) {
            case ("/token", nil): MockResponse(.ok, "new")
            case ("/token", _): MockResponse(.badRequest)
            case (_, "Bearer new"): MockResponse()
            default: MockResponse(.unauthorized)
            }
        }
        let session = Session(transport: mock)
        session.configure {
            $0.auth = TokenAuth(.init("old")) { _ in .init(try await session.get("https://a.test/token").text) }
        }
        #expect(try await session.get("https://a.test/").status == .ok)
        #expect(mock.sent.map(\.request.url.path) == ["/", "/token", "/"])
    }

    @Test("no token goes to another origin, nor is one fetched for it; nothing shows the token")
    func bound() async throws {
        let mock = MockTransport { sent in
            sent.request.url.host == "a.test" ? .redirect(to: "https://b.test/") : MockResponse(.unauthorized)
        }
        let refreshes = Log<Int>()
        let auth = TokenAuth(.init("secret")) { _ in
            refreshes.add(1)
            return .init("new")
        }
        let run = ChainRun(mock) {
            $0.auth = auth
            $0.redirects = .follow()
        }
        #expect(try await run.send(Self.get()).response.status == .unauthorized)
        #expect(mock.sent.map { $0.request.fields[.authorization] } == ["Bearer secret", nil])
        #expect(refreshes.values.isEmpty)
        var text = "\(auth) \(TokenAuth.Token("secret"))"
        dump(auth, to: &text)
        dump(TokenAuth.Token("secret"), to: &text)
        #expect(!text.contains("secret"))
    }
}
