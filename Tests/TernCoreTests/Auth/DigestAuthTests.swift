import MockTransport
import Synchronization
import Testing
import TransportCore

@testable import TernCore

@Suite struct DigestAuthTests {
    /// A server that knows who may come in.
    static func run(
        _ server: DigestStub, _ auth: any Authenticator = DigestAuth(user: "tern", password: "secret")
    ) -> (run: ChainRun, mock: MockTransport) {
        let mock = MockTransport { sent in server.answer(sent) }
        let run = ChainRun(mock) {
            $0.auth = auth
            $0.redirects = .follow()
        }
        return (run, mock)
    }

    static func get(_ url: String = "https://a.test/a?b=c") throws -> Request { Request(url: try HTTPURL(url)) }

    @Test(
        "each algorithm, with and without -sess, lets one in",
        arguments: ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"])
    func algorithms(algorithm: String) async throws {
        for quality in ["auth", "auth-int"] {
            let server = DigestStub(algorithm: algorithm, quality: quality)
            let (run, mock) = Self.run(server)
            let request = Request(
                method: .post, url: try HTTPURL("https://a.test/p"), body: .bytes(Array("content".utf8)))
            #expect(try await run.send(request).response.status == .ok, "\(server.complaints.values)")
            #expect(try await run.send(request).response.status == .ok, "\(server.complaints.values)")
            #expect(mock.sent.map { $0.request.fields.contains(.authorization) } == [false, true, true])
        }
    }

    /// Trap: `qop="auth-int, auth"` made a client send nothing.
    @Test(
        "qop lists with commas, spaces and unknown words are read, and auth is taken where it is offered",
        arguments: ["auth-int, auth", "auth-int,auth", "auth , auth-int", "auth", "new, auth"])
    func qualityLists(list: String) async throws {
        let server = DigestStub(quality: "auth", offered: list)
        let (run, mock) = Self.run(server)
        #expect(try await run.send(Self.get()).response.status == .ok, "\(server.complaints.values)")
        #expect(mock.sent.last?.request.fields[.authorization]?.contains("qop=auth,") == true)
    }

    @Test("auth-int covers bytes, files and streams, and is preferred if one asks for it")
    func integrity() async throws {
        let server = DigestStub(quality: "auth-int", offered: "auth, auth-int")
        let (run, mock) = Self.run(server, DigestAuth(user: "tern", password: "secret", protectsContent: true))
        let file = try TemporaryFile(Array("from a file".utf8))
        let stream = BodyStream(length: nil, replayable: true) { TwoChunks() }
        let slice = FileSlice(path: file.path, offset: 5, length: 6)
        for body: RequestBody in [.empty, .bytes([]), .bytes([7, 8]), .file(slice), .stream(stream)] {
            let request = Request(method: .put, url: try HTTPURL("https://a.test/p"), body: body)
            #expect(try await run.send(request).response.status == .ok, "\(server.complaints.values)")
        }
        #expect(mock.sent.map { String(decoding: $0.body, as: UTF8.self) }.suffix(2) == ["a file", "one two"])
    }

    struct TwoChunks: BodyReader {
        var rest = ["two", "one "]
        mutating func next() async throws -> [UInt8]? { rest.popLast().map { Array($0.utf8) } }
    }

    @Test("where only auth-int is offered, a body that can be read only once ends the call with the reason")
    func integrityOnce() async throws {
        let server = DigestStub(quality: "auth-int")
        let (run, mock) = Self.run(server)
        _ = try await run.send(Self.get())
        let request = Request(method: .post, url: try HTTPURL("https://a.test/p"), body: .once("x"))
        let error = await #expect(throws: HTTPError.self) { try await run.send(request) }
        #expect(error?.description.contains("auth-int") == true)
        #expect(mock.sent.count == 2)
    }

    @Test("a nonce is used again, with a count that grows, before anybody asks")
    func counts() async throws {
        let server = DigestStub()
        let (run, mock) = Self.run(server)
        for _ in 0..<3 { _ = try await run.send(Self.get()) }
        let sent = mock.sent.map { Challenge.parse([$0.request.fields[.authorization] ?? ""]).first }
        #expect(sent.map { $0?["nc"] } == [nil, "00000001", "00000002", "00000003"])
        #expect(Set(sent.compactMap { $0?["nonce"] }).count == 1)
        #expect(sent.last??["uri"] == "/a?b=c")
    }

    @Test("calls at once never use the same count of a nonce twice")
    func concurrent() async throws {
        let server = DigestStub()
        let (run, _) = Self.run(server)
        _ = try await run.send(Self.get())
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { try await run.send(Self.get()).response.status == .ok } }
            for try await isIn in group { #expect(isIn) }
        }
        #expect(server.complaints.values == ["no credentials"])
    }

