import CurlTransport
import Synchronization
import TestKit
import Testing
import TransportCore

/// Answers from a table, and counts.
final class TableResolver: Resolver {
    let table: [String: [String]]
    let asked = Mutex<[String]>([])
    init(_ table: [String: [String]]) { self.table = table }

    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        asked.withLock { $0.append(host) }
        guard let addresses = table[host]?.compactMap({ IPAddress($0) }), !addresses.isEmpty else {
            throw ResolveError(.notFound, message: "no address of \(host)")
        }
        return ResolvedHost(addresses: addresses, timeToLive: .seconds(60))
    }
}

@Suite("CurlTransport, ways to the server")
struct WaysTests {
    let transport = CurlTransport()

    @Test("an own resolver is asked, once for many", .requires(.nginx))
    func resolver() async throws {
        let nginx = try await NginxServer.shared()
        let resolver = TableResolver(["www.tern.test": ["127.0.0.1"]])
        let exchange = try Sending(nginx.url("/host", host: "www.tern.test")).with { $0.connect.resolver = resolver }
            .exchange()
        let transport = transport
        try await withThrowingTaskGroup { group in
            for _ in 0..<10 {
                group.addTask {
                    let text = try await transport.send(exchange).text()
                    #expect(text == "www.tern.test:\(nginx.port(.clear))")
                }
            }
            try await group.waitForAll()
        }
        #expect(resolver.asked.withLock { $0 } == ["www.tern.test"])
    }

    @Test("an unknown host is an error of resolving, and the next exchange asks again")
    func unknownHost() async throws {
        let resolver = TableResolver([:])
        let sending = Sending("http://nobody.test/").with { $0.connect.resolver = resolver }
        for _ in 0..<2 {
            let error = try await transport.failure(of: sending)
            #expect(error.code == .hostNotFound)
            #expect(error.phase == .resolve)
            #expect(error.retrySafety == .notSent)
        }
        #expect(resolver.asked.withLock { $0.count } == 2)
    }

    @Test("the next address is tried when the first refuses", .requires(.nginx))
    func nextAddress() async throws {
        let nginx = try await NginxServer.shared()
        let resolver = TableResolver(["two.test": ["127.0.0.9", "127.0.0.1"]])
        let sending = Sending(nginx.url("/1k", host: "two.test")).with { $0.connect.resolver = resolver }
        #expect(try await transport.send(sending).status == .ok)
    }

    @Test("address rules refuse literal and resolved addresses, and let the others be used")
    func rules() async throws {
        let server = try RawServer(.readHead, .ok("fine"), .readToEnd)
        let rules = AddressRules(deniesPrivate: true)
        let error = try await transport.failure(of: Sending(server.url("/")).with { $0.connect.rules = rules })
        #expect(error.code == .addressRefused, "\(error)")
        #expect(error.message.contains("127.0.0.1"))
        let resolver = TableResolver(["inner.test": ["127.0.0.1", "::1"]])
        let resolved = Sending(server.url("/", host: "inner.test")).with {
            $0.connect.resolver = resolver
            $0.connect.rules = rules
        }
        #expect(try await transport.failure(of: resolved).code == .addressRefused)
        #expect(server.connectionCount == 0)
        let some = resolved.with {
            $0.connect.rules = AddressRules(denied: [AddressBlock("::1/128")].compactMap { $0 })
        }
        #expect(try await transport.send(some).text() == "fine")
    }

