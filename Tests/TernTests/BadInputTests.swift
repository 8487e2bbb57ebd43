import Tern
import TestKit
import Testing

@Suite("Session: what bad input gets")
struct BadInputTests {
    private static let good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

    /// The error that `call` ends in; its words have to tell all of `words`.
    private func failure(
        naming words: String..., sourceLocation: SourceLocation = #_sourceLocation,
        of call: () async throws -> Response
    ) async throws -> HTTPError {
        let error = try await #require(throws: HTTPError.self, sourceLocation: sourceLocation) { try await call() }
        for word in words {
            #expect(error.description.contains(word), "\(error)", sourceLocation: sourceLocation)
        }
        return error
    }

    /// That the session still works.
    private func expectUsable(
        _ session: Session<AnyTransport>, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let server = try RawServer([.readHead, .send(Self.good)])
        #expect(try await session.get(server.url("/")).text == "ok", sourceLocation: sourceLocation)
    }

    @Test("a malformed URL", arguments: Carrier.allCases)
    func malformedURL(_ carrier: Carrier) async throws {
        let session = try carrier.session()
        for url in [
            "http://exa mple/", "http://", "http://a.example:99999/", "/no/base", "gopher://a.example/", "",
        ] {
            let error = try await failure(naming: "GET", url) { try await session.get(url) }
            guard case .input = error.kind else {
                Issue.record("\(url): \(error)")
                continue
            }
            #expect(error.attempts.isEmpty)
        }
        try await expectUsable(session)
    }

    @Test("a header with CR, LF or NUL", arguments: Carrier.allCases)
    func malformedHeader(_ carrier: Carrier) async throws {
        let server = try RawServer([.readHead, .send(Self.good)])
        let session = try carrier.session()
        for (character, name) in [("\r", "CR"), ("\n", "LF"), ("\r\nX-More: 1", "CR"), ("\0", "NUL")] {
            let error = try await failure(naming: server.url("/"), "X-Note", name) {
                try await session.get(server.url("/"), headers: ["X-Note": "secret\(character)"])
            }
            guard case .input = error.kind else {
                Issue.record("\(name): \(error)")
                continue
            }
            #expect(!error.description.contains("secret"))
        }
        #expect(server.connectionCount == 0)
        #expect(try await session.get(server.url("/")).text == "ok")
    }

    @Test("a missing file", arguments: Carrier.allCases)
    func missingFile(_ carrier: Carrier) async throws {
        let server = try RawServer([.readHead, .send(Self.good)])
        let path = try ScratchFolder("missing").path(of: "no-such-file")
        let session = try carrier.session()
        let whole = try await failure(naming: server.url("/"), path) {
            try await session.put(server.url("/"), .file(path))
        }
        let part = try await failure(naming: server.url("/"), path) {
            try await session.post(server.url("/"), .multipart([.file("photo", path: path)]))
        }
        for error in [whole, part] {
            guard case .input = error.kind else {
                Issue.record("\(error)")
                continue
            }
        }
        #expect(server.connectionCount == 0)
        #expect(try await session.get(server.url("/")).text == "ok")
    }

    @Test("a file to download to that cannot be made", arguments: Carrier.allCases)
    func unwritableFile(_ carrier: Carrier) async throws {
        let server = try RawServer([.readHead, .send(Self.good)])
        let path = try ScratchFolder("missing").path(of: "no-such-folder/file")
        let session = try carrier.session()
        let error = try await failure(naming: server.url("/"), path) {
            try await session.download(server.url("/"), to: path)
        }
        guard case .file = error.kind else {
            Issue.record("\(error)")
            return
        }
        #expect(try await session.get(server.url("/")).text == "ok")
    }

    @Test("a refused connection", arguments: Carrier.allCases)
    func refusedConnection(_ carrier: Carrier) async throws {
        let port = try #require(try Loopback.freePorts(1).first)
        let session = try carrier.session()
        let url = "http://127.0.0.1:\(port)/"
        let error = try await failure(naming: "GET \(url)", "onnection refused") { try await session.get(url) }
        #expect(error.transportError?.code == .connectionRefused)
        #expect(error.transportError?.phase == .connect && error.transportError?.retrySafety == .notSent)
        try await expectUsable(session)
    }

    @Test("an unknown host", arguments: Carrier.allCases)
    func unknownHost(_ carrier: Carrier) async throws {
        let session = try carrier.session { $0.connect.resolver = StubResolver.empty }
        let error = try await failure(naming: "GET http://birds.example/", "the stub knows no host birds.example") {
            try await session.get("http://birds.example/")
        }
        #expect(error.transportError?.code == .hostNotFound && error.transportError?.phase == .resolve)
        #expect(error.attempts.count == 1)
        try await expectUsable(session)
    }

