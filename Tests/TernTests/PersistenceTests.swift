import Tern
import TestKit
import Testing

@Suite("Session: retries, timeouts and cancelling")
struct PersistenceTests {
    private static let good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

    @Test(
        "a 503 is asked again as often as the policy says, after Retry-After", .requires(.nginx),
        arguments: Carrier.allCases)
    func unavailable(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let clock = SkippingClock()
        var policy = BackoffRetry(limit: 2)
        // Without Retry-After it would not wait at all.
        policy.random = { 0 }
        let session = try carrier.session {
            $0.retry = policy
            $0.clock = clock
        }
        let answer = try await session.get(nginx.url("/status/503", .tls))
        #expect(answer.status == .serviceUnavailable && answer.text == "later")
        #expect(answer.attempts.count == 3)
        #expect(clock.waits.count == 2 && clock.waits.allSatisfy { $0 > .zero && $0 <= .seconds(1) })
        let post = try await session.post(nginx.url("/status/503", .tls), .text("once"))
        #expect(post.status == .serviceUnavailable && post.attempts.count == 1)
    }

    @Test("a second try that is answered gives that answer", arguments: Carrier.allCases)
    func secondTry(_ carrier: Carrier) async throws {
        let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        let server = try RawServer(connections: [[.readHead, .send(busy)], [.readHead, .send(Self.good)]])
        let session = try carrier.session { $0.retry = BackoffRetry(limit: 3) }
        let answer = try await session.get(server.url("/"))
        #expect(answer.text == "ok" && answer.attempts.count == 2 && server.connectionCount == 2)
    }

    @Test("what was never sent is sent again, whatever the method", arguments: Carrier.allCases)
    func notSent(_ carrier: Carrier) async throws {
        let server = try RawServer([.readHead, .readBody(4), .send(Self.good)])
        let address = try #require(IPAddress("127.0.0.1"))
        let resolver = StubResolver { (host, before) throws(ResolveError) in
            if before < 2 { throw ResolveError(.unavailable, message: "the stub does not answer for \(host) yet") }
            return ResolvedHost(addresses: [address])
        }
        let session = try carrier.session {
            $0.connect.resolver = resolver
            $0.retry = BackoffRetry(limit: 3)
            $0.clock = SkippingClock()
        }
        let answer = try await session.post(server.url("/", host: "birds.example"), .text("tern"))
        #expect(answer.text == "ok" && answer.attempts.count == 3)
        #expect(server.connectionCount == 1 && server.receivedText().hasSuffix("\r\n\r\ntern"))
    }

