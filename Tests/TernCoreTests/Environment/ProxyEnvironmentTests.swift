import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite("proxies and the environment")
struct ProxyEnvironmentTests {
    static func text(_ variables: [String: String], _ url: String) throws -> String? {
        ProxyEnvironment(Environment(variables)).text(for: try HTTPURL(url))
    }

    @Test("http_proxy, https_proxy and all_proxy, lower case before upper, and empty for none")
    func names() throws {
        #expect(try Self.text(["http_proxy": "a", "HTTP_PROXY": "b"], "http://x.test/") == "a")
        #expect(try Self.text(["HTTP_PROXY": "b"], "http://x.test/") == "b")
        #expect(try Self.text(["HTTPS_PROXY": "b"], "https://x.test/") == "b")
        #expect(try Self.text(["HTTP_PROXY": "b"], "https://x.test/") == nil)
        #expect(try Self.text(["all_proxy": "c"], "https://x.test/") == "c")
        #expect(try Self.text(["ALL_PROXY": "c", "http_proxy": "a"], "http://x.test/") == "a")
        #expect(try Self.text(["http_proxy": "", "HTTP_PROXY": "b", "all_proxy": "c"], "http://x.test/") == nil)
    }

    @Test("HTTP_PROXY in upper case is ignored under a web server, where a request's field could set it (httpoxy)")
    func httpoxy() throws {
        let variables = ["HTTP_PROXY": "http://evil.test", "REQUEST_METHOD": "GET"]
        #expect(try Self.text(variables, "http://x.test/") == nil)
        #expect(try Self.text(["HTTPS_PROXY": "p", "REQUEST_METHOD": "GET"], "https://x.test/") == "p")
        #expect(try Self.text(["http_proxy": "p", "REQUEST_METHOD": "GET"], "http://x.test/") == "p")
    }

    static let list =
        "example.com, .dot.test *.below.test,10.0.0.0/8,192.168.1.1:8080,[::1]:443,2001:db8::/32,"
        + "port.test:81,http://plain.test,B\u{fc}cher.test"
    static let rows: [(url: String, isExcepted: Bool)] = [
        ("http://example.com/", true), ("http://EXAMPLE.com./", true), ("http://a.example.com/", true),
        ("http://notexample.com/", false), ("http://example.com.evil.test/", false),
        ("http://dot.test/", true), ("http://a.dot.test/", true), ("http://adot.test/", false),
        ("http://below.test/", false), ("http://a.below.test/", true), ("http://10.255.0.1/", true),
        ("http://11.0.0.1/", false), ("http://192.168.1.1/", false), ("http://192.168.1.1:8080/", true),
        ("https://[::1]/", true), ("http://[::1]/", false), ("http://[2001:db8::9]/", true),
        ("http://[::ffff:10.0.0.1]/", true), ("http://port.test/", false), ("http://port.test:81/", true),
        ("http://plain.test/", true), ("https://plain.test/", false), ("http://www.xn--bcher-kva.test/", true),
        ("http://0.0.10.example/", false),
    ]

    @Test("no_proxy has a dot's boundary, ports, blocks of addresses, IPv6 and schemes", arguments: rows)
    func noProxy(url: String, isExcepted: Bool) throws {
        #expect(NoProxy(Self.list).contains(try HTTPURL(url)) == isExcepted)
    }

    @Test("a * in no_proxy means everything; what is nothing that is known means nothing")
    func star() throws {
        #expect(NoProxy("x.test,*").contains(try HTTPURL("http://[::9]/")))
        for list in ["", ",, ,", "a/b", "host:99999", "[::1", "**", "%", "10.0.0.0/99"] {
            #expect(!NoProxy(list).contains(try HTTPURL("http://a.test/")), "\(list)")
        }
    }

    static let proxies: [(text: String, shown: String)] = [
        ("proxy", "http://proxy:80"), ("proxy:3128", "http://proxy:3128"), ("http://proxy:80/path", "http://proxy:80"),
        ("https://proxy", "https://proxy:443"), ("socks5://proxy", "socks5://proxy:1080"),
        ("SOCKS5H://proxy:9", "socks5h://proxy:9"), ("socks://proxy", "socks4://proxy:1080"),
        ("http://u:p@[::1]:8080", "http://[::1]:8080"), ("[::1]", "http://[::1]:80"), (" proxy", "http://proxy:80"),
    ]