    @Test("a stale nonce is replaced by the new one at once")
    func stale() async throws {
        let server = DigestStub(usesOfNonce: 2)
        let (run, mock) = Self.run(server)
        for _ in 0..<5 { #expect(try await run.send(Self.get()).response.status == .ok) }
        // One 401 for each nonce: after 0, 2 and 4 uses.
        #expect(mock.sent.count == 5 + 3)
        #expect(server.complaints.values == ["no credentials", "stale", "stale"])
    }

    @Test("a server that calls every nonce stale is answered 10 times")
    func alwaysStale() async throws {
        let server = DigestStub(usesOfNonce: 0)
        let (run, mock) = Self.run(server)
        #expect(try await run.send(Self.get()).response.status == .unauthorized)
        #expect(mock.sent.count == 11)
    }

    @Test("a wrong password is tried once, and the next call begins anew")
    func wrong() async throws {
        let server = DigestStub()
        let (run, mock) = Self.run(server, DigestAuth(user: "tern", password: "guess"))
        for calls in 1...2 {
            #expect(try await run.send(Self.get()).response.status == .unauthorized)
            #expect(mock.sent.count == calls * 2)
        }
    }

    @Test("a server that forgot its nonces, and does not call that stale, is answered once more")
    func forgotten() async throws {
        let server = DigestStub()
        let (run, mock) = Self.run(server)
        _ = try await run.send(Self.get())
        server.forgetNonces()
        #expect(try await run.send(Self.get()).response.status == .ok)
        #expect(mock.sent.count == 4)
    }

    @Test("a repetition of the retry middleware uses a count twice, and the answer to that is one more challenge")
    func repeated() async throws {
        let server = DigestStub()
        let fails = Log<Int>()
        let mock = MockTransport { (sent) throws(TransportError) in
            let response = server.answer(sent)
            if response.status == .ok, fails.values.isEmpty {
                fails.add(1)
                throw .made(.connectionReset, reused: true)
            }
            return response
        }
        let run = ChainRun(mock) {
            $0.auth = DigestAuth(user: "tern", password: "secret")
            $0.retry = SafeRetry()
        }
        #expect(try await run.send(Self.get()).response.status == .ok)
        #expect(server.complaints.values == ["no credentials", "the count 1 came again"])
    }

    @Test("of several challenges the strongest is answered, whatever their order; the weaker never")
    func noDowngrade() async throws {
        let weak = #"Digest realm="r", nonce="weak", qop="auth", algorithm=MD5"#
        let middle = #"Digest realm="r", nonce="middle", qop="auth", algorithm=SHA-256"#
        let strong = #"Digest realm="r", nonce="strong", qop="auth", algorithm=SHA-512-256"#
        let unknown = #"Digest realm="r", nonce="unknown", qop="auth", algorithm=SHA-9000"#
        let cases = [
            [weak, strong, middle], [strong + ", " + weak], ["Basic realm=\"r\"", unknown + ", " + weak, strong],
        ]
        for challenges in cases {
            let mock = MockTransport { _ in
                var fields = HTTPFields()
                for value in challenges { fields.append(HTTPField(name: .wwwAuthenticate, value: value)) }
                return MockResponse(.unauthorized, fields: fields)
            }
            let run = ChainRun(mock) { $0.auth = DigestAuth(user: "u", password: "p") }
            _ = try await run.send(Self.get())
            #expect(mock.sent.count == 2)
            #expect(mock.sent.last?.request.fields[.authorization]?.contains("nonce=\"strong\"") == true)
        }
    }

    @Test(
        "what cannot be answered stands",
        arguments: [
            #"Digest realm="r", nonce="n", algorithm=SHA-1"#, #"Digest realm="r", nonce="n", qop="new""#,
            #"Digest realm="r""#, #"realm="r", nonce="n""#, "Basic realm=x", "Negotiate", "",
        ])
    func unanswerable(challenge: String) async throws {
        let mock = MockTransport { _ in MockResponse(.unauthorized, fields: [.wwwAuthenticate: challenge]) }
        let run = ChainRun(mock) { $0.auth = DigestAuth(user: "u", password: "p") }
        #expect(try await run.send(Self.get()).response.status == .unauthorized)
        #expect(mock.sent.count == 1)
    }

    @Test("domain says where credentials go unasked: nowhere else, and to no other server")
    func domain() async throws {
        let server = DigestStub(domain: "/in https://b.test/ https://a.test/also")
        let (run, mock) = Self.run(server)
        _ = try await run.send(Self.get("https://a.test/in/side"))
        for (url, isUnasked) in [
            ("https://a.test/in", true), ("https://a.test/also/x", true), ("https://a.test/out", false),
            ("https://b.test/", false), ("https://a.test:8443/in", false),
        ] {
            let before = mock.sent.count
            _ = try await run.send(Self.get(url))
            let first = mock.sent[before].request.fields.contains(.authorization)
            #expect(first == isUnasked, "\(url)")
        }
    }

    @Test("nextnonce is used from then on, and counted from one")
    func nextNonce() async throws {
        let server = DigestStub(givesNextNonce: true)
        let (run, mock) = Self.run(server)
        for _ in 0..<3 { #expect(try await run.send(Self.get()).response.status == .ok) }
        let sent = mock.sent.compactMap { $0.request.fields[.authorization].flatMap { Challenge.parse([$0]).first } }
        #expect(sent.map { $0["nc"] } == ["00000001", "00000001", "00000001"])
        #expect(Set(sent.map { $0["nonce"] }).count == 3)
        #expect(mock.sent.count == 4)
    }

    @Test("credentials stay with the origin that a call is made for")
    func origins() async throws {
        let server = DigestStub()
        let mock = MockTransport { sent in
            sent.request.url.path == "/away" ? .redirect(to: "https://b.test/there") : server.answer(sent)
        }
        let run = ChainRun(mock) {
            $0.auth = DigestAuth(user: "tern", password: "secret")
            $0.redirects = .follow()
        }
        _ = try await run.send(Self.get())
        #expect(try await run.send(Self.get("https://a.test/away")).response.status == .unauthorized)
        #expect(mock.sent.last?.request.url.host == "b.test")
        #expect(mock.sent.last?.request.fields.contains(.authorization) == false)
    }

    @Test("a request's own Authorization stays, and its 401 is not answered")
    func own() async throws {
        let server = DigestStub()
        let (run, mock) = Self.run(server)
        var request = try Self.get()
        request.fields[.authorization] = "Custom x"
        #expect(try await run.send(request).response.status == .unauthorized)
        #expect(mock.sent.count == 1)
    }

    @Test("control characters are refused before anything is sent; neither part is shown")
    func refused() async throws {
        let auth = DigestAuth(user: "a\r\nX: y", password: "secret")
        let (run, mock) = Self.run(DigestStub(), auth)
        let error = await #expect(throws: HTTPError.self) { try await run.send(Self.get()) }
        guard case .input(is CredentialsError) = error?.kind else {
            Issue.record("not an input error: \(String(describing: error))")
            return
        }
        #expect(mock.sent.isEmpty)
        var text = "\(auth) \(String(describing: error))"
        dump(auth, to: &text)
        #expect(!text.contains("secret"))
    }

    @Test("names beyond ASCII go as username* where the server reads UTF-8, and hashed where it wants that")
    func names() async throws {
        for hashesUser in [false, true] {
            let server = DigestStub(algorithm: "SHA-256", user: "J\u{e4}s\u{f8}n Doe", hashesUser: hashesUser)
            let (run, mock) = Self.run(server, DigestAuth(user: "J\u{e4}s\u{f8}n Doe", password: "secret"))
            #expect(try await run.send(Self.get()).response.status == .ok, "\(server.complaints.values)")
            let value = mock.sent.last?.request.fields[.authorization] ?? ""
            #expect(value.contains("username*=") == !hashesUser)
        }
    }
}