    @Test("tries that all fail are counted in the error", arguments: Carrier.allCases)
    func allFail(_ carrier: Carrier) async throws {
        let port = try #require(try Loopback.freePorts(1).first)
        let session = try carrier.session {
            $0.retry = BackoffRetry(limit: 2)
            $0.clock = SkippingClock()
        }
        let error = try await #require(throws: HTTPError.self) {
            try await session.post("http://127.0.0.1:\(port)/", .text("tern"))
        }
        #expect(error.transportError?.retrySafety == .notSent && error.attempts.count == 3)
        #expect(error.description.contains("3 attempts"))
    }

    @Test("a connection that died while idle costs nothing", arguments: Carrier.allCases)
    func deadConnection(_ carrier: Carrier) async throws {
        let kept = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        let server = try RawServer(connections: [
            [.readHead, .send(kept), .readHead, .close], [.readHead, .send(Self.good)],
        ])
        let session = try carrier.session()
        #expect(try await session.get(server.url("/first")).text == "ok")
        let second = try await session.get(server.url("/second"))
        #expect(second.text == "ok" && second.attempts.count == 2)
        // libcurl opens a connection of its own accord in between, on which nothing is sent.
        let last = server.connectionCount - 1
        #expect(server.receivedText(on: last).hasPrefix("GET /second "))
        #expect((1..<last).allSatisfy { server.received(on: $0).isEmpty })
    }

    @Test("the total timeout ends a call that is not answered", .requires(.nginx), arguments: Carrier.allCases)
    func totalTimeout(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let url = nginx.url("/hang", door)
            let error = try await #require(throws: HTTPError.self) {
                try await session.get(url, timeout: .milliseconds(300))
            }
            #expect(error.transportError?.code == .totalTimeout, "\(error)")
            #expect(error.description.contains("GET \(url)"))
            #expect(try await session.get(nginx.url("/1k", door)).status == .ok)
        }
    }

    @Test("the total timeout counts while a body is read, too", .requires(.nginx), arguments: Carrier.allCases)
    func timeoutWhileReading(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let error = try await #require(throws: HTTPError.self) {
                try await session.get(nginx.url("/stall", door), timeout: .milliseconds(500))
            }
            #expect(error.transportError?.code == .totalTimeout, "\(error)")
        }
    }

    @Test("cancelling a call ends it at once, and only it", .requires(.nginx), arguments: Carrier.allCases)
    func cancelling(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, version) in NginxServer.versions {
            _ = try await session.get(nginx.url("/1k", door))
            let sent = try Signal()
            let url = nginx.url("/hang", door)
            let call = Task { try await session.get(url) { $0.attemptMiddleware = [SentWatch(sent: sent)] } }
            try await sent.wait()
            let cancelled = ContinuousClock.now
            call.cancel()
            let error = try await #require(throws: HTTPError.self) { try await call.value }
            #expect(error.isCancelled, "\(error)")
            // Far less than any timeout, far more than a busy machine needs.
            #expect(cancelled.duration(to: .now) < .seconds(10))
            let next = try await session.get(nginx.url("/1k", door))
            #expect(next.status == .ok)
            // Over HTTP/2 only the stream has ended.
            if version == .http2 { #expect(next.reusedConnection) }
        }
    }

    @Test("cancelling half of many calls spares the other half", .requires(.hypercorn), arguments: Carrier.allCases)
    func cancellingHalf(_ carrier: Carrier) async throws {
        let hypercorn = try await HypercornServer.shared()
        let session = try carrier.session()
        for url in [hypercorn.url("/"), hypercorn.clearURL("/")] {
            let hanging = (0..<20).map { _ in Task { try await session.get("\(url)hang") } }
            let answered = (0..<20).map { number in
                Task { try await session.post("\(url)echo", .text("\(number)"), params: ["ms": 50]) }
            }
            for call in hanging { call.cancel() }
            for (number, call) in answered.enumerated() {
                #expect(try await call.value.json(as: Echo.self).body == "\(number)")
            }
            for call in hanging {
                let error = await #expect(throws: HTTPError.self) { try await call.value }
                #expect(error?.isCancelled == true)
            }
        }
    }

    @Test("a session that was closed refuses calls", arguments: Carrier.allCases)
    func closed(_ carrier: Carrier) async throws {
        let server = try RawServer([.readHead, .send(Self.good)])
        let session = try carrier.session()
        #expect(try await session.get(server.url("/")).text == "ok")
        await session.close()
        let error = try await #require(throws: HTTPError.self) { try await session.get(server.url("/")) }
        #expect(error.transportError?.code == .closed && server.connectionCount == 1)
        #expect(error.description.contains("GET \(server.url("/"))"))
    }

    @Test("dropping a stream ends it, and only it", .requires(.nginx), arguments: Carrier.allCases)
    func dropping(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, version) in NginxServer.versions {
            try await readFirstChunk(of: nginx.url("/stall", door), session)
            let next = try await session.get(nginx.url("/1k", door))
            #expect(next.status == .ok && next.bytes == NginxServer.pattern(1024))
            if version == .http2 { #expect(next.reusedConnection) }
        }
    }

    /// Leaves the response behind after a piece of its body.
    private func readFirstChunk(of url: String, _ session: Session<AnyTransport>) async throws {
        var chunks = try await session.stream(url).body.makeAsyncIterator()
        #expect(try await chunks.next(isolation: #isolation) == Array("one\n".utf8))
    }
}
