import Tern
import TestKit
import Testing

@Suite("Session: authentication against servers and proxies of others")
struct AuthServerTests {
    @Test(
        "httpbin takes Digest with each of its algorithms and both kinds of protection", .requires(.httpbin),
        arguments: Carrier.allCases)
    func digest(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        for quality in ["auth", "auth-int"] {
            for algorithm in ["MD5", "SHA-256"] {
                let session = try carrier.session { $0.auth = DigestAuth(user: "tern", password: "secret") }
                let url = httpbin.url("/digest-auth/\(quality)/tern/secret/\(algorithm)")
                let first = try await session.get(url)
                #expect(first.status == .ok, "\(quality) \(algorithm): \(first)")
                #expect(first.history.map(\.status) == [.unauthorized])
                let second = try await session.get(url)
                #expect(second.status == .ok && second.history.isEmpty && second.attempts.count == 1)
                let wrong = session.with { $0.auth = DigestAuth(user: "tern", password: "guess") }
                #expect(try await wrong.get(url).status == .unauthorized)
            }
        }
    }

    @Test(
        "a nonce that httpbin calls stale is replaced without asking anybody", .requires(.httpbin),
        arguments: Carrier.allCases)
    func stale(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let session = try carrier.session { $0.auth = DigestAuth(user: "tern", password: "secret") }
        let url = httpbin.url("/digest-auth/auth/tern/secret/MD5/1")
        for _ in 0..<3 { #expect(try await session.get(url).status == .ok) }
    }

    @Test("any scheme is the one that httpbin asks for", .requires(.httpbin), arguments: Carrier.allCases)
    func any(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let session = try carrier.session { $0.auth = AnyAuth(user: "tern", password: "secret") }
        for (path, scheme) in [("/digest-auth/auth/tern/secret", "Digest"), ("/basic-auth/tern/secret", "Basic")] {
            let response = try await session.get(httpbin.url(path))
            #expect(response.status == .ok)
            #expect(response.request.fields[.authorization]?.hasPrefix(scheme) == true)
        }
    }

    @Test("a bearer token is refreshed after httpbin's 401", .requires(.httpbin), arguments: Carrier.allCases)
    func token(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let session = try carrier.session {
            $0.auth = TokenAuth { last in .init(last == nil ? "first" : "second") }
        }
        let response = try await session.get(httpbin.url("/bearer"))
        #expect(response.status == .ok && response.text.contains("first"))
        #expect(try await session.get(httpbin.url("/status/401")).status == .unauthorized)
        #expect(try await session.get(httpbin.url("/bearer")).text.contains("second"))
    }

    @Test("netrc's user opens httpbin", .requires(.httpbin), arguments: Carrier.allCases)
    func netrc(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let netrc = try Netrc(parsing: "machine 127.0.0.1 login tern password \"a-secret\"")
        for (scheme, path) in [
            (NetrcAuth.Scheme.basic, "/basic-auth/tern/a-secret"), (.digest, "/digest-auth/auth/tern/a-secret"),
            (.any, "/hidden-basic-auth/tern/a-secret"), (.basic, "/hidden-basic-auth/tern/a-secret"),
        ] {
            let session = try carrier.session { $0.auth = NetrcAuth(netrc, scheme: scheme) }
            // The hidden one challenges nobody: only what goes out at once opens it.
            let isOpen = scheme != .any
            #expect(try await session.get(httpbin.url(path)).isOK == isOpen, "\(scheme) \(path)")
        }
    }

    /// Trap: proxy CONNECT 407, then Digest.
    @Test(
        "squid's Digest is answered: for tunnels, and for requests that it is handed", .requires(.squid, .nginx),
        arguments: Carrier.allCases)
    func squidDigest(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.squidDigest)
        for auth in [
            DigestAuth(user: proxy.user, password: proxy.password) as any ProxyAuthenticator,
            AnyAuth(user: proxy.user, password: proxy.password),
        ] {
            let session = try carrier.session {
                $0.proxies = .all(ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port)))
                $0.proxyAuth = auth
            }
            for door in [NginxServer.Door.tls, .tlsHTTP1, .clear] {
                let first = try await session.get(nginx.url("/1k", door))
                #expect(first.status == .ok && first.bytes == NginxServer.pattern(1024))
                #expect(first.connection.proxy != nil)
                let body = String(repeating: "tern", count: 5_000)
                let second = try await session.post(nginx.url("/echo", door), .text(body))
                #expect(second.text == body)
                #expect(second.attempts.count == 1, "\(door): \(second.attempts)")
            }
        }
    }

    @Test(
        "many calls at once through squid's Digest all come through", .requires(.squid, .nginx),
        arguments: Carrier.allCases)
    func squidAtOnce(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.squidDigest)
        let session = try carrier.session {
            $0.proxies = .all(ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port)))
            $0.proxyAuth = DigestAuth(user: proxy.user, password: proxy.password)
        }
        for door in [NginxServer.Door.tlsHTTP1, .tls, .clear] {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await session.get(nginx.url("/1k", door)).status.code } }
                for try await code in group { #expect(code == 200, "\(door)") }
            }
        }
    }

    @Test(
        "the credentials in a proxy's options open squid's Digest, too", .requires(.squid, .nginx),
        arguments: Carrier.allCases)
    func squidFallback(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.squidDigest)
        var options = ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port))
        options.credentials = Credentials(user: proxy.user, password: proxy.password)
        let session = try carrier.session { [options] in $0.proxies = .all(options) }
        for door in [NginxServer.Door.tls, .clear] {
            #expect(try await session.get(nginx.url("/1k", door)).status == .ok)
        }
    }

    @Test(
        "proxies that want Basic get it at once, or when they ask; a wrong password tells what they said",
        .requires(.squid, .tinyproxy, .nginx), arguments: Carrier.allCases)
    func basicProxies(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        for kind in [ProxyServer.Kind.squidBasic, .tinyproxyBasic] {
            let proxy = try await ProxyServer.shared(kind)
            let rules = ProxyRules.all(ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port)))
            for auth in [
                BasicAuth(user: proxy.user, password: proxy.password) as any ProxyAuthenticator,
                AnyAuth(user: proxy.user, password: proxy.password),
            ] {
                let session = try carrier.session {
                    $0.proxies = rules
                    $0.proxyAuth = auth
                }
                for door in [NginxServer.Door.tls, .clear] {
                    #expect(try await session.get(nginx.url("/1k", door)).status == .ok, "\(kind) \(door)")
                }
            }
            let wrong = try carrier.session {
                $0.proxies = rules
                $0.proxyAuth = AnyAuth(user: proxy.user, password: "guess")
            }
            let clear = try await wrong.get(nginx.url("/1k", .clear))
            #expect(clear.status == .proxyAuthenticationRequired || clear.status == .unauthorized)
            let error = try await #require(throws: HTTPError.self) { try await wrong.get(nginx.url("/1k", .tls)) }
            #expect(error.transportError?.code == .proxyRefused)
        }
    }

    @Test(
        "a server that a tunnel leads to never sees what the proxy was told", .requires(.squid, .nginx),
        arguments: Carrier.allCases)
    func noLeak(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.squidDigest)
        let session = try carrier.session {
            var options = ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port))
            options.tunnelsClearText = true
            $0.proxies = .all(options)
            $0.proxyAuth = DigestAuth(user: proxy.user, password: proxy.password)
        }
        for door in [NginxServer.Door.clear, .tlsHTTP1] {
            let headers = try await session.get(nginx.url("/headers", door)).text
            #expect(headers.contains("User-Agent") && !headers.lowercased().contains("proxy-authorization"))
        }
    }
}
