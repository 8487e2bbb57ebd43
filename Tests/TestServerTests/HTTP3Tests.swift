import TernCore
import TestServer
import Testing

@Suite("TestServer, HTTP/3")
struct HTTP3Tests {
    private func server(
        _ change: (inout TestServer.DatagramFaults) -> Void,
        answer: @escaping @Sendable (TestServer.RecordedExchange) -> TestServer.Reply = {
            .text("over \($0.version.rawValue)")
        }
    ) throws -> TestServer {
        var configuration = TestServer.Configuration()
        change(&configuration.datagrams)
        return try TestServer(configuration, answer: answer)
    }

    @Test("lost and late datagrams are made up for")
    func loss() async throws {
        let server = try server {
            $0.loss = 0.05
            $0.delay = .milliseconds(2)
        } answer: { _ in
            .bytes([UInt8](repeating: 7, count: 300_000))
        }
        let session = try Way.http3.session(server)
        #expect(try await session.get(server.url()).bytes.count == 300_000)
        #expect(server.exchanges.first?.version == .http3)
        #expect(server.connections.first?.tls?.alpn == "h3")
    }

    @Test("Retry is asked for, and the exchange goes on")
    func retry() async throws {
        let server = try server { $0.asksForRetry = true }
        #expect(try await Way.http3.session(server).get(server.url()).text == "over 3")
    }

    @Test("a version that is not spoken is told")
    func version() async throws {
        let server = try server { $0.refusesVersion = true }
        let error = try await Way.http3.session(server).failure(server.url())
        #expect(error.retrySafety == .notSent)
        #expect(server.recorded.connections.isEmpty)
    }

    @Test("a black hole is silent, and TCP goes on beside it")
    func blackhole() async throws {
        let server = try server { $0.blackhole = true }
        let session = try Way.http3.session(server) {
            $0.timeouts.connect = .milliseconds(200)
            $0.timeouts.tls = .milliseconds(200)
        }
        let error = try await session.failure(server.url())
        #expect(error.retrySafety == .notSent, "\(error)")
        #expect(try await Way.tls.session(server).get(server.url()).text == "over 1.1")
    }

    @Test("resets, GOAWAY and the end of a connection come as they are scripted")
    func faults() async throws {
        let server = try TestServer([
            [.receive, .reset(.refused)], [.receive, .reset(.internalError)],
            [.receive, .fault(.goAway(.this)), .head(.ok), .end],
            .text("next"), [.receive, .close],
        ])
        let session = try Way.http3.session(server)
        #expect(try await session.failure(server.url()).code == .streamRefused)
        #expect(try await session.failure(server.url()).code == .streamReset)
        #expect(try await session.get(server.url()).status == .ok)
        #expect(try await session.get(server.url()).text == "next")
        #expect(server.connections.count == 2)
        let closed = try await session.failure(server.url())
        #expect(closed.retrySafety == .maybeProcessed, "\(closed)")
        try server.verify()
    }

    @Test("answers over TCP tell of it, if that is wished")
    func advertised() async throws {
        var configuration = TestServer.Configuration()
        configuration.advertisesHTTP3 = true
        let server = try TestServer(configuration) { _ in .text("") }
        let response = try await Way.tlsHTTP2.session(server).get(server.url())
        #expect(response.headers[try #require(HTTPField.Name("Alt-Svc"))] == "h3=\":\(server.port)\"; ma=3600")
    }
}
