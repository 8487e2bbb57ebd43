import TestKit
import Testing

@Suite(
    "proxies", .requires(.squid, .tinyproxy, .stunnel, .microsocks, .dante, .nginx, .curl))
struct ProxyServerTests {
    @Test("carry requests in clear and tunnels", arguments: ProxyServer.Kind.allCases)
    func carry(kind: ProxyServer.Kind) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(kind)
        let through = [
            "--proxy", proxy.kind.wantsPassword ? proxy.urlWithPassword : proxy.url,
            "--proxy-cacert", proxy.ca.certificate, kind == .squidDigest ? "--proxy-digest" : "--proxy-anyauth",
            "--noproxy", "",
        ]
        #expect(try await curl(through + [nginx.url("/method", host: "127.0.0.1")]) == "GET")
        let tunnelled = nginx.url("/protocol", .tls, host: "127.0.0.1")
        #expect(try await curl(through + [tunnelled], ca: nginx.ca) == "HTTP/2.0")
    }

    @Test(
        "refuse who gives no password",
        arguments: ProxyServer.Kind.allCases.filter(\.wantsPassword))
    func refuse(kind: ProxyServer.Kind) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(kind)
        let url = nginx.url("/method", .tls, host: "127.0.0.1")
        let error = await #expect(throws: TestKitError.self) {
            try await curl(["--proxy", proxy.url, "--noproxy", "", url], ca: nginx.ca)
        }
        let isSOCKS = proxy.kind.scheme.hasPrefix("socks")
        let complaint = isSOCKS ? "No authentication method was acceptable" : "407"
        #expect(error?.description.contains(complaint) == true, "\(error?.description ?? "")")
    }

    @Test("by Dante carry SOCKS4 too")
    func socks4() async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(.dante)
        for scheme in ["socks4", "socks5"] {
            let through = ["--proxy", "\(scheme)://127.0.0.1:\(proxy.port)", "--noproxy", ""]
            #expect(try await curl(through + [nginx.url("/method", host: "127.0.0.1")]) == "GET")
        }
    }

    @Test("tell in their log what went through", arguments: [ProxyServer.Kind.squid, .tinyproxy, .https])
    func log(kind: ProxyServer.Kind) async throws {
        let nginx = try await NginxServer.shared()
        let proxy = try await ProxyServer.shared(kind)
        let url = nginx.url("/1k?\(kind)", host: "127.0.0.1")
        _ = try await curl([
            "--proxy", proxy.url, "--proxy-cacert", proxy.ca.certificate, "--noproxy", "", "-o", "/dev/null", url,
        ])
        #expect(proxy.log.contains("/1k?\(kind)"))
    }
}