    @Test("a slow resolver that is cancelled", arguments: Carrier.allCases)
    func slowResolver(_ carrier: Carrier) async throws {
        let asked = try Signal()
        let resolver = StubResolver { (host, _) throws(ResolveError) in
            asked.fire()
            try? await Task.sleep(for: .seconds(60))
            throw ResolveError(.cancelled, message: "the stub was asked for \(host), and cancelled")
        }
        let session = try carrier.session { $0.connect.resolver = resolver }
        let call = Task { try await session.get("http://birds.example/") }
        try await asked.wait()
        let cancelled = ContinuousClock.now
        call.cancel()
        let error = try await failure(naming: "GET http://birds.example/") { try await call.value }
        #expect(error.isCancelled, "\(error)")
        #expect(cancelled.duration(to: .now) < .seconds(10))
        try await expectUsable(session)
    }

    @Test(
        "a bad certificate", .requires(.nginx),
        arguments: Carrier.allCases, [NginxServer.Door.selfSigned, .expired, .wrongHost])
    func badCertificate(_ carrier: Carrier, _ door: NginxServer.Door) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        let url = nginx.url("/1k", door)
        let error = try await failure(naming: "GET \(url)", "certificate") { try await session.get(url) }
        #expect(error.transportError?.code == .certificateInvalid, "\(error)")
        #expect(error.transportError?.retrySafety == .notSent && error.attempts.count == 1)
        #expect(try await session.get(nginx.url("/1k", .tls)).status == .ok)
    }

    @Test("a peer that speaks no TLS", .requires(.nginx), arguments: Carrier.allCases)
    func noTLS(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        let url = "https://localhost:\(nginx.port(.clear))/1k"
        let error = try await failure(naming: "GET \(url)") { try await session.get(url) }
        #expect(error.transportError?.code == .tlsFailed && error.transportError?.phase == .tls, "\(error)")
        #expect(try await session.get(nginx.url("/1k")).status == .ok)
    }

    /// What a broken peer answers, and what comes of it.
    struct Broken: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var answer: String
        var code: TransportError.Code
    }

    private static let broken = [
        Broken(testDescription: "no HTTP", answer: "SSH-2.0-OpenSSH_9.2\r\n", code: .malformedResponse),
        Broken(
            testDescription: "contradictory lengths",
            answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", code: .malformedResponse),
        Broken(
            testDescription: "a body cut short", answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            code: .bodyTruncated),
        Broken(
            testDescription: "chunks cut short",
            answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
            code: .bodyTruncated),
        Broken(testDescription: "nothing", answer: "", code: .connectionClosed),
    ]

    @Test("a broken peer", arguments: Carrier.allCases, broken)
    func brokenPeer(_ carrier: Carrier, _ broken: Broken) async throws {
        let server = try RawServer(connections: [
            [.readHead, .send(broken.answer), .close], [.readHead, .send(Self.good)],
        ])
        let session = try carrier.session()
        let url = server.url("/path")
        let error = try await failure(naming: "GET \(url)") { try await session.get(url) }
        #expect(error.transportError?.code == broken.code, "\(error)")
        #expect(error.attempts.count == 1 && server.connectionCount == 1)
        #expect(try await session.get(url).text == "ok")
    }

    @Test("a bomb of compressed data", arguments: Carrier.allCases)
    func bomb(_ carrier: Carrier) async throws {
        // 3 MiB of zeros as gzip packs them: a table, a thousand to one in matches that are zeros too, a checksum.
        let start: [UInt8] = [
            0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xed, 0xc1, 1, 0x0d, 0, 0, 0, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d, 0x0e, 0x37,
            0xa0,
        ]
        let end: [UInt8] = [0xbe, 0x0d, 0xc6, 0x4f, 0x72, 0x79, 0, 0, 0x30, 0]
        let packed = start + [UInt8](repeating: 0, count: 3_048) + end
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n"
        let answer: [RawServer.Step] = [.readHead, .send(head), .sendBytes(packed), .close]
        let server = try RawServer(connections: [answer, answer, answer, [.readHead, .send(Self.good)]])
        let session = try carrier.session()
        let url = server.url("/")
        let ratio = try await failure(naming: "GET \(url)", "200:1") { try await session.get(url) }
        let size = try await failure(naming: "GET \(url)", "65536 bytes") {
            try await session.get(url) { $0.decoding = .automatic(sizeLimit: 65_536, ratioLimit: 10_000) }
        }
        for (error, reason) in [(ratio, ContentDecodingError.Reason.ratioExceeded), (size, .tooLarge)] {
            guard case .decoding(let cause) = error.kind, let cause = cause as? ContentDecodingError else {
                Issue.record("\(error)")
                continue
            }
            #expect(cause.reason == reason, "\(error)")
        }
        // The same bytes are in order for one who wants them.
        let wanted = try await session.get(url) { $0.decoding = .automatic(ratioLimit: 10_000) }
        #expect(wanted.bytes.count == 3_145_728)
        #expect(try await session.get(url).text == "ok")
    }
}
