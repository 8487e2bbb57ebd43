import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct HookGroupTests {
    struct Stamp: Hook {
        let name: String
        let log: Log<String>
        func preRequest(_ request: Request) async throws -> Request {
            log.add("\(name) preRequest")
            return request
        }
        func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool) { log.add("\(name) preSend") }
        func onUpload(_ request: Request, sent: Int64, total: Int64?) { log.add("\(name) onUpload") }
        func earlyResponse(_ response: HTTPResponse, to request: Request) { log.add("\(name) early") }
        func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
            log.add("\(name) response")
            return response
        }
    }

    @Test("hooks are added to one another, and each point calls all of them in their order")
    func adds() async throws {
        let log = Log<String>()
        let both = Stamp(name: "one", log: log) + Stamp(name: "two", log: log)
        let three =
            both
            + ClosureHook.preRequest { request in
                log.add("three preRequest")
                return request
            }
        #expect(three.hooks.count == 3)
        let stream = BodyStream(replayable: true) {
            SequenceReader(
                iterator: AsyncStream {
                    $0.yield([1]); $0.finish()
                }.makeAsyncIterator())
        }
        let mock = MockTransport([MockResponse(.ok, informational: [HTTPResponse(status: 103)], steps: [])])
        let run = ChainRun(mock) { $0.hooks = [three] }
        _ = try await run.send(Request(method: .post, url: try HTTPURL("https://a.test/"), body: .stream(stream)))
        #expect(
            log.values == [
                "one preRequest", "two preRequest", "three preRequest", "one onUpload", "two onUpload", "one preSend",
                "two preSend", "one early", "two early", "one response", "two response",
            ])
    }

    @Test("a group by itself does what its hooks do")
    func alone() async throws {
        let log = Log<String>()
        let group = HookGroup([Stamp(name: "a", log: log), HookGroup([Stamp(name: "b", log: log)])])
        let request = Request(url: try HTTPURL("https://a.test/"))
        _ = try await group.preRequest(request)
        group.preSend(request, on: ConnectionInfo(id: 1, version: .http11, local: nil, remote: nil), reused: false)
        group.onUpload(request, sent: 1, total: nil)
        group.earlyResponse(HTTPResponse(status: 103), to: request)
        _ = try await group.response(TransportResponse(.ok), to: request)
        #expect(log.values.count == 10)
        #expect(log.values.prefix(2) == ["a preRequest", "b preRequest"])
    }

    @Test("observers see every phase of every hop and attempt, with the attempt's own request")
    func observers() async throws {
        let log = Log<String>()
        let count = Log<Int>()
        let mock = MockTransport { _ throws(TransportError) in
            count.add(1)
            switch count.values.count {
            case 1: return .redirect(to: "/b")
            case 2: throw .made(.goAway, .notSent)
            default: return MockResponse()
            }
        }
        let session = Session(transport: mock)
        session.configure {
            $0.observers = [.events { event, request in log.add("\(request.url.path) \(event.phase)") }]
        }
        _ = try await session.get("https://a.test/a")
        let sending = ["queued", "ready", "request sent"]
        #expect(
            log.values == sending.map { "/a \($0)" } + ["/a head", "/a done"] + sending.map { "/b \($0)" }
                + sending.map { "/b \($0)" } + ["/b head", "/b done"])
    }

    /// niquests calls a hook that raises TypeError a second time.
    @Test("a hook that throws is called once")
    func once() async throws {
        struct Failure: Error {}
        let calls = Log<Int>()
        let run = ChainRun(MockTransport { _ in MockResponse() }) {
            $0.retry = BackoffRetry()
            $0.hooks = [
                .preRequest { _ in
                    calls.add(1)
                    throw Failure()
                }
            ]
        }
        await #expect(throws: HTTPError.self) { try await run.send(Request(url: try HTTPURL("https://a.test/"))) }
        #expect(calls.values.count == 1)
    }

    @Test("hooks fire for the answer to a challenge, too")
    func challenges() async throws {
        let log = Log<String>()
        let server = DigestStub()
        let run = ChainRun(MockTransport { sent in server.answer(sent) }) {
            $0.auth = DigestAuth(user: "tern", password: "secret")
            $0.hooks = [Stamp(name: "x", log: log)]
        }
        _ = try await run.send(Request(url: try HTTPURL("https://a.test/")))
        #expect(log.values == ["x preRequest", "x preSend", "x response", "x preRequest", "x preSend", "x response"])
    }
}
