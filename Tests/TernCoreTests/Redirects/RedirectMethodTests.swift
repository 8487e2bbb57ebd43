import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RedirectMethodTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var status: HTTPResponse.Status
        var method: HTTPRequest.Method
        var then: HTTPRequest.Method
        var keepsBody: Bool
        init(_ status: Int, _ method: HTTPRequest.Method, _ then: HTTPRequest.Method, _ keepsBody: Bool) {
            self.status = HTTPResponse.Status(code: status)
            self.method = method
            self.then = then
            self.keepsBody = keepsBody
        }
        var testDescription: String { "\(status.code) \(method) → \(then)" }
    }

    static let rows: [Row] =
        [301, 302].flatMap {
            [
                Row($0, .get, .get, true), Row($0, .head, .head, true), Row($0, .post, .get, false),
                Row($0, .put, .put, true), Row($0, .patch, .patch, true), Row($0, .delete, .delete, true),
                Row($0, .query, .query, true), Row($0, .options, .options, true),
            ]
        } + [
            Row(303, .get, .get, false), Row(303, .head, .head, false), Row(303, .post, .get, false),
            Row(303, .put, .get, false), Row(303, .patch, .get, false), Row(303, .delete, .get, false),
            Row(303, .query, .get, false),
        ]
        + [307, 308].flatMap { status in
            [.get, .head, .post, .put, .patch, .delete, .query].map { Row(status, $0, $0, true) }
        }

    @Test("the method and the body follow from the status (RFC 9110 §15.4, RFC 10008 §2.5)", arguments: rows)
    func matrix(row: Row) async throws {
        let mock = MockTransport([.redirect(row.status, to: "/b"), MockResponse(.ok, "end")])
        let run = ChainRun(mock) { $0.redirects = .follow() }
        let request = Request(
            method: row.method, url: try HTTPURL("https://a.test/a"),
            fields: [.contentType: "text/plain", .contentLanguage: "da", .accept: "text/*"],
            body: .bytes(Array("hello".utf8)))

        let response = try await run.send(request).response

        #expect(response.status == .ok)
        let last = try #require(mock.sent.last)
        #expect(mock.sent.count == 2)
        #expect(last.request.method == row.then)
        #expect(last.text == (row.keepsBody ? "hello" : ""))
        #expect(last.request.fields[.contentType] == (row.keepsBody ? "text/plain" : nil))
        #expect(last.request.fields[.contentLanguage] == (row.keepsBody ? "da" : nil))
        #expect(last.request.fields[.accept] == "text/*")
    }

    @Test("these are never followed, with or without a Location", arguments: [200, 201, 300, 304, 305, 306, 309, 399])
    func notFollowed(code: Int) async throws {
        let mock = MockTransport([.redirect(HTTPResponse.Status(code: code), to: "/b")])
        let run = ChainRun(mock) { $0.redirects = .follow() }
        let (response, call) = try await run.send(Request(url: try HTTPURL("https://a.test/a")))
        #expect(response.status.code == code)
        #expect(mock.sent.count == 1)
        #expect(call.history.isEmpty)
    }

    @Test("a redirect without a Location is the answer")
    func noLocation() async throws {
        let mock = MockTransport([MockResponse(.found, "look around")])
        let run = ChainRun(mock) { $0.redirects = .follow() }
        let response = try await run.send(Request(url: try HTTPURL("https://a.test/a"))).response
        #expect(response.status == .found)
        #expect(response.body.whole == Array("look around".utf8))
    }

    @Test("a session that follows none gets the 3xx response")
    func none() async throws {
        let mock = MockTransport([.redirect(to: "/b")])
        let run = ChainRun(mock) { $0.redirects = .none }
        #expect(try await run.send(Request(url: try HTTPURL("https://a.test/a"))).response.status == .found)
    }

    @Test("a streamed body that can be read again is sent again, with its trailers")
    func replay() async throws {
        struct Reader: BodyReader {
            var chunks = ["one ", "two"]
            mutating func next() async throws -> [UInt8]? { chunks.isEmpty ? nil : Array(chunks.removeFirst().utf8) }
        }
        let mock = MockTransport([.redirect(.permanentRedirect, to: "/b"), MockResponse()])
        let run = ChainRun(mock) { $0.redirects = .follow() }
        var request = Request(method: .post, url: try HTTPURL("https://a.test/a"))
        request.body = .stream(BodyStream(length: 7, replayable: true) { Reader() })
        request.trailers = [.eTag: "x"]
        _ = try await run.send(request)
        #expect(mock.sent.map(\.text) == ["one two", "one two"])
        #expect(mock.sent.last?.trailers[.eTag] == "x")
    }

    @Test("a body that can be read only once ends the call with the reason, and is no matter where it is dropped")
    func onlyOnce() async throws {
        let mock = MockTransport { _ in .redirect(.temporaryRedirect, to: "/b") }
        let run = ChainRun(mock) { $0.redirects = .follow() }
        let request = Request(method: .put, url: try HTTPURL("https://a.test/a"), body: .once("hello"))
        let error = await #expect(throws: HTTPError.self) { try await run.send(request) }
        guard case .body(let reason as BodyNotReplayable) = error?.kind else {
            Issue.record("not a body error: \(String(describing: error))")
            return
        }
        #expect(reason.description.contains("307"))
        #expect(reason.description.contains("https://a.test/b"))
        #expect(mock.sent.count == 1)

        let other = MockTransport([.redirect(.seeOther, to: "/b"), MockResponse()])
        let second = ChainRun(other) { $0.redirects = .follow() }
        #expect(try await second.send(request).response.status == .ok)
        #expect(other.sent.last?.request.body.isEmpty == true)
    }

    @Test("a target that was overridden, OPTIONS *, is the new URL's after a redirect")
    func target() async throws {
        let mock = MockTransport([.redirect(.temporaryRedirect, to: "/b"), MockResponse()])
        let run = ChainRun(mock) { $0.redirects = .follow() }
        var request = Request(method: .options, url: try HTTPURL("https://a.test/"))
        request.targetOverride = "*"
        _ = try await run.send(request)
        #expect(mock.sent.map(\.request.target) == ["*", "/b"])
    }
}
