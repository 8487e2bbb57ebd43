import MockTransport
import Testing
import TransportCore

@testable import TernCore

/// 421 and 425: answers that say that nothing was done (RFC 9110 §15.5.20, RFC 8470 §5.2).
@Suite struct RetryMisroutedTests {
    static func run(_ mock: MockTransport, _ policy: any RetryPolicy = SafeRetry()) -> ChainRun {
        ChainRun(mock) {
            $0.retry = policy
            $0.exchange.earlyData = true
            $0.clock = ManualClock()
        }
    }

    static func request(_ method: HTTPRequest.Method = .post) throws -> Request {
        Request(method: method, url: try HTTPURL("https://a.test/"), body: .bytes([1, 2]))
    }

    @Test("a 421 is asked again once, whatever the method, over another connection", arguments: [true, false])
    func misdirected(isSafe: Bool) async throws {
        let policy: any RetryPolicy = isSafe ? SafeRetry() : BackoffRetry()
        let mock = MockTransport([MockResponse(.misdirectedRequest), MockResponse(.ok, "there")])
        let (response, call) = try await Self.run(mock, policy).send(Self.request())
        #expect(response.status == .ok)
        #expect(call.attempts.count == 2)
        let routes = mock.sent.map(\.exchange.route)
        #expect(routes.count == 2 && routes[0] != routes[1])
        #expect(routes[0].separation == 0 && routes[1].separation != 0)
        #expect(routes[1].origin == routes[0].origin && routes[1].tls == routes[0].tls)
        #expect(mock.sent.map(\.body) == [[1, 2], [1, 2]])
    }

    @Test("a second 421 stands, and the connections apart are used again by the next call")
    func again() async throws {
        let mock = MockTransport { sent in
            sent.request.url.path == "/never" || sent.exchange.route.separation == 0
                ? MockResponse(.misdirectedRequest) : MockResponse()
        }
        let run = Self.run(mock)
        #expect(try await run.send(Request(url: try HTTPURL("https://a.test/never"))).response.status.code == 421)
        #expect(mock.sent.count == 2)
        _ = try await run.send(Request(url: try HTTPURL("https://a.test/")))
        _ = try await run.send(Request(url: try HTTPURL("https://b.test/")))
        let apart = mock.sent.map(\.exchange.route).filter { $0.separation != 0 }
        #expect(apart.count == 3)
        #expect(apart[0] == apart[1])
        #expect(apart[2] != apart[1])
    }

    @Test("a 425 is asked again once, without early data")
    func tooEarly() async throws {
        for policy: any RetryPolicy in [SafeRetry(), BackoffRetry()] {
            let mock = MockTransport { _ in MockResponse(HTTPResponse.Status(code: 425)) }
            let (response, _) = try await Self.run(mock, policy).send(Self.request(.get))
            #expect(response.status.code == 425)
            #expect(mock.sent.map(\.exchange.options.earlyData) == [true, false])
            #expect(mock.sent.allSatisfy { $0.exchange.route.separation == 0 })
        }
    }

    @Test("without a policy both stand; a body that can be read only once lets them stand, too")
    func stands() async throws {
        for code in [421, 425] {
            let mock = MockTransport { _ in MockResponse(HTTPResponse.Status(code: code)) }
            let none = ChainRun(mock) { _ in }
            #expect(try await none.send(Self.request()).response.status.code == code)
            var once = try Self.request()
            once.body = .once("x")
            #expect(try await Self.run(mock).send(once).response.status.code == code)
            #expect(mock.sent.count == 2)
        }
    }

    @Test("a session's verbs do it by default, on their short way, too")
    func byDefault() async throws {
        for code in [421, 425] {
            let mock = MockTransport([MockResponse(HTTPResponse.Status(code: code)), MockResponse(.ok, "there")])
            let response = try await Session(transport: mock).post("https://a.test/", .text("x"))
            #expect(response.text == "there")
            #expect(response.attempts.count == 2)
        }
    }

    @Test("a link below that goes to another origin is not sent over this one's connections")
    func otherOrigin() async throws {
        let mock = MockTransport([MockResponse(.misdirectedRequest), MockResponse()])
        let run = ChainRun(mock) {
            $0.retry = SafeRetry()
            $0.hooks = [
                .preRequest { request in
                    var request = request
                    request.url = try HTTPURL("https://b.test/")
                    return request
                }
            ]
        }
        _ = try await run.send(Self.request(.get))
        #expect(mock.sent.allSatisfy { $0.exchange.route.origin.host == "b.test" })
    }
}
