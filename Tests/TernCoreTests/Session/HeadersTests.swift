import MockTransport
import TernCore
import Testing

@Suite("fields of requests")
struct HeadersTests {
    static let merges: [(Headers, Headers, [String])] = [
        ([:], [:], []),
        (["A": "1", "B": "2"], [:], ["A: 1", "B: 2"]),
        ([:], ["A": "1"], ["A: 1"]),
        (["A": "1", "B": "2"], ["a": "3"], ["a: 3", "B: 2"]),
        (["A": "1", "A": "2", "B": "3"], ["A": "4"], ["A: 4", "B: 3"]),
        (["A": "1", "B": "2"], ["A": "3", "A": "4"], ["A: 3", "B: 2", "A: 4"]),
        (["A": "1", "B": "2"], ["A": nil], ["B: 2"]),
        (["A": "1"], ["A": nil, "C": "3"], ["C: 3"]),
        (["A": "1"], ["X": ""], ["A: 1", "X: "]),
        (["A": "1"], [.accept: "text/html", "X-Y": "ü"], ["A: 1", "Accept: text/html", "X-Y: ü"]),
    ]

    @Test("the call's own replace the session's of the same name, order and repeats are kept", arguments: merges)
    func merging(ofSession: Headers, ofCall: Headers, result: [String]) throws {
        let session = Session(transport: MockTransport { _ in MockResponse(.ok) })
        session.configure { $0.headers = ofSession }
        #expect(try session.prepare(.get, "http://a.test/", headers: ofCall).fields.map { "\($0)" } == result)
    }

    static let invalid: [(Headers, String)] = [
        (["X-A": "a\r\nEvil: 1"], "the value of the field X-A holds CR at byte 1 (RFC 9110 §5.5)"),
        (["X-A": "ab\n"], "the value of the field X-A holds LF at byte 2 (RFC 9110 §5.5)"),
        (["X-A": "\0"], "the value of the field X-A holds NUL at byte 0 (RFC 9110 §5.5)"),
        (["X-A": "\u{7f}"], "the value of the field X-A holds a control character at byte 0 (RFC 9110 §5.5)"),
        (["X-A": " a"], "the value of the field X-A starts or ends with white space (RFC 9110 §5.5)"),
        (["X A": "a"], "\"X A\" is not the name of a field (RFC 9110 §5.1)"),
        (["": "a"], "\"\" is not the name of a field (RFC 9110 §5.1)"),
        (["X\r\nEvil": "a"], "\"X\\r\\nEvil\" is not the name of a field (RFC 9110 §5.1)"),
        ([":path": "/"], "\":path\" is not the name of a field (RFC 9110 §5.1)"),
        (["X-Ok": "1", "é": "a", "b c": "d"], "\"\\u{00E9}\" is not the name of a field (RFC 9110 §5.1)"),
    ]

    @Test("a name or value that cannot be sent is refused before anything is sent", arguments: invalid)
    func refused(headers: Headers, message: String) async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        let ofCall = await #expect(throws: HTTPError.self) { try await session.get("http://a.test/", headers: headers) }
        #expect(ofCall?.description == "GET http://a.test/: " + message)
        session.configure { $0.headers = headers }
        let ofSession = await #expect(throws: HTTPError.self) { try await session.get("http://a.test/") }
        #expect(ofSession?.description == "GET http://a.test/: " + message)
        guard case .input(let cause) = ofSession?.kind else {
            Issue.record("not an input error")
            return
        }
        #expect(cause is InvalidField)
        #expect(mock.sent.isEmpty)
        session.configure { $0.headers = [:] }
        #expect(try await session.get("http://a.test/").isOK)
    }

    @Test("fields are read, set, repeated and taken away by name, without regard to case")
    func access() {
        var headers: Headers = ["X-A": "1", "x-a": "2"]
        #expect(headers["X-a"] == "1")
        #expect(headers[values: "X-A"] == ["1", "2"])
        headers["X-A"] = "3"
        #expect(headers[values: "X-A"] == ["3"])
        headers.append("X-A", "4")
        #expect(headers[values: "X-A"] == ["3", "4"])
        headers[values: "X-A"] = ["5", "6"]
        #expect(headers.fields.map(\.value) == ["5", "6"])
        headers["X-A"] = nil
        #expect(headers["X-A"] == nil)
        #expect(!headers.isEmpty)
        #expect(headers.fault == nil)
        #expect(Headers([.accept: "a"])[.accept] == "a")
        #expect(headers["no name"] == nil)
        headers["no name"] = "x"
        #expect(headers.fault?.name == "no name")
    }

    @Test("what holds credentials is not shown")
    func secrets() {
        let headers: Headers = [.authorization: "Bearer secret", .cookie: "a=secret", "X": "seen"]
        #expect("\(headers)" == "Authorization: (hidden)\nCookie: (hidden)\nX: seen")
    }
}
