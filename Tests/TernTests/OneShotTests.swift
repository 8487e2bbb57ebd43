import Synchronization
import Tern
import TestKit
import Testing

@Suite("single requests, scoped and blocking sessions")
struct OneShotTests {
    @Test("single requests reach a real server, each with connections of its own", .requires(.nginx))
    func oneShots() async throws {
        let nginx = try await NginxServer.shared()
        let url = nginx.url("/method", .clear)
        #expect(try await Tern.get(url).text == "GET")
        #expect(try await Tern.post(url, .text("x")).text == "POST")
        #expect(try await Tern.put(url, .text("x")).text == "PUT")
        #expect(try await Tern.patch(url, .text("x")).text == "PATCH")
        #expect(try await Tern.delete(url).text == "DELETE")
        #expect(try await Tern.options(url).text == "OPTIONS")
        #expect(try await Tern.query(url, .text("x")).text == "QUERY")
        #expect(try await Tern.head(url).status == .ok)
        let response = try await Tern.request(.get, nginx.url("/query", .clear), params: ["a": 1])
        #expect(response.text == "a=1" && !response.reusedConnection)
    }

    @Test("single requests end by themselves after 120 s, or what the call says")
    func limit() async throws {
        let server = try RawServer([.readHead, .readToEnd])
        let error = try await #require(throws: HTTPError.self) {
            try await Tern.get(server.url("/"), timeout: .milliseconds(100))
        }
        #expect(error.transportError?.code == .totalTimeout)
        #expect(Tern.oneShotTimeout == .seconds(120))
    }

    @Test("a scoped session is closed after its body, which may throw", .requires(.nginx))
    func scoped() async throws {
        let nginx = try await NginxServer.shared()
        let session = try await withSession { session in
            let page = try await session.get(nginx.url("/1k", .clear))
            #expect(page.status == .ok)
            return session
        }
        let error = try await #require(throws: HTTPError.self) { try await session.get(nginx.url("/1k", .clear)) }
        #expect(error.transportError?.code == .closed)
    }

    @Test(
        "a blocking session over real connections, from several threads", .requires(.nginx), arguments: Carrier.allCases
    )
    func blocking(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = BlockingSession(try carrier.session())
        let counts = try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    try await onThread {
                        let page = try session.get(nginx.url("/1k", .tls)).checkStatus()
                        let stream = try session.stream(nginx.url("/bytes/1048576", .tls))
                        var count = 0
                        while let piece = try stream.read() { count += piece.count }
                        return page.bytes.count + count
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(counts).count == 1 && counts.count == 4 && (counts.first ?? 0) > 1024)
        try await onThread { try session.close() }
    }

    @Test("an observer on the transport's thread must not block it", .requires(.nginx), arguments: Carrier.allCases)
    func observer(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        let inner = BlockingSession(session)
        let refused = Signals()
        let url = nginx.url("/1k", .clear)
        _ = try await session.get(url) { call in
            call.hooks.append(
                .preSend { _, _, _ in
                    do throws(HTTPError) {
                        _ = try inner.get(url)
                    } catch {
                        if case .input(let reason) = error.kind, reason is BlockingRefused { refused.add() }
                    }
                })
        }
        #expect(refused.count == 1)
    }
}

private final class Signals: Sendable {
    private let number = Mutex(0)
    func add() { number.withLock { $0 += 1 } }
    var count: Int { number.withLock { $0 } }
}
