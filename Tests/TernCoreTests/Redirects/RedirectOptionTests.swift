import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RedirectOptionTests {
    static func run(
        _ mock: MockTransport, auth: (any Authenticator)? = nil, _ change: (inout RedirectPolicy) -> Void
    ) -> ChainRun {
        ChainRun(mock) {
            $0.redirects = .follow()
            $0.auth = auth
            change(&$0.redirects)
        }
    }

    @Test("a session may keep POST after 301, 302 and 303", arguments: [301, 302, 303])
    func keepsPost(code: Int) async throws {
        let request = Request(
            method: .post, url: try HTTPURL("https://a.test/a"), fields: [.contentType: "text/plain"],
            body: .bytes([1, 2]))
        for (kept, method) in [([code], HTTPRequest.Method.post), ([300], .get)] {
            let mock = MockTransport([.redirect(HTTPResponse.Status(code: code), to: "/b"), MockResponse()])
            _ = try await Self.run(mock) { $0.keepsPost = Set(kept) }.send(request)
            #expect(mock.sent.last?.request.method == method)
            #expect(mock.sent.last?.body == (method == .post ? [1, 2] : []))
            #expect(mock.sent.last?.request.fields.contains(.contentType) == (method == .post))
        }
    }

    @Test("trusted origins get credentials and their challenges answered, but never the first one's Host")
    func trust() async throws {
        let mock = MockTransport([.redirect(to: "https://b.test/"), MockResponse()])
        let request = Request(
            url: try HTTPURL("https://a.test/"), fields: [.hostField: "other.test", .cookie: "a=1"])
        _ = try await Self.run(mock, auth: BasicAuth(user: "u", password: "p")) { $0.trustsOtherOrigins = true }
            .send(request)
        #expect(mock.sent.last?.request.fields[.authorization] == "Basic dTpw")
        #expect(mock.sent.last?.request.fields[.cookie] == "a=1")
        #expect(mock.sent.last?.request.fields.contains(.hostField) == false)
    }

    @Test("after as many redirects as are allowed the next one may be the answer")
    func answer() async throws {
        let mock = MockTransport { _ in .redirect(to: "/again") }
        let run = Self.run(mock) {
            $0.limit = 2
            $0.atLimit = .answer
        }
        let (response, call) = try await run.send(Request(url: try HTTPURL("https://a.test/")))
        #expect(response.status == .found)
        #expect(call.history.count == 2)
    }

    @Test("a response tells what request would follow, by the same rules, and sends nothing")
    func nextRequest() async throws {
        let mock = MockTransport { sent in
            switch sent.request.url.path {
            case "/post": .redirect(.seeOther, to: "https://b.test/next#part")
            case "/script": .redirect(to: "javascript:alert(1)")
            default: MockResponse()
            }
        }
        let session = Session(transport: mock)
        session.configure {
            $0.redirects = .none
            $0.auth = BasicAuth(user: "u", password: "p")
        }
        let response = try await session.post("https://a.test/post", .text("x"))
        let next = try #require(try response.nextRequest())
        #expect(next.method == .get && next.url.absoluteString == "https://b.test/next#part")
        #expect(next.body.isEmpty)
        #expect(!next.fields.contains(.authorization) && !next.fields.contains(.contentType))
        #expect(mock.sent.count == 1)
        #expect(try await session.get("https://a.test/ok").nextRequest() == nil)
        let script = try await session.get("https://a.test/script")
        let error = #expect(throws: HTTPError.self) { try script.nextRequest() }
        guard case .redirects = error?.kind else {
            Issue.record("not a redirect error: \(String(describing: error))")
            return
        }
    }
}
