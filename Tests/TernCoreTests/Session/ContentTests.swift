import FoundationEssentials
import MockTransport
import TernCore
import Testing

@Suite("the content of requests")
struct ContentTests {
    struct Bird: Codable, Equatable, Sendable {
        var name: String
        var wingspan: Double
        var nests: [Nest] = []
        struct Nest: Codable, Equatable, Sendable { var eggs: Int }
    }

    static let contents: [(Content, String, String?)] = [
        (.empty, "", nil),
        (.bytes([0x68, 0x69]), "hi", nil),
        (.bytes([0x68], type: "image/png"), "h", "image/png"),
        (.text("hé"), "hé", "text/plain; charset=utf-8"),
        (.text("<a/>", type: "application/xml"), "<a/>", "application/xml"),
        (.form(["a": "1 2", "b": ["x", "y&z"], "c": nil]), "a=1+2&b=x&b=y%26z", "application/x-www-form-urlencoded"),
        (.json(["n": 1]), #"{"n":1}"#, "application/json"),
        (.json("text"), #""text""#, "application/json"),
        (.stream { Chunks(["ab", "cd"]) }, "abcd", nil),
        (.stream(length: 4, type: "text/csv") { Chunks(["ab", "cd"]) }, "abcd", "text/csv"),
        (.asyncSequence(stream(["ab", "cd"])), "abcd", nil),
    ]

    @Test("each kind of content is sent with its type", arguments: contents)
    func kinds(content: Content, text: String, type: String?) async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        session.configure { $0.headers[.contentType] = "session/type" }
        _ = try await session.post("http://a.test/", content)
        _ =
            try await session.post("http://a.test/", content, headers: [.contentType: "call/type"])
            .checkStatus() as Response?
        let first = try #require(mock.sent.first)
        #expect(first.text == text)
        #expect(first.request.fields[values: .contentType] == [type ?? "session/type"])
        #expect(mock.sent.last?.request.fields[values: .contentType] == ["call/type"])
    }

    @Test("JSON goes there and back")
    func json() async throws {
        let mock = MockTransport { sent in MockResponse(.ok, fields: [.contentType: "application/json"], sent.text) }
        let bird = Bird(name: "Küstenseeschwalbe", wingspan: 0.85, nests: [.init(eggs: 2)])
        let response = try await Session(transport: mock).put("http://a.test/", .json(bird))
        #expect(try response.json(as: Bird.self) == bird)
        let again: Bird = try response.json()
        #expect(again == bird)
    }

    @Test("JSON that does not fit says where and why")
    func badJSON() async throws {
        let mock = MockTransport { sent in .json(sent.request.fields[.accept] ?? "") }
        let session = Session(transport: mock)
        let cases = [
            (#"{"name": "a", "wingspan": 1, "nests": [{"eggs": "two"}]}"#, "at nests[0].eggs: "),
            (#"{"name": "a"}"#, "there is no \"wingspan\""),
            (#"{"name": "a","#, "no JSON of Bird"),
            ("", "no JSON of Bird"),
        ]
        for (text, message) in cases {
            let response = try await session.get("http://a.test/", headers: [.accept: text])
            let error = #expect(throws: HTTPError.self) { try response.json(as: Bird.self) }
            guard case .decoding(let cause) = error?.kind else {
                Issue.record("not a decoding error")
                continue
            }
            #expect(cause is JSONFailure)
            #expect(error?.description.hasPrefix("GET http://a.test/: the response's body: no JSON of Bird") == true)
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test("a value that is no JSON is refused before anything is sent")
    func unencodable() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).post("http://a.test/", .json(["x": Double.nan]))
        }
        guard case .body(let cause) = error?.kind else {
            Issue.record("not a body error")
            return
        }
        #expect((cause as? JSONFailure)?.path == "x")
        #expect(mock.sent.isEmpty)
    }

    @Test("a media type that is no field value is refused")
    func badType() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).post("http://a.test/", .text("", type: "a\r\nb"))
        }
        guard case .input = error?.kind else {
            Issue.record("not an input error")
            return
        }
        #expect(mock.sent.isEmpty)
    }

    @Test("an error of the caller's stream comes back unchanged")
    func streamFails() async throws {
        struct Mine: Error {}
        let session = Session(transport: MockTransport { _ in MockResponse(.ok) })
        let error = await #expect(throws: HTTPError.self) {
            try await session.post("http://a.test/", .stream { Chunks(["a"], error: Mine()) })
        }
        guard case .body(let cause) = error?.kind else {
            Issue.record("not a body error")
            return
        }
        #expect(cause is Mine)
        #expect(error?.attempts.count == 1)
    }

    static func stream(_ chunks: [String]) -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            for chunk in chunks { continuation.yield(Array(chunk.utf8)) }
            continuation.finish()
        }
    }
}

/// Gives texts, and then ends or throws.
struct Chunks: BodyReader {
    private var rest: ArraySlice<String>
    private let error: (any Error)?

    init(_ texts: [String], error: (any Error)? = nil) {
        rest = texts[...]
        self.error = error
    }

    mutating func next() async throws -> [UInt8]? {
        if let text = rest.popFirst() { return Array(text.utf8) }
        if let error { throw error }
        return nil
    }
}
