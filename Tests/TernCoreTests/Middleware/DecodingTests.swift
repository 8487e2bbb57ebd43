import Codings
import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct DecodingTests {
    static let text = String(repeating: "the bird that flies farthest ", count: 100)

    static func coded(_ codings: [ContentCoding], _ text: String = text) throws -> [UInt8] {
        try codings.reduce(Array(text.utf8)) { try ContentEncoder.encode($0, as: $1) }
    }

    /// A response with `bytes` in pieces of `size`, and fields as a server would write them.
    static func response(
        _ bytes: [UInt8], _ encoding: String, _ status: HTTPResponse.Status = .ok, pieces size: Int = 100
    ) -> MockResponse {
        let steps = stride(from: 0, to: bytes.count, by: size).map {
            MockResponse.Step.bytes(Array(bytes[$0..<min($0 + size, bytes.count)]))
        }
        return MockResponse(
            status, fields: [.contentEncoding: encoding, .contentLength: "\(bytes.count)", .eTag: "\"x\""],
            steps: steps, trailers: [.server: "after"])
    }

    static func run(
        _ response: MockResponse, live: Bool = false, _ policy: DecodingPolicy = .automatic(),
        cap: Int = 1024 * 1024
    ) -> (run: ChainRun, mock: MockTransport) {
        let mock = MockTransport { _ in response }
        var run = ChainRun(mock) { $0.decoding = policy }
        run.delivery = live ? .prompt : .whole(upTo: cap)
        return (run, mock)
    }

    static func request(_ method: HTTPRequest.Method = .get, fields: HTTPFields = [:]) throws -> Request {
        Request(method: method, url: try HTTPURL("https://a.test/"), fields: fields)
    }

    static let stacks: [[ContentCoding]] = [
        [.gzip], [.deflate], [.br], [.zstd], [.gzip, .br], [.br, .gzip, .zstd], [.gzip, .gzip, .gzip, .gzip, .gzip],
    ]

    @Test(
        "every coding is asked for and taken off, alone and stacked, whole and live", arguments: stacks, [false, true])
    func decodes(stack: [ContentCoding], live: Bool) async throws {
        let encoding = stack.map(\.rawValue).joined(separator: ", ")
        let (run, mock) = Self.run(Self.response(try Self.coded(stack), encoding), live: live)
        let response = try await run.send(Self.request()).response
        #expect(mock.sent.first?.request.fields[.acceptEncoding] == "gzip, deflate, br, zstd")
        #expect(response.fields == [.eTag: "\"x\""])
        #expect((response.body.whole == nil) == live)
        #expect(try await response.body.collect(upTo: 1_000_000) == Array(Self.text.utf8))
        #expect(response.body.trailers[.server] == "after")
    }

    @Test("names in any case, x-gzip and identity are understood")
    func names() async throws {
        for encoding in ["GZIP", "x-gzip", "identity, gzip", "gzip,identity ,"] {
            let (run, _) = Self.run(Self.response(try Self.coded([.gzip]), encoding))
            let response = try await run.send(Self.request()).response
            #expect(response.body.whole == Array(Self.text.utf8))
        }
        let (run, _) = Self.run(MockResponse(.ok, fields: [.contentEncoding: "identity", .contentLength: "2"], "hi"))
        #expect(try await run.send(Self.request()).response.fields[.contentLength] == "2")
    }

    @Test("a request with its own Accept-Encoding or Range is left alone, and so is its answer")
    func handsOff() async throws {
        let bytes = try Self.coded([.gzip])
        for fields: HTTPFields in [[.acceptEncoding: "gzip"], [.acceptEncoding: ""], [.range: "bytes=0-99"]] {
            let (run, mock) = Self.run(Self.response(bytes, "gzip"))
            let response = try await run.send(Self.request(fields: fields)).response
            #expect(mock.sent.first?.request.fields == fields)
            #expect(response.fields[.contentEncoding] == "gzip")
            #expect(response.body.whole == bytes)
        }
    }

    @Test("a coding that is not known here stays on, with all above it")
    func unknown() async throws {
        let bytes = try Self.coded([.gzip])
        let (run, _) = Self.run(Self.response(bytes, "compress, gzip"))
        let response = try await run.send(Self.request()).response
        #expect(response.fields[.contentEncoding] == "compress, gzip")
        #expect(response.fields[.contentLength] == "\(bytes.count)")
        #expect(response.body.whole == bytes)
    }

    @Test(
        "fields that describe other content stay: after HEAD, with 204, 304 and 206", arguments: [200, 204, 304, 206])
    func noContent(code: Int) async throws {
        let answer = MockResponse(
            HTTPResponse.Status(code: code), fields: [.contentEncoding: "gzip", .contentLength: "99"],
            code == 206 ? "part" : "")
        let (run, _) = Self.run(answer)
        let response = try await run.send(Self.request(code == 200 ? .head : .get)).response
        #expect(response.fields[.contentEncoding] == "gzip")
        #expect(response.fields[.contentLength] == "99")
        #expect(response.body.whole == Array((code == 206 ? "part" : "").utf8))
    }

    @Test("an empty body under a coding is an empty body", arguments: [false, true])
    func empty(live: Bool) async throws {
        let (run, _) = Self.run(Self.response([], "gzip"), live: live)
        #expect(try await run.send(Self.request()).response.body.collect(upTo: 10).isEmpty)
    }

    @Test("a session that decodes nothing asks for nothing")
    func inactive() async throws {
        let bytes = try Self.coded([.gzip])
        let (run, mock) = Self.run(Self.response(bytes, "gzip"), .none)
        #expect(try await run.send(Self.request()).response.body.whole == bytes)
        #expect(mock.sent.first?.request.fields.isEmpty == true)
    }

    @Test("answers are decoded on every hop and attempt, and hooks see them decoded")
    func hooks() async throws {
        let (_, mock) = Self.run(Self.response(try Self.coded([.br]), "br"))
        let seen = Log<Int>()
        let run = ChainRun(mock) {
            $0.decoding = .automatic()
            $0.hooks = [
                .response { response, _ in
                    seen.add(response.body.whole?.count ?? -1)
                    return response
                }
            ]
        }
        _ = try await run.send(Self.request())
        #expect(seen.values == [Self.text.utf8.count])
    }
}
