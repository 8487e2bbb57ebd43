import Testing
import TransportCore

@Suite struct SeamTests {
    static func route(_ change: (inout ConnectOptions) -> Void = { _ in }) throws -> Route {
        var connect = ConnectOptions()
        change(&connect)
        return Route(to: try HTTPURL("https://a.test/").origin, connect: connect)
    }

    @Test("routes are equal by what changes identity, trust or address, and by nothing else")
    func routes() throws {
        #expect(try Self.route() == Self.route())
        #expect(try Self.route().hashValue == Self.route().hashValue)
        #expect(try Self.route { $0.unixSocket = "/x" } != Self.route())
        #expect(try Self.route { $0.family = .ipv6 } != Self.route())
        #expect(try Self.route { $0.rules = AddressRules(deniesPrivate: true) } != Self.route())
        var tls = TLSOptions()
        tls.pins = [.publicKey(sha256: [UInt8](repeating: 1, count: 32))]
        #expect(try Route(to: HTTPURL("https://a.test/").origin, tls: tls) != Self.route())
    }

    @Test("what a route and a request need is refused before anything is sent, with the reason")
    func capabilities() throws {
        let able = Capabilities(features: [.http1, .tls], gaps: [.init(.unixSocket, "the mock has no sockets")])
        try able.check(Exchange(Request(url: HTTPURL("https://a.test/")), over: Self.route()))
        let exchange = Exchange(
            Request(url: try HTTPURL("https://a.test/")), over: try Self.route { $0.unixSocket = "/x" })
        let error = #expect(throws: TransportError.self) { try able.check(exchange) }
        #expect(error?.code == .unsupported)
        #expect(error?.retrySafety == .notSent)
        #expect(error?.message.contains("the mock has no sockets") == true)
    }

    @Test("options are shared until one is changed")
    func options() {
        let first = ExchangeOptions()
        var second = first
        second.timeouts.total = .seconds(1)
        #expect(first.timeouts.total == nil)
        #expect(first != second)
        second.timeouts.total = nil
        #expect(first == second)
    }

    @Test("a request is a value")
    func request() throws {
        let first = Request(url: try HTTPURL("https://u:p@a.test/x?y#z"))
        var second = first
        second.fields[.accept] = "*/*"
        #expect(first.fields.isEmpty)
        #expect(first.target == "/x?y")
        #expect(!first.description.contains("p@"))
    }

    @Test("address rules refuse what is denied unless it is allowed, and nothing by default")
    func rules() throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let block = try #require(AddressBlock("127.0.0.0/8"))
        #expect(AddressRules().allows(loopback))
        #expect(!AddressRules(denied: [block]).allows(loopback))
        #expect(!AddressRules(deniesPrivate: true).allows(loopback))
        #expect(AddressRules(allowed: [block], deniesPrivate: true).allows(loopback))
    }

    @Test("neither a proxy nor an identity shows its secrets")
    func secrets() {
        let proxy = ProxyOptions(
            .http, host: "p.test", port: 3128, credentials: Credentials(user: "u", password: "secret"))
        #expect(proxy.description == "http://p.test:3128")
        let identity = ClientIdentity(certificates: .file("a.pem"), key: .pem([1]), password: "secret")
        #expect(!identity.description.contains("secret"))
    }
}
