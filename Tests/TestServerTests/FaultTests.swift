import TernCore
import TestServer
import Testing

@Suite("TestServer, faults")
struct FaultTests {
    /// A fault in a body, and the errors that it may end in.
    static let inBody: [(TestServer.Fault, [TransportError.Code])] = [
        (.reset(.internalError), [.streamReset, .connectionReset, .bodyTruncated]),
        (.truncate, [.bodyTruncated, .connectionReset]),
        (.truncate, [.bodyTruncated]),
        (.close, [.bodyTruncated]),
    ]

    @Test("a fault in the middle of the content comes behind what was sent before it", arguments: Way.allCases)
    func inBody(way: Way) async throws {
        for (fault, codes) in Self.inBody {
            let server = try TestServer([[.receive, .head(.ok), .body("half"), .wait(.milliseconds(2)), .fault(fault)]])
            let session = try way.session(server)
            let response = try await session.stream(way.url(server))
            var text = ""
            let error = await #expect(throws: (any Error).self) {
                for try await piece in response.body { text += String(decoding: piece, as: UTF8.self) }
            }
            #expect(text == "half")
            let code = (error as? HTTPError)?.transportError?.code ?? (error as? TransportError)?.code
            #expect(code.map(codes.contains) == true, "\(fault): \(String(describing: error))")
            server.stop()
        }
    }

    @Test("before the head", arguments: Way.tcp)
    func beforeHead(way: Way) async throws {
        let server = try TestServer([
            [.receive, .close], [.receive, .reset(.refused)], [.receive, .fault(.resetConnection)],
        ])
        let session = try way.session(server)
        let closed = try await session.failure(way.url(server))
        #expect(closed.code == .connectionClosed)
        let reset = try await session.failure(way.url(server))
        #expect(reset.code == (way.isHTTP2 ? .streamRefused : .connectionReset))
        #expect(try await session.failure(way.url(server)).code == .connectionReset)
        try server.verify()
    }

    @Test("GOAWAY names this stream or the one before, and the connection ends with its exchanges")
    func goAway() async throws {
        let server = try TestServer([
            [.receive, .fault(.goAway(.this)), .head(.ok), .body("last"), .end],
            .text("first of the second"),
            [.receive, .fault(.goAway(.previous))],
        ])
        let session = try Way.tlsHTTP2.session(server)
        #expect(try await session.get(server.url()).text == "last")
        #expect(try await session.get(server.url()).text == "first of the second")
        let error = try await session.failure(server.url())
        #expect(error.code == .goAway)
        #expect(error.retrySafety == .notSent)
        try await server.wait { $0.openConnections == 0 }
        #expect(server.connections.count == 2)
    }

    @Test("the length that the script gives is sent, whatever the content", arguments: Way.tcp)
    func wrongLength(way: Way) async throws {
        let server = try TestServer([
            [.receive, .head(.ok, [.contentLength: "10"]), .body("short"), .end],
            [.receive, .head(.ok, [.contentLength: "2"]), .body("long"), .end],
        ])
        let session = try way.session(server)
        let short = try await session.failure(way.url(server))
        #expect(short.code == (way.isHTTP2 ? .malformedResponse : .bodyTruncated), "\(short)")
        if way.isHTTP2 {
            #expect(try await session.failure(way.url(server)).code == .malformedResponse)
        } else {
            #expect(try await session.get(way.url(server)).text == "lo")
        }
    }

    @Test("heads that no check has seen", arguments: Way.tcp)
    func rawHead(way: Way) async throws {
        let heads: [[(name: String, value: String)]] = [
            [(":status", "abc")], [(":status", "200"), ("bad name", "x")], [(":status", "200"), ("x", "a\u{0}b")],
        ]
        let server = try TestServer(heads.map { [.receive, .fault(.rawHead($0)), .body("x"), .end] })
        let session = try way.session(server)
        for _ in heads {
            let error = try await session.failure(way.url(server))
            #expect(error.code == .malformedResponse, "\(error)")
        }
    }

    @Test("floods end in an error, not in a hang", arguments: TestServer.Flood.allCases)
    func floods(kind: TestServer.Flood) async throws {
        let server = try TestServer([[.receive, .fault(.flood(kind, count: 20_000))], .text("fine")])
        let session = try Way.clearHTTP2.session(server) { $0.timeouts.firstByte = .seconds(5) }
        let error = try await session.failure(server.clearURL())
        #expect(error.code != .firstByteTimeout || kind == .unknown, "\(error)")
        #expect(try await session.get(server.clearURL()).text == "fine")
    }

    @Test("certificates that are not good", arguments: TestCertificate.allCases)
    func certificates(kind: TestCertificate) async throws {
        var configuration = TestServer.Configuration()
        configuration.certificate = kind
        let server = try TestServer(configuration) { _ in .text("ok") }
        let session = try Way.tls.session(server)
        if kind == .good {
            #expect(try await session.get(server.url()).text == "ok")
        } else {
            #expect(try await session.failure(server.url()).code == .certificateInvalid)
        }
    }

    /// What becomes of a connection, and the errors that it may end in.
    static let plans: [(TestServer.ConnectionPlan, [TransportError.Code])] = [
        (.close, [.tlsFailed]), (.reset, [.tlsFailed, .connectFailed, .connectionReset]), (.stall, [.tlsTimeout]),
        (.garbage([1, 2, 3, 4, 5, 6]), [.tlsFailed]), (.handshake(.stall), [.tlsTimeout]),
        (.handshake(.close), [.tlsFailed]), (.handshake(.reset), [.tlsFailed]), (.handshake(.garbage), [.tlsFailed]),
        (.handshake(.alert(40)), [.tlsFailed]), (.certificate(.expired), [.certificateInvalid]),
    ]

    @Test("connections go wrong in the order of the plan, and later ones are served")
    func plans() async throws {
        var configuration = TestServer.Configuration()
        configuration.connections = Self.plans.map(\.0)
        let server = try TestServer(configuration) { _ in .text("served") }
        let session = try Way.tls.session(server) { $0.timeouts.tls = .milliseconds(100) }
        for (plan, codes) in Self.plans {
            let error = try await session.failure(server.url())
            #expect(codes.contains(error.code), "\(plan): \(error)")
        }
        let patient = try Way.tls.session(server)
        #expect(try await patient.get(server.url()).text == "served")
        #expect(server.connections.count == Self.plans.count + 1)
    }

    @Test("a server that refuses holds its port and takes nobody")
    func refuses() async throws {
        var configuration = TestServer.Configuration()
        configuration.refusesConnections = true
        let server = try TestServer([], configuration)
        #expect(try await Way.clear.session(server).failure(server.clearURL()).code == .connectionRefused)
    }

    @Test("a black hole answers nothing more and stays open")
    func blackhole() async throws {
        let server = try TestServer([[.receive, .fault(.blackhole), .head(.ok), .end]])
        let session = try Way.clearHTTP2.session(server) { $0.timeouts.firstByte = .milliseconds(100) }
        #expect(try await session.failure(server.clearURL()).code == .firstByteTimeout)
        #expect(server.recorded.openConnections == 1)
    }

    @Test("a port that is taken is told with its address and the system's reason")
    func taken() throws {
        let server = try TestServer([])
        var configuration = TestServer.Configuration()
        configuration.port = server.port
        let error = #expect(throws: TestServerError.self) { try TestServer([], configuration) }
        #expect(error?.code == .bindFailed)
        #expect(error?.message == "listening on 127.0.0.1:\(server.port): Address already in use")
        configuration.port = 70_000
        #expect(throws: TestServerError.self) { try TestServer([], configuration) }
    }
}
