import Tern
import TestKit
import Testing

@Suite("Session: retries against real servers")
struct RetryServerTests {
    @Test(
        "503 with Retry-After is waited for and asked again, and stands without a policy for it", .requires(.nginx),
        arguments: Carrier.allCases)
    func retryAfter(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let clock = SkippingClock()
        let session = try carrier.session {
            $0.clock = clock
            $0.retry = BackoffRetry(limit: 2)
        }
        for path in ["/status/503", "/status/429"] {
            let response = try await session.get(nginx.url(path))
            #expect(response.status.code == Int(path.suffix(3)) && response.attempts.count == 3)
            #expect(response.attempts.dropLast().allSatisfy { $0.waited == .seconds(1) })
            let plain = session.with { $0.retry = SafeRetry() }
            #expect(try await plain.get(nginx.url(path)).attempts.count == 1)
        }
        #expect(clock.waits.count == 4)
    }

    @Test(
        "a 421 is asked again on a connection of its own, a 425 once more", .requires(.nginx),
        arguments: Carrier.allCases)
    func misrouted(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, version) in NginxServer.versions {
            _ = try await session.get(nginx.url("/1k", door))
            let response = try await session.post(nginx.url("/status/421", door), .text("x"))
            #expect(response.status.code == 421 && response.attempts.count == 2 && !response.reusedConnection)
            #expect(response.version == version)
            #expect(try await session.get(nginx.url("/status/425", door)).attempts.count == 2)
            // The connection that is not to blame is there still.
            #expect(try await session.get(nginx.url("/1k", door)).reusedConnection)
        }
    }

    @Test("nobody listens: as many attempts as the policy says, in the error", arguments: Carrier.allCases)
    func refused(_ carrier: Carrier) async throws {
        let port = try #require(try Loopback.freePorts(1).first)
        let session = try carrier.session {
            $0.clock = SkippingClock()
            $0.retry = BackoffRetry(limit: 3)
        }
        let error = try await #require(throws: HTTPError.self) {
            try await session.post("http://127.0.0.1:\(port)/", .text("x"))
        }
        #expect(error.transportError?.code == .connectionRefused)
        #expect(error.attempts.count == 4)
    }

    @Test("hooks fire for each hop over the wire", .requires(.nginx), arguments: Carrier.allCases)
    func hooks(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let seen = Tally()
        let session = try carrier.session {
            $0.hooks = [
                ClosureHook(
                    preRequest: { request in
                        seen.add("preRequest \(request.url.path)")
                        return request
                    }, preSend: { request, _, _ in seen.add("preSend \(request.url.path)") },
                    response: { response, request in
                        seen.add("response \(request.url.path) \(response.status.code)")
                        return response
                    })
            ]
        }
        for (door, _) in NginxServer.versions {
            seen.clear()
            _ = try await session.get(nginx.url("/redirect/chain/1", door))
            #expect(
                seen.values == [
                    "preRequest /redirect/chain/1", "preSend /redirect/chain/1", "response /redirect/chain/1 302",
                    "preRequest /1k", "preSend /1k", "response /1k 200",
                ])
        }
    }
}
