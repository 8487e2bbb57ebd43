import MockTransport
import Synchronization
import Testing
import TransportCore

@testable import TernCore

@Suite struct HookTests {
    /// Writes down what it sees, with the path of the request.
    struct Recorder: Hook {
        let log: Log<String>
        func preRequest(_ request: Request) async throws -> Request {
            log.add("preRequest \(request.url.path)")
            return request
        }
        func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool) {
            log.add("preSend \(request.url.path) \(connection.version.rawValue) \(reused)")
        }
        func onUpload(_ request: Request, sent: Int64, total: Int64?) {
            log.add("onUpload \(request.url.path) \(sent)/\(total ?? -1)")
        }
        func earlyResponse(_ response: HTTPResponse, to request: Request) {
            log.add("earlyResponse \(request.url.path) \(response.status.code)")
        }
        func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
            log.add("response \(request.url.path) \(response.status.code)")
            return response
        }
    }

    static func get(_ path: String = "/a") throws -> Request { Request(url: try HTTPURL("https://a.test\(path)")) }

    @Test("all five points fire on every hop and attempt, each once, with the attempt's own request")
    func everywhere() async throws {
        let count = Log<Int>()
        let mock = MockTransport { _ throws(TransportError) in
            count.add(1)
            switch count.values.count {
            case 1:
                return MockResponse(
                    .found, fields: [.location: "/b"], informational: [HTTPResponse(status: 103)], steps: [])
            case 2: throw .made(.goAway, .notSent)
            default:
                return MockResponse(
                    informational: [HTTPResponse(status: .continue), HTTPResponse(status: 101)], steps: [])
            }
        }
        let recorder = Recorder(log: Log())
        let run = ChainRun(mock) {
            $0.hooks = [recorder]
            $0.redirects = .follow()
            $0.retry = SafeRetry()
        }
        _ = try await run.send(Self.get())
        #expect(
            recorder.log.values == [
                "preRequest /a", "preSend /a 2 false", "earlyResponse /a 103", "response /a 302",
                "preRequest /b", "preSend /b 2 false",
                "preRequest /b", "preSend /b 2 false", "earlyResponse /b 100", "response /b 200",
            ])
    }

    @Test("pieces of a streamed body are told as they go")
    func upload() async throws {
        struct Reader: BodyReader {
            var chunks = ["one", "twos"]
            mutating func next() async throws -> [UInt8]? { chunks.isEmpty ? nil : Array(chunks.removeFirst().utf8) }
        }
        let log = Log<String>()
        let run = ChainRun(MockTransport([MockResponse()])) {
            $0.hooks = [.onUpload { log.add("\($0.method) \($1)/\($2 ?? -1)") }]
        }
        var request = Request(method: .put, url: try HTTPURL("https://a.test/"))
        request.body = .stream(BodyStream(length: 7, replayable: true) { Reader() })
        _ = try await run.send(request)
        #expect(log.values == ["PUT 3/7", "PUT 7/7"])
    }

    @Test("hooks replace request and response, one after the other")
    func replaces() async throws {
        let mock = MockTransport([MockResponse()])
        let run = ChainRun(mock) {
            $0.hooks = [
                .preRequest { request in
                    var request = request
                    request.fields[.from] = "first"
                    return request
                },
                .preRequest { request in
                    var request = request
                    request.fields[.from] = (request.fields[.from] ?? "") + ", second"
                    return request
                },
                .response { response, request in
                    var response = response
                    response.fields[.server] = request.fields[.from]
                    return response
                },
            ]
        }
        let response = try await run.send(Self.get()).response
        #expect(mock.sent.first?.request.fields[.from] == "first, second")
        #expect(response.fields[.server] == "first, second")
    }

    struct Failure: Error {}

    @Test("a hook that throws ends the call as a middleware, is not retried, and what it threw is inside")
    func throwing() async throws {
        let mock = MockTransport { _ in MockResponse() }
        for hook: ClosureHook in [
            .preRequest { _ in throw Failure() }, .response { _, _ in throw Failure() },
            .preRequest { _ in throw TransportError.made(.goAway, .notSent) },
        ] {
            let run = ChainRun(mock) {
                $0.hooks = [hook]
                $0.retry = SafeRetry()
            }
            let error = await #expect(throws: HTTPError.self) { try await run.send(Self.get()) }
            guard case .middleware(let inner) = error?.kind else {
                Issue.record("not a middleware error: \(String(describing: error))")
                return
            }
            #expect(inner is Failure || inner is TransportError)
        }
        #expect(mock.sent.count == 1)
    }

    @Test("cancellation and errors of this library pass through hooks as they are")
    func passing() async throws {
        let mock = MockTransport { _ in MockResponse() }
        let cancelling = ChainRun(mock) { $0.hooks = [.preRequest { _ in throw CancellationError() }] }
        await #expect(throws: CancellationError.self) { try await cancelling.send(Self.get()) }
        let refusing = ChainRun(mock) {
            $0.hooks = [.response { response, _ in throw HTTPError(.status(response.status), request: "x") }]
        }
        let error = await #expect(throws: HTTPError.self) { try await refusing.send(Self.get()) }
        guard case .status(.ok) = error?.kind else {
            Issue.record("not the hook's own error: \(String(describing: error))")
            return
        }
    }

    @Test("the body of a response that a hook refuses is cancelled")
    func body() async throws {
        let body = ProbeBody([[1]])
        let transport = ClosureTransport { _ throws(TransportError) in TransportResponse(.ok, ResponseBody(body)) }
        let run = ChainRun(transport) { $0.hooks = [.response { _, _ in throw Failure() }] }
        await #expect(throws: HTTPError.self) { try await run.send(Self.get()) }
        #expect(body.cancels >= 1)
    }

    @Test("hooks that only look at requests and responses ask the transport for no events")
    func noEvents() async throws {
        let asked = Log<Bool>()
        let transport = ClosureTransport { (exchange) throws(TransportError) in
            asked.add(exchange.onEvent != nil)
            return TransportResponse(.ok)
        }
        _ = try await ChainRun(transport) { $0.hooks = [.preRequest { $0 }] }.send(Self.get())
        _ = try await ChainRun(transport) { $0.hooks = [.preSend { _, _, _ in }] }.send(Self.get())
        _ = try await ChainRun(transport) { _ in }.send(Self.get())
        #expect(asked.values == [false, true, false])
    }

    @Test("observers of a call and of its links all see each event, the call's first")
    func observers() async throws {
        struct Observing: Middleware {
            let name: String
            let log: Log<String>
            func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
                try await next.observing { [name, log] event in
                    if case .requestSent = event.kind { log.add(name) }
                }(request)
            }
        }
        let log = Log<String>()
        let run = ChainRun(MockTransport([MockResponse()])) {
            $0.callMiddleware = [Observing(name: "outer", log: log)]
            $0.attemptMiddleware = [Observing(name: "inner", log: log)]
        }
        let call = run.call(for: try Self.get())
        call.observe { if case .requestSent = $0.kind { log.add("call") } }
        _ = try await Next(call: call)(Self.get())
        #expect(log.values == ["call", "outer", "inner"])
    }
}
