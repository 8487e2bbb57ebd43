import NativeH2Transport
import TestKit
import Testing
import TransportCore

/// Proxies, Unix sockets, addresses.
@Suite("NativeH2Transport, ways to the server")
struct RouteTests {
    let transport = NativeH2Transport()

    private func options(_ proxy: ProxyServer, _ kind: ProxyOptions.Kind, password: String? = nil) -> ProxyOptions {
        let credentials = password.map { Credentials(user: proxy.user, password: $0) }
        var options = ProxyOptions(
            kind, host: kind == .https ? "localhost" : "127.0.0.1", port: Int(proxy.port), credentials: credentials)
        options.tls.trust = .file(proxy.ca.certificate)
        return options
    }

    /// Goes to nginx by every door through `proxy`.
    private func tryAll(_ proxy: ProxyOptions) async throws {
        let nginx = try await NginxServer.shared()
        for way in Way.all {
            let call = Sending(nginx.url("/protocol", way.door)).trusting(nginx.ca).over(way.protocols)
            let response = try await transport.send(call.with { $0.proxy = proxy })
            #expect(response.status == .ok, "\(way.testDescription)")
            #expect(response.version == way.version)
            #expect(response.connection.proxy == proxy)
            if way.door != .clear {
                #expect(try await response.text() == (way.version == .http2 ? "HTTP/2.0" : "HTTP/1.1"))
            }
        }
    }

    @Test("through squid, open and with a password", .requires(.nginx, .squid))
    func squid() async throws {
        try await tryAll(options(ProxyServer.shared(.squid), .http))
        let asking = try await ProxyServer.shared(.squidBasic)
        try await tryAll(options(asking, .http, password: asking.password))
    }

    @Test("through an HTTPS proxy: TLS within TLS", .requires(.nginx, .stunnel))
    func https() async throws { try await tryAll(options(ProxyServer.shared(.https), .https)) }

    @Test("through SOCKS 5, open and with a password, resolved here and there", .requires(.nginx, .microsocks))
    func socks5() async throws {
        try await tryAll(options(ProxyServer.shared(.microsocks), .socks5))
        try await tryAll(options(ProxyServer.shared(.microsocks), .socks5h))
        let asking = try await ProxyServer.shared(.microsocksPassword)
        try await tryAll(options(asking, .socks5h, password: asking.password))
        let wrong = options(asking, .socks5h, password: "wrong")
        let nginx = try await NginxServer.shared()
        let error = try await transport.failure(of: Sending(nginx.url("/1k")).with { $0.proxy = wrong })
        #expect(error.code == .proxyRefused)
        #expect(error.retrySafety == .notSent)
    }

    @Test("through SOCKS 4", .requires(.nginx, .dante))
    func socks4() async throws { try await tryAll(options(ProxyServer.shared(.dante), .socks4)) }

    @Test(
        "a proxy that wants a password says so with its challenge, before anything is sent", .requires(.nginx, .squid))
    func refused() async throws {
        let nginx = try await NginxServer.shared()
        let proxy = options(try await ProxyServer.shared(.squidBasic), .http)
        let call = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca).with { $0.proxy = proxy }
        let error = try await transport.failure(of: call)
        #expect(error.code == .proxyRefused)
        #expect(error.phase == .connect)
        #expect(error.retrySafety == .notSent)
        #expect(error.proxyAnswer?.status.code == 407)
        #expect(error.proxyAnswer?.fields[.proxyAuthenticate]?.hasPrefix("Basic") == true)
    }

    @Test("a proxy that closes, and one that speaks no HTTP, are proxies that failed")
    func broken() async throws {
        for step in [RawServer.Step.close, .send("220 mail.example ESMTP\r\n\r\n")] {
            let server = try RawServer(.readHead, step, .readToEnd)
            let proxy = ProxyOptions(.http, host: "127.0.0.1", port: Int(server.port))
            let error = try await transport.failure(of: Sending("https://a.test/").with { $0.proxy = proxy })
            #expect(error.code == .proxyFailed, "\(error)")
            #expect(error.retrySafety == .notSent)
            #expect(server.receivedText().hasPrefix("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n"))
        }
    }

    @Test("over a Unix socket", .requires(.nginx))
    func unixSocket() async throws {
        let nginx = try await NginxServer.shared()
        let call = Sending("http://any.test/host").with { $0.connect.unixSocket = nginx.unixSocket }
        let response = try await transport.send(call)
        #expect(try await response.text() == "any.test")
        #expect(response.connection.remote == .unix(nginx.unixSocket))
        let missing = Sending("http://any.test/").with { $0.connect.unixSocket = "/nonexistent/socket" }
        let error = try await transport.failure(of: missing)
        #expect(error.code == .connectFailed)
        #expect(error.retrySafety == .notSent)
    }

    @Test("from a local address and an interface", .requires(.nginx))
    func localAddress() async throws {
        let nginx = try await NginxServer.shared()
        let url = nginx.url("/1k", host: "127.0.0.1")
        let address = try #require(IPAddress("127.0.0.9"))
        let response = try await transport.send(Sending(url).with { $0.connect.localAddress = address })
        guard case .ip(address, _)? = response.connection.local else {
            Issue.record("connected from \(String(describing: response.connection.local))")
            return
        }
        let bound = try await transport.send(Sending(url).with { $0.connect.interface = "lo" })
        #expect(bound.status == .ok)
        let error = try await transport.failure(of: Sending(url).with { $0.connect.interface = "none0" })
        #expect(error.code == .connectFailed)
    }

    @Test("overrides send the connection elsewhere, and leave Host and certificate alone", .requires(.nginx))
    func overrides() async throws {
        let nginx = try await NginxServer.shared()
        let port = Int(nginx.port(.tls))
        let loopback = try #require(IPAddress("127.0.0.1"))
        let fixed = Sending("https://a.tern.test:\(port)/host").trusting(nginx.ca).with {
            $0.connect.overrides = [AddressOverride(host: "a.tern.test", port: port, target: .addresses([loopback]))]
        }
        #expect(try await transport.send(fixed).text() == "a.tern.test:\(port)")
        let moved = Sending("https://b.tern.test/host").trusting(nginx.ca).with {
            $0.connect.overrides = [AddressOverride(host: nil, port: nil, target: .host("localhost", port: port))]
        }
        #expect(try await transport.send(moved).text() == "b.tern.test")
    }

    @Test("addresses that the rules forbid are not connected to")
    func rules() async throws {
        let server = try RawServer(.readToEnd)
        let call = Sending(server.url("/", host: "localhost")).with {
            $0.connect.rules = AddressRules(deniesPrivate: true)
        }
        let error = try await transport.failure(of: call)
        #expect(error.code == .addressRefused)
        #expect(error.retrySafety == .notSent)
        #expect(server.connectionCount == 0)
    }

    @Test("when one address refuses, the next one is tried", .requires(.nginx))
    func nextAddress() async throws {
        let nginx = try await NginxServer.shared()
        let dead = try #require(IPAddress("127.0.0.77"))
        let live = try #require(IPAddress("127.0.0.1"))
        // nginx listens on 127.0.0.1 alone.
        let call = Sending(nginx.url("/1k")).with {
            $0.connect.overrides = [AddressOverride(host: nil, port: nil, target: .addresses([dead, live]))]
        }
        #expect(try await transport.send(call).status == .ok)
    }
}
