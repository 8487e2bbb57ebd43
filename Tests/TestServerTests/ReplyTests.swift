import Synchronization
import TernCore
import TestServer
import Testing

@Suite("TestServer, replies")
struct ReplyTests {
    @Test("one port speaks all protocols, and the record tells what was spoken", arguments: Way.allCases)
    func protocols(way: Way) async throws {
        let server = try TestServer { .text("hello, \($0.path)", fields: [.eTag: "1"]) }
        let session = try way.session(server)
        let response = try await session.post(
            way.url(server, "/a?b=c"), .text("content"), headers: ["X-Tag": "one"])
        #expect(response.text == "hello, /a")
        #expect(response.headers[.eTag] == "1")
        #expect(response.connection.version == way.version)
        let exchange = try #require(server.exchanges.first)
        #expect(exchange.method == .post)
        #expect(exchange.target == "/a?b=c")
        #expect(exchange.query == "b=c")
        #expect(exchange["x-tag"] == "one")
        #expect(exchange.text == "content")
        #expect(exchange.version == way.version)
        #expect(exchange.scheme == (way.isTLS ? "https" : "http"))
        #expect(exchange.authority == "127.0.0.1:\(server.port)")
        #expect((exchange.tls != nil) == way.isTLS)
        #expect(exchange.isComplete)
        #expect(exchange.status == 200)
        try await server.wait { $0.exchanges.first?.ending == .complete }
        let connection = try #require(server.connections.first)
        #expect(connection.version == way.version)
        #expect(connection.exchanges == 1)
        #expect(connection.received > 0)
        await session.close()
        try await server.wait { $0.openConnections == 0 }
        try server.verify()
    }

    @Test("a script gives 1xx, pieces, trailers, and waits for the test", arguments: Way.allCases)
    func script(way: Way) async throws {
        let gate = Checkpoint()
        let name = try #require(HTTPField.Name("x-sum"))
        let server = try TestServer([
            [
                .receive, .inform(.init(code: 103), [.location: "/a"]), .head(.ok), .body("one "), .hold(gate),
                .body("two"), .trailers([name: "7"]),
            ]
        ])
        let session = try way.session(server)
        let response = try await session.stream(way.url(server))
        var pieces: [String] = []
        for try await piece in response.body {
            pieces.append(String(decoding: piece, as: UTF8.self))
            gate.open()
        }
        #expect(pieces == ["one ", "two"])
        #expect(response.trailers[name] == "7")
        try server.verify()
    }

    @Test("echo sends the content back while it comes", arguments: Way.allCases)
    func echo(way: Way) async throws {
        var configuration = TestServer.Configuration()
        configuration.asksAtHead = true
        let server = try TestServer(configuration) { _ in .echo }
        let session = try way.session(server)
        let content = [UInt8](repeating: 7, count: 3 << 20)
        let response = try await session.put(way.url(server), .bytes(content, type: nil))
        #expect(response.bytes == content)
        #expect(server.exchanges.first?.bodyCount == content.count)
    }

    @Test("drip and repeat", arguments: Way.allCases)
    func drip(way: Way) async throws {
        let server = try TestServer([
            [.head(.ok), .drip(Array("abcdefg".utf8), piece: 2, every: .milliseconds(1)), .end],
            [.head(.ok), .repeating([1, 2, 3], times: 100_000), .end],
            [.head(.ok), .repeating([UInt8](repeating: 1, count: 65_536), times: .max), .end],
        ])
        let session = try way.session(server)
        #expect(try await session.get(way.url(server)).text == "abcdefg")
        #expect(try await session.get(way.url(server)).bytes.count == 300_000)
        do {
            // Endless: the server must not run ahead of the reader.
            let response = try await session.stream(way.url(server))
            var iterator = response.body.makeAsyncIterator()
            _ = try await iterator.next()
        }
        try await server.wait { $0.exchanges.last?.ending != nil }
        #expect(server.connections.map(\.sent).reduce(0, +) < 24 << 20)
    }

    @Test("HEAD has the length and no content", arguments: Way.allCases)
    func head(way: Way) async throws {
        let server = try TestServer { _ in .text("four") }
        let session = try way.session(server)
        let response = try await session.head(way.url(server))
        #expect(response.headers[.contentLength] == "4")
        #expect(response.bytes.isEmpty)
        #expect(try await session.get(way.url(server)).text == "four")
    }

    @Test("a client that waits for 100 gets it when the content is read", arguments: Way.allCases)
    func expect(way: Way) async throws {
        let server = try TestServer { .text($0.text) }
        let session = try way.session(server) { $0.exchange.expectContinue = .seconds(60) }
        #expect(try await session.post(way.url(server), .text("content")).text == "content")
    }

    @Test("a script that runs out answers 500, says so, and is a problem")
    func runsOut() async throws {
        let told = Mutex<[String]>([])
        let server = try TestServer([.text("one")], onProblem: { text in told.withLock { $0.append(text) } })
        let session = try Way.clear.session(server)
        _ = try await session.get(server.clearURL("/1"))
        let response = try await session.get(server.clearURL("/2"))
        #expect(response.status == .internalServerError)
        #expect(response.text.contains("GET /2 is request number 2, and the script has 1 replies"))
        #expect(server.problems.count == 1)
        #expect(told.withLock { $0 } == server.problems)
        #expect(throws: TestServerError.self) { try server.verify() }
    }

    @Test("a reply that was not asked for fails the check")
    func leftOver() async throws {
        let error = await #expect(throws: TestServerError.self) {
            try await TestServer.with([.text("one"), .text("two")]) { server in
                _ = try await Way.clear.session(server).get(server.clearURL())
            }
        }
        #expect(error?.message == "1 replies of the script were not asked for")
    }

    @Test("its names lead to it, with a certificate for them")
    func names() async throws {
        var configuration = TestServer.Configuration()
        configuration.names = ["api.example"]
        let server = try TestServer(configuration) { .text($0.authority ?? "") }
        let session = try Way.tlsHTTP2.session(server)
        #expect(try await session.get("https://api.example/").text == "api.example")
        #expect(try await session.get("https://tern.test/").text == "tern.test")
        #expect(server.connections.map(\.serverName) == ["api.example", "tern.test"])
    }

    @Test("a client certificate is asked for and told")
    func clientCertificate() async throws {
        var configuration = TestServer.Configuration()
        configuration.clientCertificate = .required
        let server = try TestServer(configuration) { .text("\($0.tls?.certificates.count ?? 0)") }
        let bare = try Way.tls.session(server)
        #expect(try await bare.failure(server.url()).phase != .connect)
        let identity = try TestAuthority.shared().client()
        let session = try Way.tls.session(server) { $0.tls.identity = identity }
        #expect(try await session.get(server.url()).text == "1")
    }
}
