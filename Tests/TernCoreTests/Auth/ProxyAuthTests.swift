import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct ProxyAuthTests {
    static let proxy = ProxyOptions(.http, host: "proxy.test", port: 3128)

    static func run(
        _ mock: MockTransport, _ auth: (any ProxyAuthenticator)?, _ proxy: ProxyOptions = Self.proxy
    ) -> ChainRun {
        ChainRun(mock) {
            $0.proxies = .all(proxy)
            $0.proxyAuth = auth
            $0.retry = SafeRetry()
        }
    }

    /// A proxy that lets tunnels through to those who know the password, each of which serves any number of requests.
    static func tunnels(_ proxy: DigestStub) -> MockTransport {
        let open = Log<Route>()
        return MockTransport { (sent) throws(TransportError) in
            let route = sent.exchange.route
            if open.values.contains(where: { $0 == route }) { return MockResponse(.ok, "behind") }
            let target = "\(route.origin.host):\(route.origin.port)"
            switch proxy.check(route.proxy?.fields[.proxyAuthorization], "CONNECT", target, []) {
            case .success:
                open.add(route)
                return MockResponse(.ok, "behind")
            case .failure(let refusal):
                throw TransportError(
                    .proxyRefused, phase: .connect, retrySafety: .notSent, endpoint: "\(route.origin)",
                    message: "407", proxyAnswer: .init(status: .proxyAuthenticationRequired, fields: refusal.fields))
            }
        }
    }

    static func get(_ url: String = "https://a.test/x") throws -> Request { Request(url: try HTTPURL(url)) }

    static let digests: [any ProxyAuthenticator] = [
        DigestAuth(user: "tern", password: "secret"), AnyAuth(user: "tern", password: "secret"),
    ]

    /// Trap: proxy CONNECT 407, then Digest.
    @Test("a 407 to CONNECT is answered with Digest for CONNECT, and the tunnel is used again")
    func tunnel() async throws {
        for auth in [DigestAuth(user: "tern", password: "secret"), AnyAuth(user: "tern", password: "secret")]
            as [any ProxyAuthenticator]
        {
            let proxy = DigestStub(algorithm: "SHA-256", isProxy: true)
            let mock = Self.tunnels(proxy)
            let run = Self.run(mock, auth)
            let (response, call) = try await run.send(Self.get())
            #expect(response.status == .ok, "\(proxy.complaints.values)")
            #expect(call.attempts.count == 2)
            #expect(mock.sent.allSatisfy { !$0.request.fields.contains(.proxyAuthorization) })
            _ = try await run.send(Self.get("https://a.test/y"))
            #expect(mock.sent.count == 3)
            #expect(mock.sent[2].exchange.route == mock.sent[1].exchange.route)
            // Another host is another tunnel, whose credentials go out unasked.
            #expect(try await run.send(Self.get("https://b.test/")).response.status == .ok)
            #expect(mock.sent.count == 4)
            #expect(proxy.complaints.values == ["no credentials"])
        }
    }

    @Test("a tunnel that has to be opened again gets a new count when the old one is refused")
    func reopened() async throws {
        let proxy = DigestStub(isProxy: true)
        let first = Self.run(Self.tunnels(proxy), DigestAuth(user: "tern", password: "secret"))
        _ = try await first.send(Self.get())
        // The same session over a transport whose tunnels are gone.
        let mock = Self.tunnels(proxy)
        let call = Call(
            try Self.get(), settings: first.settings, transport: mock, delivery: .prompt, total: nil, observers: [])
        #expect(try await Next(call: call)(try Self.get()).status == .ok)
        #expect(proxy.complaints.values == ["no credentials", "the count 1 came again"])
    }

    @Test("a 407 to a request that is handed over is answered for that request, with its body again")
    func forwarded() async throws {
        let proxy = DigestStub(quality: "auth-int", isProxy: true)
        let mock = MockTransport { sent in proxy.answer(sent) }
        let run = Self.run(mock, DigestAuth(user: "tern", password: "secret"))
        let request = Request(method: .post, url: try HTTPURL("http://a.test/x?y"), body: .bytes([1, 2]))
        let (response, call) = try await run.send(request)
        #expect(response.status == .ok, "\(proxy.complaints.values)")
        #expect(call.history.map(\.status) == [.proxyAuthenticationRequired])
        #expect(mock.sent.map(\.body) == [[1, 2], [1, 2]])
        _ = try await run.send(request)
        #expect(mock.sent.count == 3)
        // The answer is no part of the route: all requests share the pool.
        #expect(mock.sent[1].exchange.route == mock.sent[2].exchange.route)
    }

    @Test("Basic and Bearer go out at once: in the tunnel's CONNECT, or with the request")
    func atOnce() async throws {
        for (auth, value) in [
            (BasicAuth(user: "u", password: "p") as any ProxyAuthenticator, "Basic dTpw"),
            (BearerAuth(token: "t"), "Bearer t"),
        ] {
            let mock = MockTransport { _ in MockResponse() }
            let run = Self.run(mock, auth)
            _ = try await run.send(Self.get())
            _ = try await run.send(Self.get("http://a.test/"))
            #expect(mock.sent[0].exchange.route.proxy?.fields[.proxyAuthorization] == value)
            #expect(mock.sent[0].request.fields[.proxyAuthorization] == nil)
            #expect(mock.sent[1].exchange.route.proxy?.fields[.proxyAuthorization] == nil)
            #expect(mock.sent[1].request.fields[.proxyAuthorization] == value)
        }
    }

    @Test("the proxy's own credentials go by Basic, and answer Digest where the proxy wants that")
    func fallback() async throws {
        var options = Self.proxy
        options.credentials = Credentials(user: "tern", password: "secret")
        let proxy = DigestStub(isProxy: true)
        let mock = Self.tunnels(proxy)
        let session = Session(transport: mock)
        session.configure { [options] in $0.proxies = .all(options) }
        #expect(try await session.get("https://a.test/").text == "behind")
        #expect(try await session.get("https://a.test/").text == "behind")
        #expect(mock.sent.count == 3)
        #expect(mock.sent[0].exchange.route.proxy?.credentials != nil)
        #expect(mock.sent[1].exchange.route.proxy?.credentials == nil)

        let forwarding = DigestStub(isProxy: true)
        let plain = MockTransport { sent in forwarding.answer(sent) }
        let clear = Session(transport: plain)
        clear.configure { [options] in $0.proxies = .all(options) }
        for _ in 0..<2 { #expect(try await clear.get("http://a.test/").status == .ok) }
        #expect(plain.sent.count == 3)
    }

    @Test("Basic that the transport has sent already is not repeated")
    func basicRefused() async throws {
        var options = Self.proxy
        options.credentials = Credentials(user: "tern", password: "wrong")
        let mock = MockTransport { _ in
            MockResponse(.proxyAuthenticationRequired, fields: [.proxyAuthenticate: "Basic realm=\"r\""])
        }
        let run = Self.run(mock, nil, options)
        #expect(try await run.send(Self.get("http://a.test/")).response.status == .proxyAuthenticationRequired)
        #expect(mock.sent.count == 1)
    }

    @Test("an authenticator that waits for a challenge is not forestalled by the proxy's credentials")
    func silenced() async throws {
        var options = Self.proxy
        options.credentials = Credentials(user: "tern", password: "secret")
        let mock = Self.tunnels(DigestStub(isProxy: true))
        _ = try await Self.run(mock, DigestAuth(user: "tern", password: "secret"), options).send(Self.get())
        #expect(mock.sent.allSatisfy { $0.exchange.route.proxy?.credentials == nil })
    }

    /// A server could ask for the proxy's password otherwise.
    @Test("a 407 that comes through a tunnel is the server's own, and is not answered")
    func throughTunnel() async throws {
        let mock = MockTransport { _ in
            MockResponse(
                .proxyAuthenticationRequired, fields: [.proxyAuthenticate: "Digest realm=x, nonce=y, qop=auth"])
        }
        let run = Self.run(mock, DigestAuth(user: "tern", password: "secret"))
        #expect(try await run.send(Self.get()).response.status == .proxyAuthenticationRequired)
        #expect(mock.sent.count == 1)
    }

    @Test("tunnels that one authenticator opened are not used for another, however the rules are shared")
    func apart() async throws {
        let mock = Self.tunnels(DigestStub(isProxy: true))
        let rules = ProxyRules.all(Self.proxy)
        func send(_ auth: any ProxyAuthenticator) async throws -> TransportResponse {
            let run = ChainRun(mock) {
                $0.proxies = rules
                $0.proxyAuth = auth
            }
            return try await run.send(Self.get()).response
        }
        #expect(try await send(DigestAuth(user: "tern", password: "secret")).status == .ok)
        await #expect(throws: TransportError.self) { try await send(DigestAuth(user: "tern", password: "guess")) }
        await #expect(throws: TransportError.self) { try await send(BasicAuth(user: "tern", password: "guess")) }
    }

    @Test("without a proxy, with a SOCKS proxy and with the caller's own field, nothing is done")
    func notConcerned() async throws {
        var own = Self.proxy
        own.fields[.proxyAuthorization] = "Custom x"
        for proxy in [ProxyOptions(.socks5, host: "s.test", port: 1080), own] {
            let mock = MockTransport { _ in
                MockResponse(.proxyAuthenticationRequired, fields: [.proxyAuthenticate: "Basic realm=x"])
            }
            _ = try await Self.run(mock, AnyAuth(user: "u", password: "p"), proxy).send(Self.get("http://a.test/"))
            #expect(mock.sent.count == 1)
            #expect(mock.sent[0].request.fields[.proxyAuthorization] == nil)
        }
        let mock = MockTransport { _ in MockResponse(.proxyAuthenticationRequired) }
        let run = ChainRun(mock) { $0.proxyAuth = BasicAuth(user: "u", password: "p") }
        #expect(try await run.send(Self.get()).response.status == .proxyAuthenticationRequired)
        #expect(mock.sent.count == 1)
    }

    @Test("a wrong password ends: in the error of CONNECT, or in the 407")
    func wrong() async throws {
        let auth = DigestAuth(user: "tern", password: "guess")
        let mock = Self.tunnels(DigestStub(isProxy: true))
        let error = await #expect(throws: TransportError.self) { try await Self.run(mock, auth).send(Self.get()) }
        #expect(error?.proxyAnswer?.status == .proxyAuthenticationRequired)
        #expect(mock.sent.count == 2)

        let forwarding = DigestStub(isProxy: true)
        let plain = MockTransport { sent in forwarding.answer(sent) }
        let response = try await Self.run(plain, auth).send(Self.get("http://a.test/")).response
        #expect(response.status == .proxyAuthenticationRequired)
        #expect(plain.sent.count == 2)
    }

    @Test("proxy and server are answered one after the other, each with its own")
    func both() async throws {
        let proxy = DigestStub(isProxy: true)
        let server = DigestStub(user: "other")
        let mock = MockTransport { sent in
            let answer = proxy.answer(sent)
            return answer.status == .ok ? server.answer(sent) : answer
        }
        let run = ChainRun(mock) {
            $0.proxies = .all(Self.proxy)
            $0.proxyAuth = DigestAuth(user: "tern", password: "secret")
            $0.auth = DigestAuth(user: "other", password: "secret")
        }
        #expect(try await run.send(Self.get("http://a.test/")).response.status == .ok)
        #expect(try await run.send(Self.get("http://a.test/")).response.status == .ok)
        #expect(mock.sent.count == 4)
    }

    @Test("a body that can be read only once waits for the tunnel; one that the proxy has eaten ends the call")
    func onlyOnce() async throws {
        let sent = Log<String>()
        let proxy = DigestStub(isProxy: true)
        let transport = ClosureTransport { (exchange) throws(TransportError) in
            let value = exchange.route.proxy?.fields[.proxyAuthorization]
            if case .failure(let refusal) = proxy.check(value, "CONNECT", "a.test:443", []) {
                throw TransportError(
                    .proxyRefused, phase: .connect, retrySafety: .notSent, endpoint: "a.test", message: "407",
                    proxyAnswer: .init(status: .proxyAuthenticationRequired, fields: refusal.fields))
            }
            guard case .stream(let stream) = exchange.request.body, var reader = try? await stream.open(),
                let bytes = try? await reader.next()
            else { throw .made(.bodyFailed) }
            sent.add(String(decoding: bytes, as: UTF8.self))
            return TransportResponse(.ok)
        }
        let run = ChainRun(transport) {
            $0.proxies = .all(Self.proxy)
            $0.proxyAuth = DigestAuth(user: "tern", password: "secret")
        }
        _ = try await run.send(Request(method: .post, url: try HTTPURL("https://a.test/"), body: .once("x")))
        #expect(sent.values == ["x"])

        let forwarding = DigestStub(isProxy: true)
        let plain = MockTransport { sent in forwarding.answer(sent) }
        let clear = Self.run(plain, DigestAuth(user: "tern", password: "secret"))
        let request = Request(method: .post, url: try HTTPURL("http://a.test/"), body: .once("x"))
        let error = await #expect(throws: HTTPError.self) { try await clear.send(request) }
        guard case .body(is BodyNotReplayable) = error?.kind else {
            Issue.record("not a body error: \(String(describing: error))")
            return
        }
    }

    @Test("what a proxy's authenticator throws ends the call, and is not retried")
    func throwing() async throws {
        struct Broken: ProxyAuthenticator {
            func authorize(_ request: ProxyRequest, _ call: Call) async throws -> String? {
                throw TransportError.made(.goAway, .notSent)
            }
        }
        let mock = MockTransport { _ in MockResponse() }
        let error = await #expect(throws: HTTPError.self) { try await Self.run(mock, Broken()).send(Self.get()) }
        guard case .middleware(is TransportError) = error?.kind else {
            Issue.record("not a middleware error: \(String(describing: error))")
            return
        }
        #expect(mock.sent.isEmpty)
    }
}
