import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RedirectLimitTests {
    @Test("a loop ends after 20 redirects, and the error has the history")
    func loop() async throws {
        let mock = MockTransport { sent in .redirect(to: sent.request.url.path == "/a" ? "/b" : "/a") }
        let run = ChainRun(mock) { $0.redirects = .follow() }
        let error = await #expect(throws: HTTPError.self) {
            try await run.send(Request(url: try HTTPURL("https://a.test/a")))
        }
        guard case .redirects(let reason) = error?.kind else {
            Issue.record("not a redirect error: \(String(describing: error))")
            return
        }
        #expect(reason.contains("more than 20"))
        #expect(error?.request == "GET https://a.test/a")
        #expect(error?.history.count == 20)
        #expect(error?.history.map(\.url.path).prefix(3) == ["/a", "/b", "/a"])
        #expect(error?.attempts.count == 21)
    }

    @Test("as many redirects as the limit says are followed", arguments: [0, 1, 5])
    func limit(limit: Int) async throws {
        let script = (0..<limit).map { MockResponse.redirect(to: "/\($0)") } + [MockResponse(.ok, "end")]
        let run = ChainRun(MockTransport(script)) { $0.redirects = .follow(limit: limit) }
        let (response, call) = try await run.send(Request(url: try HTTPURL("https://a.test/a")))
        #expect(response.status == .ok)
        #expect(call.history.count == limit)

        let longer = (0...limit).map { MockResponse.redirect(to: "/\($0)") } + [MockResponse(.ok, "end")]
        let second = ChainRun(MockTransport(longer)) { $0.redirects = .follow(limit: limit) }
        await #expect(throws: HTTPError.self) { try await second.send(Request(url: try HTTPURL("https://a.test/a"))) }
    }

    @Test("each hop is recorded with its fields, oldest first")
    func history() async throws {
        let mock = MockTransport([
            .redirect(.movedPermanently, to: "/b"), .redirect(.seeOther, to: "https://b.test/c"), MockResponse(),
        ])
        let run = ChainRun(mock) { $0.redirects = .follow() }
        let (_, call) = try await run.send(Request(method: .put, url: try HTTPURL("https://a.test/a")))
        #expect(call.history.map(\.url.description) == ["https://a.test/a", "https://a.test/b"])
        #expect(call.history.map(\.status) == [.movedPermanently, .seeOther])
        #expect(call.history.map(\.method) == [.put, .put])
        #expect(call.history.last?.fields[.location] == "https://b.test/c")
    }

    /// Answers with a redirect whose body is `body`, and then with nothing.
    static func run(_ body: ProbeBody, _ fields: HTTPFields) -> ChainRun {
        let transport = ClosureTransport { (exchange) throws(TransportError) in
            guard exchange.request.url.path == "/a" else { return TransportResponse(.ok) }
            return TransportResponse(.found, fields: fields, ResponseBody(body))
        }
        var run = ChainRun(transport) { $0.redirects = .follow() }
        run.delivery = .prompt
        return run
    }

    @Test("a short live body of a redirect is read to its end, so that the connection can be kept")
    func drains() async throws {
        let body = ProbeBody([[1, 2], [3]])
        _ = try await Self.run(body, [.location: "/b", .contentLength: "3"])
            .send(Request(url: try HTTPURL("https://a.test/a")))
        #expect(body.reads == 3)
    }

    @Test("a long one, and one of unknown length, is cancelled before the next hop")
    func cancels() async throws {
        for fields: HTTPFields in [[.location: "/b", .contentLength: "16385"], [.location: "/b"]] {
            let body = ProbeBody([[1]])
            _ = try await Self.run(body, fields).send(Request(url: try HTTPURL("https://a.test/a")))
            #expect(body.reads == 0)
            #expect(body.cancels >= 1)
        }
    }

    @Test("a body that is longer than it says is cut off")
    func liar() async throws {
        let body = ProbeBody(Array(repeating: [UInt8](repeating: 0, count: 4_096), count: 100))
        _ = try await Self.run(body, [.location: "/b", .contentLength: "3"])
            .send(Request(url: try HTTPURL("https://a.test/a")))
        #expect(body.reads == 5)
        #expect(body.cancels >= 1)
    }

    @Test("the body of a redirect that is refused is cancelled")
    func refused() async throws {
        let body = ProbeBody([[1]])
        let run = Self.run(body, [.location: "ftp://a.test/", .contentLength: "1"])
        await #expect(throws: HTTPError.self) { try await run.send(Request(url: try HTTPURL("https://a.test/a"))) }
        #expect(body.cancels >= 1)
    }
}
