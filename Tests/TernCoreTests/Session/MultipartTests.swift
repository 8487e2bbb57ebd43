import FoundationEssentials
import MockTransport
import TernCore
import Testing

@Suite("multipart content")
struct MultipartTests {
    @Test("the bytes are those of RFC 7578, names escaped as browsers do")
    func goldenBytes() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let parts: [Multipart.Part] = [
            .text("title", "Küste"),
            .text("a\"b\r\nc", "x", type: "text/markdown", headers: ["X-Part": "1"]),
            .bytes("photo", [0x68, 0x69], filename: "tern \"1\".jpg", type: "image/jpeg"),
            .bytes("raw", [], type: nil),
            .stream("log", length: 3, replayable: true, filename: "l") { Chunks(["ab", "c"]) },
        ]
        let content = Content.multipart(Multipart(parts, boundary: "BOUNDARY"))
        _ = try await Session(transport: mock).post("http://a.test/", content)
        let sent = try #require(mock.sent.first)
        let expected = [
            "--BOUNDARY", "Content-Disposition: form-data; name=\"title\"", "", "Küste",
            "--BOUNDARY", "Content-Disposition: form-data; name=\"a%22b%0D%0Ac\"", "Content-Type: text/markdown",
            "X-Part: 1", "", "x",
            "--BOUNDARY", "Content-Disposition: form-data; name=\"photo\"; filename=\"tern %221%22.jpg\"",
            "Content-Type: image/jpeg", "", "hi",
            "--BOUNDARY", "Content-Disposition: form-data; name=\"raw\"", "", "",
            "--BOUNDARY", "Content-Disposition: form-data; name=\"log\"; filename=\"l\"",
            "Content-Type: application/octet-stream", "", "abc",
            "--BOUNDARY--", "",
        ].joined(separator: "\r\n")
        #expect(sent.text == expected)
        #expect(sent.request.fields[.contentType] == "multipart/form-data; boundary=BOUNDARY")
        #expect(sent.request.body.length == Int64(expected.utf8.count))
        #expect(sent.request.body.isReplayable)
    }

    struct Shape: Sendable, CustomTestStringConvertible {
        var name: String
        var parts: Multipart
        var isLengthKnown: Bool
        var isReplayable: Bool
        var testDescription: String { name }
    }
    static let shapes = [
        Shape(name: "none", parts: [], isLengthKnown: true, isReplayable: true),
        Shape(name: "text", parts: [.text("a", "b")], isLengthKnown: true, isReplayable: true),
        Shape(
            name: "large", parts: [.bytes("a", [UInt8](repeating: 0x61, count: 200_000)), .text("c", "d")],
            isLengthKnown: true, isReplayable: true),
        Shape(
            name: "stream with length", parts: [.text("a", "b"), .stream("s", length: 1) { Chunks(["x"]) }],
            isLengthKnown: true, isReplayable: false),
        Shape(
            name: "stream without length", parts: [.stream("s", replayable: true) { Chunks(["x"]) }],
            isLengthKnown: false, isReplayable: true),
        Shape(
            name: "one of each",
            parts: [.stream("s", length: 1, replayable: true) { Chunks(["x"]) }, .stream("t") { Chunks(["x"]) }],
            isLengthKnown: false, isReplayable: false),
    ]

    @Test("length and replay are known if all parts' are, and what is sent has that length", arguments: shapes)
    func lengths(shape: Shape) async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        _ = try await Session(transport: mock).post("http://a.test/", .multipart(shape.parts))
        let sent = try #require(mock.sent.first)
        #expect((sent.request.body.length != nil) == shape.isLengthKnown)
        #expect(sent.request.body.isReplayable == shape.isReplayable)
        if let length = sent.request.body.length { #expect(length == Int64(sent.body.count)) }
        #expect(sent.text.hasSuffix("--\(shape.parts.boundary)--\r\n"))
    }

    @Test("a file is looked up before, and read while it is sent")
    func files() async throws {
        let file = try TemporaryFile(Array("tern".utf8))
        let mock = MockTransport { _ in MockResponse(.ok) }
        let parts: Multipart = [.file("f", path: file.path), .file("g", path: file.path, filename: "g.txt", type: nil)]
        _ = try await Session(transport: mock).post("http://a.test/", .multipart(parts))
        let sent = try #require(mock.sent.first)
        #expect(sent.request.body.length == Int64(sent.body.count))
        #expect(sent.request.body.isReplayable)
        #expect(
            sent.text.contains(
                "name=\"f\"; filename=\"\(file.name)\"\r\nContent-Type: application/octet-stream\r\n\r\ntern\r\n"))
        #expect(sent.text.contains("name=\"g\"; filename=\"g.txt\"\r\n\r\ntern\r\n"))
    }

    static let refused: [(String, Multipart)] = [
        ("a file that is missing", [.file("f", path: "/nowhere/tern.jpg")]),
        ("a control character in a name", [.text("a\0", "b")]),
        ("a control character in a file name", [.bytes("a", [], filename: "\u{1}")]),
        ("CR LF in a type", [.text("a", "b", type: "text/plain\r\nX: y")]),
        ("CR LF in a field", [.text("a", "b", headers: ["X": "a\r\nb"])]),
        ("an empty boundary", Multipart([], boundary: "")),
        ("a long boundary", Multipart([], boundary: String(repeating: "b", count: 71))),
        ("a boundary with a line end", Multipart([], boundary: "a\r\nb")),
    ]

    @Test("parts that cannot be sent are refused before anything is sent", arguments: refused)
    func refusal(name: String, parts: Multipart) async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).post("http://a.test/", .multipart(parts))
        }
        guard case .input = error?.kind else {
            Issue.record("\(name): not an input error")
            return
        }
        #expect(mock.sent.isEmpty)
    }

    @Test("a part that is not as long as it says ends the call", arguments: [2, 4])
    func wrongLength(length: Int64) async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).post(
                "http://a.test/", .multipart([.stream("s", length: length) { Chunks(["abc"]) }]))
        }
        guard case .body(let cause) = error?.kind else {
            Issue.record("not a body error")
            return
        }
        #expect(cause is InvalidMultipart)
    }

    @Test("boundaries differ each time")
    func boundaries() {
        #expect(Multipart.randomBoundary() != Multipart.randomBoundary())
        #expect(Multipart.randomBoundary().utf8.count == 32)
    }
}
