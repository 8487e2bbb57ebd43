import MockTransport
import TernCore
import Testing

@Suite("lines of a streamed response")
struct LinesTests {
    static let texts: [(String, [String])] = [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\r", ["a", "b"]),
        ("\n\r\n\r", ["", "", ""]),
        ("a\n\rb", ["a", "", "b"]),
        ("a\r\r\nb\n\n", ["a", "", "b", ""]),
        ("é\r\nü", ["é", "ü"]),
        ("\u{feff}a\n\u{feff}b", ["a", "\u{feff}b"]),
    ]

    @Test("LF, CR LF and CR end a line, however the bytes are cut", arguments: texts)
    func everySplit(text: String, lines: [String]) async throws {
        let bytes = Array(text.utf8)
        var cuts: [[[UInt8]]] = [[bytes], bytes.map { [$0] }]
        for first in 0...bytes.count {
            for second in first...bytes.count {
                cuts.append([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])])
            }
        }
        for chunks in cuts {
            let mock = MockTransport { _ in MockResponse(steps: chunks.map { .bytes($0) }) }
            var found: [String] = []
            for try await line in try await Session(transport: mock).stream("http://a.test/").lines {
                found.append(line)
            }
            #expect(found.map { Array($0.unicodeScalars) } == lines.map { Array($0.unicodeScalars) }, "\(chunks)")
        }
    }

    @Test("a line comes as soon as its end is here")
    func prompt() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { _ in
            MockResponse(steps: [.bytes(Array("one\rtw".utf8)), .wait(.seconds(1)), .bytes(Array("o\n".utf8))])
        }
        var lines = try await Session(transport: mock).stream("http://a.test/").lines.makeAsyncIterator()
        #expect(try await lines.next() == "one")
        async let advanced: Void = clock.advanceOnceAsleep(by: .seconds(1))
        #expect(try await lines.next() == "two")
        await advanced
    }

    @Test("a line over the limit ends the exchange with an error", arguments: ["abcde", "abcde\n", "ab\nabcde\n"])
    func tooLong(text: String) async throws {
        let mock = MockTransport { _ in MockResponse(.ok, text) }
        let response = try await Session(transport: mock).stream("http://a.test/")
        let error = await #expect(throws: HTTPError.self) {
            for try await line in response.lines(limit: 4) { #expect(line == "ab") }
        }
        guard case .decoding(let cause) = error?.kind else {
            Issue.record("not a decoding error")
            return
        }
        #expect((cause as? LineTooLong)?.limit == 4)
        #expect(
            error?.description == "GET http://a.test/: the response's body: a line is longer than the 4 bytes allowed")
    }

    @Test("lines have the charset of the type; UTF-16 is refused")
    func charsets() async throws {
        let mock = MockTransport { sent in
            MockResponse(
                fields: [.contentType: "text/plain; charset=\(sent.request.url.query ?? "")"],
                steps: [.bytes([0xe9, 0x0a, 0xe8])])
        }
        let session = Session(transport: mock)
        var lines: [String] = []
        for try await line in try await session.stream("http://a.test/?latin1").lines { lines.append(line) }
        #expect(lines == ["é", "è"])
        let refused = try await session.stream("http://a.test/?utf-16")
        await #expect(throws: HTTPError.self) { for try await _ in refused.lines {} }
    }
}

extension ManualClock {
    /// Waits until a task sleeps, and moves the time.
    func advanceOnceAsleep(by duration: Duration) async {
        await sleepers(1)
        advance(by: duration)
    }
}
