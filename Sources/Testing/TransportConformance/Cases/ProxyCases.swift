import TestServer
import TransportCore

/// Proxies, and other ways to the server.
extension ConformanceCase {
    /// A call to `server` through `proxy`, to a name that nobody can look up.
    private static func call(
        _ trial: Trial, _ server: TestServer, through proxy: ProxyOptions, host: String = "tern.test"
    ) throws -> Call {
        var call = try trial.call(server)
        call.url = call.url.replacingHost(with: host)
        call.proxy = proxy
        return call
    }

    private static let tcp: [ConformanceWay] = [.http1, .http1TLS, .http2TLS]

    static let proxies: [ConformanceCase] = [
        ConformanceCase(
            "proxy.http", "an HTTP proxy is asked by CONNECT for https, by the whole URL for http",
            needs: .httpProxy, over: tcp
        ) { trial in
            let server = try trial.server { .text($0.target) }
            let proxy = try trial.proxy()
            let call = try call(trial, server, through: proxy.options())
            for _ in 0..<2 { try trial.equal(try await trial.text(call).hasSuffix("/"), true, "an answer came") }
            try trial.equal(proxy.visits.first?.kind, trial.way.isTLS ? "CONNECT" : "GET", "how it was asked")
            try trial.equal(proxy.visits.first?.host, "tern.test", "the host that was asked for")
            try trial.equal(server.connections.count, 1, "connections")
        },
        ConformanceCase(
            "proxy.tunnel-clear", "clear text goes through a tunnel if that is wished", needs: .httpProxy,
            over: [.http1]
        ) { trial in
            let server = try trial.server { .text($0.target) }
            let proxy = try trial.proxy()
            var options = try proxy.options()
            options.tunnelsClearText = true
            try trial.equal(try await trial.text(call(trial, server, through: options)), "/", "the target")
            try trial.equal(proxy.visits.first?.kind, "CONNECT", "how it was asked")
        },
        ConformanceCase("proxy.https", "TLS goes inside the TLS with the proxy", needs: .httpsProxy, over: tcp) {
            trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy()
            try trial.equal(
                try await trial.text(call(trial, server, through: proxy.options(.https))), "fine", "the answer")
            try trial.equal(proxy.visits.first?.isTLS, true, "TLS with the proxy")
        },
        ConformanceCase(
            "proxy.https-trust", "a proxy whose certificate is not good is refused", needs: .httpsProxy,
            over: [.http1, .http1TLS]
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy { $0.certificate = .expired }
            let error = try await trial.failure(call(trial, server, through: proxy.options(.https)))
            try trial.expect(error, .certificateInvalid, .proxyFailed, safety: .notSent, for: "the error")
            try trial.equal(server.connections.count, 0, "connections to the server")
        },
        ConformanceCase(
            "proxy.credentials", "user and password are given to the proxy, and to nobody else",
            needs: .httpProxy, over: tcp
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let credentials = Credentials(user: "tern", password: "a:b c")
            let proxy = try trial.proxy { $0.credentials = credentials }
            let good = try call(trial, server, through: proxy.options(.http, credentials: credentials))
            try trial.equal(try await trial.text(good), "fine", "the answer")
            let seen = server.exchanges.first
            try trial.check(seen?.fields.contains(.proxyAuthorization) == false, "the server was told the password")
        },
        ConformanceCase(
            "proxy.refuses-407", "a 407 to CONNECT is told with its fields", needs: .httpProxy,
            over: ConformanceWay.secureTCP
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy { $0.credentials = Credentials(user: "tern", password: "x") }
            let error = try await trial.failure(call(trial, server, through: proxy.options()))
            try trial.expect(error, .proxyRefused, safety: .notSent, for: "the error")
            try trial.equal(error.proxyAnswer?.status.code, 407, "the proxy's status")
            try trial.equal(
                error.proxyAnswer?.fields[.proxyAuthenticate], "Basic realm=\"tern\"", "the proxy's challenge")
        },
        ConformanceCase(
            "proxy.407-clear", "a 407 to a request in clear text is its answer", needs: .httpProxy,
            over: [.http1]
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy { $0.credentials = Credentials(user: "tern", password: "x") }
            let response = try await trial.send(call(trial, server, through: proxy.options()))
            try trial.equal(response.status.code, 407, "the status")
            try trial.equal(server.connections.count, 0, "connections to the server")
        },
        ConformanceCase(
            "proxy.refuses", "another refusal of CONNECT is told with status and fields", needs: .httpProxy,
            over: ConformanceWay.secureTCP
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy { $0.refusal = .init(.forbidden, fields: [.eTag: "why"], body: "not there") }
            let error = try await trial.failure(call(trial, server, through: proxy.options()))
            try trial.expect(error, .proxyRefused, safety: .notSent, for: "the error")
            try trial.equal(error.proxyAnswer?.status.code, 403, "the proxy's status")
            try trial.equal(error.proxyAnswer?.fields[.eTag], "why", "a field of the proxy's")
        },
        ConformanceCase(
            "proxy.unreachable", "a proxy that is not there is an error before anything is sent",
            needs: .httpProxy, over: tcp
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let nobody = try trial.server([], { $0.refusesConnections = true })
            let proxy = ProxyOptions(.http, host: "127.0.0.1", port: nobody.port)
            let error = try await trial.failure(call(trial, server, through: proxy))
            try trial.expect(error, .connectionRefused, .proxyFailed, safety: .notSent, for: "the error")
        },
        ConformanceCase(
            "proxy.dead-end", "a server that the proxy cannot reach is an error", needs: .httpProxy,
            over: ConformanceWay.secureTCP
        ) { trial in
            let nobody = try trial.server([], { $0.refusesConnections = true })
            let proxy = try trial.proxy()
            let error = try await trial.failure(call(trial, nobody, through: proxy.options()))
            try trial.expect(error, .proxyRefused, .proxyFailed, safety: .notSent, for: "the error")
        },
        ConformanceCase("proxy.socks5h", "a SOCKS 5 proxy looks names up itself", needs: .socks5Proxy, over: tcp) {
            trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy()
            let call = try call(trial, server, through: proxy.options(.socks5h))
            try trial.equal(try await trial.text(call), "fine", "the answer")
            try trial.equal(proxy.visits.map(\.host), ["tern.test"], "the host that was asked for")
            try trial.equal(proxy.visits.map(\.kind), ["SOCKS5"], "how it was asked")
        },
        ConformanceCase("proxy.socks5", "for socks5 names are looked up here", needs: .socks5Proxy, over: tcp) {
            trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy()
            let call = try call(trial, server, through: proxy.options(.socks5), host: "127.0.0.1")
            try trial.equal(try await trial.text(call), "fine", "the answer")
            try trial.equal(proxy.visits.map(\.host), ["127.0.0.1"], "the host that was asked for")
        },
        ConformanceCase(
            "proxy.socks5-credentials", "user and password are given to a SOCKS 5 proxy", needs: .socks5Proxy,
            over: [.http1, .http1TLS]
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let credentials = Credentials(user: "tern", password: "secret")
            let proxy = try trial.proxy { $0.credentials = credentials }
            let good = try call(trial, server, through: proxy.options(.socks5h, credentials: credentials))
            try trial.equal(try await trial.text(good), "fine", "the answer")
            let wrong = Credentials(user: "tern", password: "wrong")
            let error = try await trial.failure(
                call(trial, server, through: proxy.options(.socks5h, credentials: wrong)))
            try trial.expect(error, .proxyRefused, .proxyFailed, safety: .notSent, for: "with a wrong password")
        },
        ConformanceCase("proxy.socks4", "SOCKS 4 and 4a lead to the server", needs: .socks4Proxy, over: tcp) { trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy()
            let plain = try call(trial, server, through: proxy.options(.socks4), host: "127.0.0.1")
            try trial.equal(try await trial.text(plain), "fine", "SOCKS 4")
            let named = try call(trial, server, through: proxy.options(.socks4a))
            try trial.equal(try await trial.text(named), "fine", "SOCKS 4a")
            try trial.equal(proxy.visits.map(\.kind), ["SOCKS4", "SOCKS4a"], "how it was asked")
            try trial.equal(proxy.visits.map(\.host), ["127.0.0.1", "tern.test"], "the hosts")
        },
        ConformanceCase(
            "proxy.socks-refuses", "a SOCKS proxy that refuses is an error", needs: .socks5Proxy,
            over: [.http1, .http1TLS]
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy { $0.refusal = .init(.forbidden) }
            let error = try await trial.failure(call(trial, server, through: proxy.options(.socks5h)))
            try trial.expect(error, .proxyRefused, .proxyFailed, safety: .notSent, for: "the error")
        },
        ConformanceCase(
            "proxy.separates", "with and without a proxy no connection is shared", needs: .httpProxy,
            over: ConformanceWay.secureTCP
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            let proxy = try trial.proxy()
            let direct = try trial.call(server)
            let led = try direct.with { $0.proxy = try proxy.options() }
            for call in [direct, led, direct, led] { try trial.equal(try await trial.text(call), "fine", "the answer") }
            try trial.equal(server.connections.count, 2, "connections")
            try trial.equal(proxy.visits.count, 1, "visits")
        },
    ]