    @Test("overrides of address, host and port")
    func overrides() async throws {
        let server = try RawServer(.loop([.readHead, .ok("here")]))
        let port = Int(server.port)
        let address = try #require(IPAddress("127.0.0.1"))
        func get(_ url: String, _ override: AddressOverride) async throws -> String {
            try await transport.send(Sending(url).with { $0.connect.overrides = [override] }).text()
        }
        #expect(
            try await get(
                "http://a.test:\(port)/1", AddressOverride(host: "a.test", port: nil, target: .addresses([address])))
                == "here")
        #expect(
            try await get(
                "http://b.test/2", AddressOverride(host: nil, port: 80, target: .host("127.0.0.1", port: port)))
                == "here")
        #expect(
            try await get(
                "http://127.0.0.1:1/3", AddressOverride(host: "127.0.0.1", port: 1, target: .host(nil, port: port)))
                == "here")
        #expect(server.receivedText(on: 1).contains("\r\nHost: b.test\r\n"))
    }

    @Test("a Unix socket", .requires(.nginx))
    func unixSocket() async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending("http://ignored.test/host").with { $0.connect.unixSocket = nginx.unixSocket }
        let exchange = try sending.exchange()
        let response = try await transport.send(exchange)
        #expect(try await response.text() == "ignored.test")
        #expect(response.connection.remote == .unix(nginx.unixSocket))
        #expect(try await transport.send(exchange).reused)
    }

    @Test("a local address and an interface")
    func local() async throws {
        let server = try RawServer(.loop([.readHead, .ok("here")]))
        let from = try #require(IPAddress("127.0.0.7"))
        let response = try await transport.send(Sending(server.url("/")).with { $0.connect.localAddress = from })
        #expect(response.connection.local?.description.hasPrefix("127.0.0.7:") == true)
        #expect(
            try await transport.send(Sending(server.url("/")).with { $0.connect.interface = "lo" }).text() == "here")
        let error = try await transport.failure(of: Sending(server.url("/")).with { $0.connect.interface = "no0" })
        #expect(error.code == .connectFailed, "\(error)")
        #expect(error.libraryCode?.contains("CURLE_INTERFACE_FAILED") == true)
    }

    private func through(_ proxy: ProxyServer, _ kind: ProxyOptions.Kind, _ sending: Sending, login: Bool = false)
        -> Sending
    {
        sending.with {
            var options = ProxyOptions(kind, host: kind == .https ? "localhost" : "127.0.0.1", port: Int(proxy.port))
            options.tls.trust = .file(proxy.ca.certificate)
            if login { options.credentials = Credentials(user: proxy.user, password: proxy.password) }
            $0.proxy = options
        }
    }

    @Test("HTTP proxies, open and with a password", .requires(.squid, .nginx))
    func httpProxy() async throws {
        let nginx = try await NginxServer.shared()
        let clear = Sending(nginx.url("/1k", host: "127.0.0.1"))
        let secure = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        let open = try await ProxyServer.shared(.squid)
        #expect(try await transport.send(through(open, .http, clear)).status == .ok)
        let response = try await transport.send(through(open, .http, secure))
        #expect(response.version == .http2)
        #expect(response.connection.proxy?.kind == .http)

        let guarded = try await ProxyServer.shared(.squidBasic)
        #expect(try await transport.send(through(guarded, .http, clear)).status.code == 407)
        let error = try await transport.failure(of: through(guarded, .http, secure))
        #expect(error.code == .proxyRefused, "\(error)")
        #expect(error.proxyAnswer?.status.code == 407)
        #expect(error.proxyAnswer?.fields[.proxyAuthenticate]?.contains("Basic") == true)
        #expect(error.retrySafety == .notSent)
        #expect(try await transport.send(through(guarded, .http, secure, login: true)).status == .ok)
        #expect(try await transport.send(through(guarded, .http, clear, login: true)).status == .ok)
    }

    @Test("CONNECT carries the proxy's fields, and the origin does not see them")
    func connectFields() async throws {
        let proxy = try RawServer(
            .readHead, .send("HTTP/1.1 403 No\r\nX-Why: policy\r\nContent-Length: 0\r\n\r\n"), .close)
        let sending = Sending("https://origin.test/").with {
            $0.fields[.authorization] = "secret"
            var options = ProxyOptions(.http, host: "127.0.0.1", port: Int(proxy.port))
            options.fields[.via] = "tern"
            $0.proxy = options
        }
        let error = try await transport.failure(of: sending)
        #expect(error.code == .proxyRefused)
        #expect(error.proxyAnswer?.status.code == 403)
        #expect(error.proxyAnswer?.fields[HTTPField.Name("X-Why") ?? .from] == "policy")
        let text = proxy.receivedText()
        #expect(text.hasPrefix("CONNECT origin.test:443 HTTP/1.1\r\n"))
        #expect(text.contains("Via: tern\r\n"))
        #expect(!text.contains("secret"))
        #expect(!text.contains("User-Agent"))
    }

    @Test("an HTTPS proxy", .requires(.stunnel, .nginx))
    func httpsProxy() async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.https)
        let clear = Sending(nginx.url("/1k", host: "127.0.0.1"))
        #expect(try await transport.send(through(proxy, .https, clear)).status == .ok)
        let secure = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        #expect(try await transport.send(through(proxy, .https, secure)).status == .ok)
        let distrusted = through(proxy, .https, secure).with { $0.proxy?.tls.trust = .system }
        #expect(try await transport.failure(of: distrusted).code == .certificateInvalid)
    }

    @Test("SOCKS 5 with and without a password, resolving here and there", .requires(.microsocks, .nginx))
    func socks5() async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.microsocks)
        let secure = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        #expect(try await transport.send(through(proxy, .socks5h, secure)).status == .ok)
        let resolver = TableResolver(["there.tern.test": ["127.0.0.1"]])
        let here = Sending(nginx.url("/1k", .tls, host: "there.tern.test")).trusting(nginx.ca)
            .with { $0.connect.resolver = resolver }
        #expect(try await transport.send(through(proxy, .socks5, here)).status == .ok)
        #expect(resolver.asked.withLock { $0 } == ["there.tern.test"])
        let guarded = try await ProxyServer.shared(.microsocksPassword)
        #expect(try await transport.send(through(guarded, .socks5h, secure, login: true)).status == .ok)
        let error = try await transport.failure(of: through(guarded, .socks5h, secure))
        #expect([.proxyRefused, .proxyFailed].contains(error.code), "\(error)")
        #expect(error.retrySafety == .notSent)
    }

    @Test("SOCKS 4", .requires(.dante, .nginx))
    func socks4() async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.dante)
        let sending = Sending(nginx.url("/1k", host: "localhost")).with { $0.connect.family = .ipv4 }
        #expect(try await transport.send(through(proxy, .socks4, sending)).status == .ok)
    }

    @Test("SOCKS 4a gives the name to the proxy")
    func socks4a() async throws {
        let proxy = try RawServer(
            .readBody(9 + 12), .sendBytes([0, 90, 0, 0, 0, 0, 0, 0]), .readHead, .ok("through"), .readToEnd)
        let sending = Sending("http://origin.test/").with {
            $0.proxy = ProxyOptions(.socks4a, host: "127.0.0.1", port: Int(proxy.port))
        }
        #expect(try await transport.send(sending).text() == "through")
        #expect(proxy.received().starts(with: [4, 1, 0, 80, 0, 0, 0]))
        #expect(proxy.receivedText().contains("origin.test\0"))
    }
}
