import Synchronization
import Tern
import TestKit
import Testing

@Suite("Session: the environment, address rules and expectations reach the wire")
struct EnvironmentTests {
    @Test("http_proxy carries a request, no_proxy does not", .requires(.tinyproxy, .nginx), arguments: Carrier.allCases)
    func proxies(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await onThread { try ProxyServer(.tinyproxy) }
        defer { proxy.stop() }
        let path = "/1k?through-\(carrier)"
        let session = try carrier.session { $0.environment = Environment(["http_proxy": proxy.url]) }
        let through = try await session.get(nginx.url(path, .clear))
        #expect(through.status == .ok && through.connection.proxy?.port == Int(proxy.port))
        let direct = try carrier.session {
            $0.environment = Environment(["http_proxy": proxy.url, "no_proxy": "10.0.0.0/8,localhost,127.0.0.0/8"])
        }
        let past = try await direct.get(nginx.url(path, .clear))
        #expect(past.status == .ok && past.connection.proxy == nil)
    }

    @Test(
        "REQUESTS_CA_BUNDLE is trusted, and not without trustEnvironment", .requires(.nginx),
        arguments: Carrier.allCases)
    func trust(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let bundle = try ThrowawayCA.shared().certificate
        let session = try carrier.session {
            $0.tls.trust = .system
            $0.environment = Environment(["REQUESTS_CA_BUNDLE": bundle])
        }
        #expect(try await session.get(nginx.url("/1k", .tls)).status == .ok)
        let error = try await #require(throws: HTTPError.self) {
            try await session.get(nginx.url("/1k", .tls)) { $0.trustEnvironment = false }
        }
        #expect(error.transportError?.code == .certificateInvalid)
    }

    @Test(
        "https_proxy with a password tunnels, and all_proxy leads through SOCKS",
        .requires(.squid, .microsocks, .nginx), arguments: Carrier.allCases)
    func tunnels(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let (squid, socks) = (try await ProxyServer.shared(.squidBasic), try await ProxyServer.shared(.microsocks))
        for (variable, proxy, url) in [
            ("https_proxy", squid, squid.urlWithPassword), ("all_proxy", socks, socks.url),
        ] {
            let session = try carrier.session { $0.environment = Environment([variable: url]) }
            let answer = try await session.get(nginx.url("/protocol", .tls))
            #expect(answer.status == .ok && answer.connection.proxy?.port == Int(proxy.port))
            #expect(!"\(answer.connection)".contains("secret"))
        }
    }

    @Test("SSLKEYLOGFILE gets the secrets of connections", .requires(.nginx), arguments: Carrier.allCases)
    func keyLog(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let path = try ScratchFolder("keys").path(of: "keys.log")
        let session = try carrier.session { $0.environment = Environment(["SSLKEYLOGFILE": path]) }
        _ = try await session.get(nginx.url("/1k", .tls))
        #expect(try text(of: path).contains("CLIENT_TRAFFIC_SECRET_0"))
    }

    @Test(
        "private addresses are refused before anything is sent: literal, by name, dressed as IPv6, and after a redirect",
        .requires(.nginx), arguments: Carrier.allCases)
    func addressRules(_ carrier: Carrier) async throws {
        let server = try RawServer([.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), .readToEnd])
        let session = try carrier.session { $0.refusesPrivateAddresses = true }
        for host in [
            "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "10.0.0.1", "169.254.169.254",
            "100.64.0.1", "0.0.0.0", "[fd00::1]", "[fe80::1]", "224.0.0.1",
        ] {
            let error = try await #require(throws: HTTPError.self) {
                try await session.get(server.url("/", host: host))
            }
            #expect(error.transportError?.code == .addressRefused, "\(host): \(error)")
            #expect(error.transportError?.retrySafety == .notSent)
        }
        #expect(server.connectionCount == 0)
        // The first hop is an exception that the rules allow; where it leads to is none.
        let exception = try #require(AddressBlock("127.0.0.1"))
        let redirected = try carrier.session {
            $0.refusesPrivateAddresses = true
            $0.connect.resolver = StubResolver { (host, _) throws(ResolveError) in
                let text = host == "public.example" ? "127.0.0.1" : "127.0.0.2"
                guard let address = IPAddress(text) else { throw ResolveError(.notFound, message: "none") }
                return ResolvedHost(addresses: [address])
            }
            $0.connect.rules.allowed = [exception]
            $0.redirects = .follow(allowsDowngrade: true)
        }
        let leading = try RawServer([
            .readHead,
            .send(
                "HTTP/1.1 302 Found\r\nLocation: http://private.example:\(server.port)/\r\nContent-Length: 0\r\n\r\n"),
            .readToEnd,
        ])
        let error = try await #require(throws: HTTPError.self) {
            try await redirected.get(leading.url("/", host: "public.example"))
        }
        #expect(error.transportError?.code == .addressRefused && error.history.count == 1)
        #expect(server.connectionCount == 0)
    }

    @Test(
        "a proxy that resolves names itself is no way around the rules",
        arguments: ["http", "https", "socks4a", "socks5h"])
    func addressRulesAndProxies(kind: String) async throws {
        let proxies = try ProxyRules.table(["all": "\(kind)://93.184.216.34:1"])
        let session = try Carrier.native.session {
            $0.refusesPrivateAddresses = true
            $0.proxies = proxies
        }
        let error = try await #require(throws: HTTPError.self) { try await session.get("http://a.example/") }
        #expect(error.transportError?.code == .addressRefused && error.transportError?.phase == .input)
    }

    @Test("Expect: 100-continue holds the body back until the server wants it", arguments: Carrier.allCases)
    func expectation(_ carrier: Carrier) async throws {
        let server = try RawServer([
            .readHead, .send("HTTP/1.1 100 Continue\r\n\r\n"), .readBody(4),
            .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), .readToEnd,
        ])
        let session = try carrier.session {
            $0.expectContinue = .seconds(20)
            $0.connect.protocols = .http1
        }
        #expect(try await session.post(server.url("/"), .text("tern")).text == "ok")
        #expect(server.receivedText().lowercased().contains("expect: 100-continue\r\n"))
    }

    @Test(
        "a server that refuses gets no body, and one that does not know the expectation gets the request without it",
        arguments: Carrier.allCases)
    func expectationRefused(_ carrier: Carrier) async throws {
        let session = try carrier.session {
            $0.expectContinue = .seconds(20)
            $0.connect.protocols = .http1
        }
        let refusing = try RawServer([
            .readHead, .send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), .readToEnd,
        ])
        #expect(try await session.post(refusing.url("/"), .text("tern")).status.code == 413)
        #expect(!refusing.receivedText().hasSuffix("tern"))
        let old = try RawServer(connections: [
            [.readHead, .send("HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), .close],
            [.readHead, .readBody(4), .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), .readToEnd],
        ])
        let answer = try await session.post(old.url("/"), .text("tern"))
        #expect(answer.text == "ok" && answer.attempts.count == 2)
        #expect(!old.receivedText(on: 1).lowercased().contains("expect:"))
    }

    @Test("a GET does not ask, and needs no transport that could", .requires(.nginx), arguments: Carrier.allCases)
    func expectationWithoutBody(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session { $0.expectContinue = .seconds(1) }
        for (door, _) in NginxServer.versions {
            #expect(try await session.get(nginx.url("/1k", door)).status == .ok)
        }
    }

    @Test("uploads tell how far they are", .requires(.nginx), arguments: Carrier.allCases)
    func uploadProgress(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let body = [UInt8](repeating: 7, count: 1 << 20)
        for (door, _) in NginxServer.versions {
            let seen = Progress()
            let session = try carrier.session {
                $0.hooks.append(ClosureHook.onUpload { _, sent, total in seen.add(sent, total) })
            }
            let answer = try await session.put(nginx.url("/upload/progress-\(carrier)", door), .bytes(body))
            #expect(answer.status.kind == .successful)
            #expect(seen.sent.last == 1 << 20 && seen.sent == seen.sent.sorted())
            #expect(seen.totals.allSatisfy { $0 == 1 << 20 })
        }
    }
}

/// What was told of an upload.
private final class Progress: Sendable {
    private let state = Mutex<[(sent: Int64, total: Int64?)]>([])
    func add(_ sent: Int64, _ total: Int64?) { state.withLock { $0.append((sent, total)) } }
    var sent: [Int64] { state.withLock { $0.map(\.sent) } }
    var totals: [Int64?] { state.withLock { $0.map(\.total) } }
}
