import MockTransport
import TernCore
import Testing

@Suite("files, up and down")
struct DownloadTests {
    @Test("a download is written as it comes, with progress, and gives the response without bytes")
    func download() async throws {
        let mock = MockTransport { _ in
            MockResponse(
                fields: [.contentLength: "6"], steps: [.bytes([1, 2, 3]), .bytes([4]), .bytes([5, 6])],
                trailers: [.eTag: "t"])
        }
        let file = try TemporaryFile([9, 9, 9, 9, 9, 9, 9, 9, 9])
        var seen: [DownloadProgress] = []
        let response = try await Session(transport: mock).download("http://a.test/", to: file.path) { seen.append($0) }
        #expect(file.bytes == [1, 2, 3, 4, 5, 6])
        #expect(seen.map(\.received) == [3, 4, 6])
        #expect(seen.map(\.fraction) == [0.5, 4.0 / 6, 1])
        #expect(response.bytes.isEmpty)
        #expect(response.trailers[.eTag] == "t")
        #expect(mock.sent.first?.exchange.delivery == .prompt)
    }

    @Test("an error page leaves the file alone, and is given whole")
    func errorPage() async throws {
        let mock = MockTransport { _ in MockResponse(.notFound, "no such bird") }
        let file = try TemporaryFile([7])
        let response = try await Session(transport: mock).download("http://a.test/", to: file.path)
        #expect(response.text == "no such bird")
        #expect(response.failure?.description == "GET http://a.test/: the server answered 404 Not Found")
        #expect(file.bytes == [7])
    }

    @Test("what came before a failure stays in the file")
    func failure() async throws {
        let lost = TransportError(
            .bodyTruncated, phase: .body, retrySafety: .processed, endpoint: "a.test", message: "cut short")
        let mock = MockTransport { _ in MockResponse(steps: [.bytes([1, 2]), .fail(lost)]) }
        let file = try TemporaryFile()
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).download("http://a.test/", to: file.path)
        }
        #expect(error?.transportError?.code == .bodyTruncated)
        #expect(file.bytes == [1, 2])
    }

    @Test("a file that cannot be written ends the exchange and names the path")
    func unwritable() async throws {
        let mock = MockTransport { _ in MockResponse(.ok, "x") }
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).download("http://a.test/", to: "/nowhere/at/all")
        }
        guard case .file = error?.kind else {
            Issue.record("not a file error")
            return
        }
        #expect(error?.description.contains("/nowhere/at/all: No such file or directory") == true)
    }

    @Test("a file is sent as a slice that can be sent again")
    func upload() async throws {
        let file = try TemporaryFile([1, 2, 3])
        let mock = MockTransport { _ in MockResponse(.ok) }
        _ = try await Session(transport: mock).put("http://a.test/", .file(file.path, type: "image/png"))
        let sent = try #require(mock.sent.first?.request)
        guard case .file(let slice) = sent.body else {
            Issue.record("not a file")
            return
        }
        #expect(slice == FileSlice(path: file.path, length: 3))
        #expect(sent.body.isReplayable)
        #expect(sent.fields[.contentType] == "image/png")
    }

    @Test("a missing file is refused before anything is sent, with path and reason")
    func missing() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).put("http://a.test/", .file("/nowhere/tern.jpg"))
        }
        guard case .input = error?.kind else {
            Issue.record("not an input error")
            return
        }
        #expect(
            error?.description
                == "PUT http://a.test/: examining /nowhere/tern.jpg: No such file or directory (errno 2)")
        #expect(mock.sent.isEmpty)
    }
}