    static let addresses: [ConformanceCase] = [
        ConformanceCase("address.override", "an override leads elsewhere, and the name stays", needs: .addressOverrides)
        {
            trial in
            let server = try trial.server { .text($0.authority ?? "") }
            var call = try trial.call(server)
            call.url = call.url.replacingHost(with: "tern.test")
            call.connect.overrides = server.overrides
            try trial.equal(try await trial.text(call), "tern.test:\(server.port)", "the authority")
            if trial.way.isTLS { try trial.equal(server.connections.first?.serverName, "tern.test", "the server name") }
        },
        ConformanceCase("address.resolver", "the route's own resolver is asked", needs: .customResolver) { trial in
            let server = try trial.server { _ in .text("fine") }
            var call = try trial.call(server)
            call.url = call.url.replacingHost(with: "a.tern.test")
            call.connect.resolver = OneAddress(.loopbackV4)
            try trial.equal(try await trial.text(call), "fine", "the answer")
        },
        ConformanceCase("address.unknown", "a name without an address is hostNotFound", needs: .customResolver) {
            trial in
            let server = try trial.server { _ in .text("fine") }
            var call = try trial.call(server)
            call.url = call.url.replacingHost(with: "nowhere.tern.test")
            call.connect.resolver = OneAddress(nil)
            let error = try await trial.failure(call)
            try trial.expect(error, .hostNotFound, phase: .resolve, safety: .notSent, for: "the error")
        },
        ConformanceCase("address.rules", "addresses that the rules deny are not connected to", needs: .addressRules) {
            trial in
            let server = try trial.server { _ in .text("fine") }
            var call = try trial.call(server)
            call.connect.rules.deniesPrivate = true
            let error = try await trial.failure(call)
            try trial.expect(error, .addressRefused, safety: .notSent, for: "the error")
            try trial.equal(server.connections.count, 0, "connections")
        },
        ConformanceCase(
            "address.local", "the local address is the one that was asked for", needs: .localAddress,
            over: [.http1, .http2TLS, .http3]
        ) { trial in
            let server = try trial.server { _ in .text("fine") }
            var call = try trial.call(server)
            call.connect.localAddress = IPAddress("127.0.0.9")
            try trial.equal(try await trial.text(call), "fine", "the answer")
            guard case .ip(let address, _) = server.connections.first?.remote else {
                throw ConformanceFailure("the server does not know who came")
            }
            try trial.equal("\(address)", "127.0.0.9", "the address that came")
        },
    ]
}

/// A resolver that knows one address, or none.
private final class OneAddress: Resolver {
    private let address: IPAddress?
    init(_ address: IPAddress?) { self.address = address }

    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        guard let address else { throw ResolveError(.notFound, message: "\(host) has no address") }
        return ResolvedHost(addresses: [address])
    }
}
