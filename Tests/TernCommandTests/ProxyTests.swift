import TestKit
import Testing

/// Every kind of proxy, given by option and by environment: what came, and curl's exit code where it failed.
@Suite("proxies as curl uses them", .requires(.curl, .nginx, .hypercorn))
struct ProxyTests {
    private func compare(_ kind: ProxyServer.Kind, _ lines: [Line]) async throws {
        let proxy = try await ProxyServer.shared(kind)
        let places = [("proxy", proxy.url), ("address", "127.0.0.1:\(proxy.port)")]
        for line in lines {
            let (curl, tern, said) = try await line.outcomes(places)
            #expect(tern == curl, "\(line.arguments) \(line.environment); tern said: \(said)")
        }
    }

    @Test("an HTTP proxy", .requires(.tinyproxy))
    func http() async throws {
        try await compare(
            .tinyproxy,
            [
                Line("-sS -x {proxy} {nginx}/method"), Line("-sS -x {proxy} -k {tls}/method"),
                Line("-sS -x {proxy} -L {nginx}/redirect/301"), Line("-sS -p -x {proxy} {nginx}/method"),
                Line("-sS -x {proxy} -k https://nohost.invalid/"), Line("-sS -x '' {nginx}/method"),
                Line("-sS {nginx}/method", environment: ["http_proxy": "{proxy}"]),
                Line("-sS {nginx}/method", environment: ["HTTP_PROXY": "http://127.0.0.1:1"]),
                Line("-sS -k {tls}/method", environment: ["HTTPS_PROXY": "{proxy}"]),
                Line("-sS -k {tls}/method", environment: ["https_proxy": "http://127.0.0.1:1"]),
                Line("-sS {nginx}/method", environment: ["all_proxy": "http://127.0.0.1:1"]),
                Line("-sS {nginx}/method", environment: ["all_proxy": "http://127.0.0.1:1", "no_proxy": "localhost"]),
                Line("-sS {nginx}/method", environment: ["ALL_PROXY": "http://127.0.0.1:1", "NO_PROXY": "*"]),
                Line(
                    "-sS {ipv4}/method", environment: ["http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.0/8"]),
                Line(
                    "-sS {nginx}/method",
                    environment: ["http_proxy": "http://127.0.0.1:1", "no_proxy": "x, .localhost"]),
                Line("-sS {nginx}/method", environment: ["http_proxy": "http://127.0.0.1:1", "no_proxy": "ocalhost"]),
                Line("-sS --noproxy localhost {nginx}/method", environment: ["http_proxy": "http://127.0.0.1:1"]),
                Line("-sS {nginx}/method", environment: ["http_proxy": "foo://127.0.0.1:1"]),
            ])
    }

    @Test("an HTTP proxy with a password", .requires(.squid))
    func password() async throws {
        try await compare(
            .squidBasic,
            [
                Line("-sS -x {proxy} -U tern:secret {nginx}/method"),
                Line("-sS -x http://tern:secret@{address} {nginx}/method"),
                Line("-sS -x {proxy} -o /dev/null -w %{http_code} {nginx}/method"),
                Line("-sS -x {proxy} -k {tls}/method"),
                Line("-sS -x {proxy} -U tern:secret -k {tls}/method"),
                Line("-sS -x {proxy} -U tern:wrong -k {tls}/method"),
            ])
    }

    @Test("an HTTPS proxy", .requires(.stunnel))
    func https() async throws {
        try await compare(
            .https,
            [
                Line("-sS -x {proxy} {nginx}/method"), Line("-sS -x {proxy} -k {nginx}/method"),
                Line("-sS -x {proxy} --proxy-insecure {nginx}/method"),
                Line("-sS -x {proxy} --proxy-cacert {ca} --cacert {ca} {tls}/method"),
            ])
    }

    @Test("SOCKS5", .requires(.microsocks))
    func socks5() async throws {
        try await compare(
            .microsocks,
            [
                Line("-sS -x {proxy} {nginx}/method"), Line("-sS -x {proxy} -k {tls}/method"),
                Line("-sS --socks5-hostname {address} {nginx}/method"), Line("-sS --socks5 {address} {nginx}/method"),
                Line("-sS -x {proxy} http://nohost.invalid/"), Line("-sS -x {proxy} http://127.0.0.1:1/"),
                Line("-sS {nginx}/method", environment: ["ALL_PROXY": "{proxy}"]),
            ])
        try await compare(
            .microsocksPassword,
            [
                Line("-sS -x {proxy} -U tern:secret {nginx}/method"), Line("-sS -x {proxy} {nginx}/method"),
                Line("-sS -x {proxy} -U tern:wrong {nginx}/method"),
            ])
    }

    @Test("SOCKS4", .requires(.dante))
    func socks4() async throws {
        try await compare(
            .dante,
            [
                Line("-sS --socks4 {address} {nginx}/method"), Line("-sS --socks4a {address} {nginx}/method"),
            ])
    }

    @Test("proxies that are not there, or are none")
    func none() async throws {
        try await compare(
            .microsocks,
            [
                Line("-sS -x http://127.0.0.1:1 {nginx}/method"), Line("-sS -x socks5h://127.0.0.1:1 {nginx}/method"),
                Line("-sS -x http://nohost.invalid:1 {nginx}/method"), Line("-sS -x foo://localhost:1 {nginx}/method"),
                Line("-sS -x {nginx} -k {tls}/method"), Line("-sS -x socks5h://{echohost} {nginx}/method"),
            ])
    }
}
