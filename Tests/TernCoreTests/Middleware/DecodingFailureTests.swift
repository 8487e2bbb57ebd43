import Codings
import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct DecodingFailureTests {
    /// The reason that reading the response to the end fails with.
    static func failure(
        _ response: MockResponse, live: Bool, _ policy: DecodingPolicy = .automatic(), cap: Int = 16 * 1024 * 1024
    ) async throws -> ContentDecodingError.Reason? {
        let run = DecodingTests.run(response, live: live, policy, cap: cap).run
        let error = await #expect(throws: HTTPError.self) {
            try await run.send(DecodingTests.request()).response.body.collect(upTo: 64 * 1024 * 1024)
        }
        guard case .decoding(let reason as ContentDecodingError) = error?.kind else { return nil }
        #expect(error?.request == "GET https://a.test/")
        #expect(error?.attempts.count == 1)
        #expect(!reason.message.isEmpty)
        return reason.reason
    }

    @Test("a body that was cut is an error", arguments: [ContentCoding.gzip, .deflate, .br, .zstd], [false, true])
    func truncated(coding: ContentCoding, live: Bool) async throws {
        let bytes = try DecodingTests.coded([coding])
        for length in [1, bytes.count / 2, bytes.count - 1] {
            let response = DecodingTests.response(Array(bytes.prefix(length)), coding.rawValue)
            #expect(try await Self.failure(response, live: live) == .truncated)
        }
    }

    @Test("a body that is something else is an error", arguments: ["gzip", "br", "zstd", "deflate"], [false, true])
    func corrupt(encoding: String, live: Bool) async throws {
        let bytes = [UInt8](repeating: 0xff, count: 300)
        #expect(try await Self.failure(DecodingTests.response(bytes, encoding), live: live) == .corrupt)
    }

    @Test("more than five codings are an error", arguments: [false, true])
    func tooMany(live: Bool) async throws {
        let six = Array(repeating: "gzip", count: 6).joined(separator: ", ")
        #expect(try await Self.failure(DecodingTests.response([1], six), live: live) == .tooManyCodings)
    }

    @Test("a bomb is an error long before it has swollen", arguments: [ContentCoding.gzip, .br, .zstd], [false, true])
    func bomb(coding: ContentCoding, live: Bool) async throws {
        let bytes = try ContentEncoder.encode([UInt8](repeating: 0, count: 8 * 1024 * 1024), as: coding)
        let response = DecodingTests.response(bytes, coding.rawValue, pieces: 1_000)
        #expect(try await Self.failure(response, live: live) == .ratioExceeded)
        let generous = DecodingPolicy.automatic(ratioLimit: 1 << 30)
        let run = DecodingTests.run(response, live: live, generous, cap: 16 * 1024 * 1024).run
        let body = try await run.send(DecodingTests.request()).response.body
        #expect(try await body.collect(upTo: 16 * 1024 * 1024).count == 8 * 1024 * 1024)
    }

    @Test("a ratio limit of nothing counts as one")
    func noRatio() async throws {
        let bytes = try DecodingTests.coded([.gzip], String(repeating: "x", count: 10_000))
        let response = DecodingTests.response(bytes, "gzip")
        let policy = DecodingPolicy.automatic(ratioLimit: 0, ratioFloor: 100)
        #expect(try await Self.failure(response, live: false, policy) == .ratioExceeded)
    }

    @Test("the error of a later hop names the request that the caller made, and has the history")
    func laterHop() async throws {
        let mock = MockTransport([.redirect(to: "https://b.test/"), DecodingTests.response([0xff, 0xff], "gzip")])
        let run = ChainRun(mock) {
            $0.decoding = .automatic()
            $0.redirects = .follow()
        }
        let error = await #expect(throws: HTTPError.self) { try await run.send(DecodingTests.request(.post)) }
        #expect(error?.request == "POST https://a.test/")
        #expect(error?.history.count == 1)
        #expect(error?.attempts.count == 2)
    }

    @Test("content may be no longer than the policy, or the buffer of the call, allows")
    func tooLarge() async throws {
        let response = DecodingTests.response(try DecodingTests.coded([.gzip]), "gzip")
        let length = DecodingTests.text.utf8.count
        for live in [false, true] {
            #expect(try await Self.failure(response, live: live, .automatic(sizeLimit: length - 1)) == .tooLarge)
            let run = DecodingTests.run(response, live: live, .automatic(sizeLimit: length)).run
            #expect(try await run.send(DecodingTests.request()).response.body.collect(upTo: length).count == length)
        }
        #expect(try await Self.failure(response, live: false, cap: length - 1) == .tooLarge)
    }

    @Test("a streamed body that fails ends its exchange, and a dropped one does too")
    func cancels() async throws {
        let body = ProbeBody([[0xff, 0xff, 0xff], [0xff], [0xff]])
        let transport = ClosureTransport { _ throws(TransportError) in
            TransportResponse(.ok, fields: [.contentEncoding: "gzip"], ResponseBody(body))
        }
        var run = ChainRun(transport) { $0.decoding = .automatic() }
        run.delivery = .prompt
        let response = try await run.send(DecodingTests.request()).response
        await #expect(throws: HTTPError.self) { try await response.body.collect(upTo: 10) }
        #expect(body.cancels >= 1)

        let dropped = ProbeBody([[0x1f, 0x8b]])
        let other = ClosureTransport { _ throws(TransportError) in
            TransportResponse(.ok, fields: [.contentEncoding: "gzip"], ResponseBody(dropped))
        }
        var second = ChainRun(other) { $0.decoding = .automatic() }
        second.delivery = .prompt
        _ = try await second.send(DecodingTests.request())
        #expect(dropped.cancels >= 1)
    }

    @Test("an error of the transport comes through as it is")
    func transport() async throws {
        let bytes = try DecodingTests.coded([.gzip])
        let response = MockResponse(
            .ok, fields: [.contentEncoding: "gzip"],
            steps: [.bytes(Array(bytes.prefix(20))), .fail(.made(.bodyTruncated, .processed))])
        let run = DecodingTests.run(response, live: true).run
        let error = await #expect(throws: TransportError.self) {
            try await run.send(DecodingTests.request()).response.body.collect(upTo: 10_000)
        }
        #expect(error?.code == .bodyTruncated)
    }

    @Test("a chunk that swells comes out in pieces of 64 KiB at most, each as soon as it is there")
    func pieces() async throws {
        let text = String(repeating: "x", count: 300_000)
        let response = DecodingTests.response(try DecodingTests.coded([.gzip], text), "gzip", pieces: 1_000_000)
        let run = DecodingTests.run(response, live: true).run
        var lengths: [Int] = []
        for try await piece in try await run.send(DecodingTests.request()).response.body { lengths.append(piece.count) }
        #expect(lengths.allSatisfy { 1...65_536 ~= $0 })
        #expect(lengths.reduce(0, +) == 300_000)
    }
}