    @Test("a proxy as text", arguments: proxies)
    func proxyText(text: String, shown: String) throws {
        #expect(try "\(ProxyOptions(text))" == shown)
    }

    @Test("user and password of a proxy are decoded, and never shown")
    func proxyCredentials() throws {
        let proxy = try ProxyOptions("http://us%40er:p%3Aw@proxy")
        #expect(proxy.credentials == Credentials(user: "us@er", password: "p:w"))
        for text in ["ftp://u:secret@proxy", "http://u:secret@", "http://u:secret@a b", ""] {
            let error = #expect(throws: ProxyTextError.self) { try ProxyOptions(text) }
            #expect(error.map { !"\($0)".contains("secret") } == true)
        }
    }

    @Test("a table chooses by scheme and host, the most exact first")
    func table() throws {
        let rules = try ProxyRules.table(
            [
                "http": "p1", "https://": "p2", "https://api.test": "p3", "https://api.test:8443": "p4",
                "all://direct.test": nil, "http://direct.test": "", "all": "p5",
            ], except: "none.test")
        let expected: [(String, String?)] = [
            ("http://a.test/", "p1"), ("https://a.test/", "p2"), ("https://api.test/", "p3"),
            ("https://api.test:8443/", "p4"), ("http://direct.test/", nil), ("https://none.test/", nil),
        ]
        for (url, host) in expected { #expect(rules.select(try HTTPURL(url))?.host == host, "\(url)") }
        #expect(try ProxyRules.table(["all": "p5"]).select(try HTTPURL("https://x.test/"))?.host == "p5")
        #expect(throws: ProxyTextError.self) { try ProxyRules.table(["http": "nope://x"]) }
    }

    static func route(_ variables: [String: String], _ change: (inout SessionConfiguration) -> Void = { _ in })
        async throws -> Route
    {
        let mock = MockTransport { _ in MockResponse() }
        var configuration = SessionConfiguration()
        configuration.environment = Environment(variables)
        change(&configuration)
        _ = try await Session(transport: mock, configuration: configuration).get("http://a.test/")
        return try #require(mock.sent.first?.exchange.route)
    }

    @Test("a session heeds the environment, but for what it is configured to do, and not if it must not trust it")
    func session() async throws {
        let variables = ["http_proxy": "http://env:1"]
        #expect(try await Self.route(variables).proxy?.host == "env")
        #expect(try await Self.route(variables) { $0.trustEnvironment = false }.proxy == nil)
        #expect(try await Self.route(variables) { $0.proxies = .none }.proxy == nil)
        let own = try ProxyRules.table(["http": "own:2"])
        #expect(try await Self.route(variables) { $0.proxies = own }.proxy?.host == "own")
        #expect(try await Self.route(["http_proxy": "x", "no_proxy": "a.test"]).proxy == nil)
    }

    @Test("a variable that names no proxy is an error, and no way around the proxy")
    func faultyProxy() async throws {
        let error = await #expect(throws: HTTPError.self) {
            try await Self.route(["http_proxy": "gopher://u:secret@x"])
        }
        let text = try #require(error).description
        #expect(text.contains("gopher") && !text.contains("secret"))
        #expect(error?.transportError?.retrySafety == .notSent)
    }

    @Test("certificates and key log come from the environment where nothing else is said")
    func trust() async throws {
        let variables = ["CURL_CA_BUNDLE": "/c.pem", "REQUESTS_CA_BUNDLE": "/r.pem", "SSLKEYLOGFILE": "/k.log"]
        let tls = try await Self.route(variables).tls
        #expect(tls.trust == .file("/r.pem") && tls.keyLogFile == "/k.log")
        let own = try await Self.route(variables) {
            $0.tls.trust = .file("/own.pem")
            $0.tls.keyLogFile = "/own.log"
        }.tls
        #expect(own.trust == .file("/own.pem") && own.keyLogFile == "/own.log")
        let none = try await Self.route(variables.merging(["SSL_CERT_FILE": "/s.pem"]) { $1 }) {
            $0.trustEnvironment = false
        }.tls
        #expect(none.keyLogFile == nil)
        // The transports look at SSL_CERT_FILE by themselves: another place is named so that they do not.
        #expect(none.trust != .system && none.trust != .file("/s.pem"))
        #expect(try await Self.route(["REQUESTS_CA_BUNDLE": "/etc"]).tls.trust == .directory("/etc"))
        #expect(try await Self.route(["SSL_CERT_FILE": "/s.pem"]).tls.trust == .system)
    }
}
