import NativeH2Transport
import TestKit
import Testing
import TransportCore

/// Servers that nobody here wrote, besides nginx: Caddy (Go), nghttpd (C) and hypercorn (Python).
@Suite("NativeH2Transport, servers of others")
struct ServerTests {
    let transport = NativeH2Transport()

    /// A door of a server, and the version that must come of it.
    private struct Door {
        var sending: Sending
        var version: HTTPVersion
    }

    private func caddy(_ path: String) async throws -> [Door] {
        let caddy = try await CaddyServer.shared()
        let (secure, clear) = (Sending(caddy.url(path)).trusting(caddy.ca), Sending(caddy.clearURL(path)))
        return [
            Door(sending: secure, version: .http2), Door(sending: secure.overHTTP1, version: .http11),
            Door(sending: clear.over(.http2PriorKnowledge), version: .http2), Door(sending: clear, version: .http11),
        ]
    }

    private func hypercorn(_ path: String) async throws -> [Door] {
        let hypercorn = try await HypercornServer.shared()
        let secure = Sending(hypercorn.url(path)).trusting(hypercorn.ca)
        let clear = Sending(hypercorn.clearURL(path))
        return [
            Door(sending: secure, version: .http2), Door(sending: secure.overHTTP1, version: .http11),
            Door(sending: clear.over(.http2PriorKnowledge), version: .http2), Door(sending: clear, version: .http11),
        ]
    }

    @Test("Caddy: small and large bodies, buffered and live, by every door", .requires(.caddy))
    func caddy() async throws {
        for size in [1, 65_536, 1_048_576] {
            for door in try await caddy("/bytes/\(size)") {
                for sending in [door.sending, door.sending.prompt] {
                    let response = try await transport.send(sending)
                    #expect(response.status == .ok)
                    #expect(response.version == door.version)
                    #expect(try await response.body.collect(upTo: .max) == NginxServer.pattern(size))
                }
            }
        }
    }

    @Test("Caddy: a hundred exchanges at once, by every door", .requires(.caddy))
    func caddyMany() async throws {
        for door in try await caddy("/1k") {
            let exchange = try door.sending.exchange()
            let good = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await transport.send(exchange).body.whole?.count == 1_024 }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(good == 100)
        }
    }

    @Test("Caddy: statuses without content, and HEAD", .requires(.caddy))
    func caddyStatuses() async throws {
        for door in try await caddy("/status/204") {
            let response = try await transport.send(door.sending)
            #expect(response.status == .noContent)
            #expect(response.body.whole == [])
        }
        for door in try await caddy("/bytes/65536") {
            let response = try await transport.send(door.sending.with { $0.method = .head })
            #expect(response.status == .ok)
            #expect(response.fields[.contentLength] == "65536")
            #expect(response.body.whole == [])
        }
    }

    @Test("Caddy through squid, stunnel and microsocks", .requires(.caddy, .squid, .stunnel, .microsocks))
    func proxies() async throws {
        for (kind, proxyKind) in [
            (ProxyServer.Kind.squid, ProxyOptions.Kind.http), (.https, .https), (.microsocks, .socks5h),
        ] {
            let server = try await ProxyServer.shared(kind)
            var proxy = ProxyOptions(
                proxyKind, host: proxyKind == .https ? "localhost" : "127.0.0.1", port: Int(server.port))
            proxy.tls.trust = .file(server.ca.certificate)
            for door in try await caddy("/1k") {
                let response = try await transport.send(door.sending.with { $0.proxy = proxy })
                #expect(response.status == .ok, "\(kind)")
                #expect(response.version == door.version, "\(kind)")
                #expect(response.body.whole?.count == 1_024, "\(kind)")
            }
        }
    }

    @Test("hypercorn: a streamed body is echoed, by every door", .requires(.hypercorn))
    func hypercorn() async throws {
        for door in try await hypercorn("/echo") {
            let sending = door.sending.with {
                $0.method = .post
                $0.body = .chunks([bytes("one "), bytes("two "), NginxServer.pattern(30_000)])
            }
            let response = try await transport.send(sending)
            #expect(response.version == door.version)
            #expect(try await response.text().contains("\"length\": 30008"))
        }
    }

    @Test(
        "nghttpd: a large body, and the trailers behind it, in clear text and over TLS", .requires(.nghttpd),
        arguments: [true, false])
    func nghttpd(secure: Bool) async throws {
        let nghttpd = try await NghttpdServer.shared(secure: secure)
        let sending = Sending(nghttpd.url("/bytes/1048576")).trusting(nghttpd.ca)
            .over(secure ? .http2 : .http2PriorKnowledge)
        let response = try await transport.send(sending.prompt)
        #expect(try await response.body.collect(upTo: .max) == NginxServer.pattern(1_048_576))
        #expect(response.body.trailers[try #require(HTTPField.Name("x-trailer"))] == "nghttpd")
    }
}
