import Foundation
import Testing
import TransportCore

@testable import TernCore

/// Rows of other clients' tests: Go's golang.org/x/net/http/httpproxy, requests, and httpx. Run where the environment
/// names the folder.
@Suite(.enabled(if: ProxyTables.folder != nil, "the folder of public test vectors is not named by TERN_SUITES"))
struct ProxyTableTests {
    struct Use: Decodable {
        var host: String
        var match: Bool
    }
    struct Choice: Decodable {
        struct Configuration: Decodable {
            var CGI: Bool
            var HTTPProxy: String
            var HTTPSProxy: String
            var NoProxy: String
        }
        var cfg: Configuration
        var req: String
        var want: String
    }
    struct Go: Decodable {
        var UseProxyTests: [Use]
        var proxyForURLTests: [Choice]
    }

    static let goList =
        "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, "
        + "10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64"

    @Test("Go's rows of no_proxy, as Go reads it")
    func goUse() throws {
        let table = try JSONDecoder().decode(Go.self, from: ProxyTables.data("go-xnet-httpproxy.json"))
        #expect(table.UseProxyTests.count == 27)
        let environment = ProxyEnvironment(Environment(["http_proxy": "p", "no_proxy": Self.goList]), reading: .go)
        for row in table.UseProxyTests {
            #expect((environment.text(for: try HTTPURL("http://\(row.host):80/")) != nil) == row.match, "\(row.host)")
        }
    }

    /// Where Go's rows cannot hold here.
    static let differences = [
        "foo://host": "a kind of proxy that nobody here speaks is an error, and no proxy",
        "http://[1000::%25.example.com]:123": "a zone that is no zone makes no URL",
        "ftp://insecure.tld/": "ftp makes no URL",
    ]

    @Test("Go's rows of proxies by URL, as Go reads them")
    func goChoice() throws {
        let table = try JSONDecoder().decode(Go.self, from: ProxyTables.data("go-xnet-httpproxy.json"))
        #expect(table.proxyForURLTests.count == 26)
        for row in table.proxyForURLTests {
            guard Self.differences[row.cfg.HTTPProxy] == nil, Self.differences[row.req] == nil else { continue }
            var variables = [
                "HTTP_PROXY": row.cfg.HTTPProxy, "HTTPS_PROXY": row.cfg.HTTPSProxy, "NO_PROXY": row.cfg.NoProxy,
            ]
            if row.cfg.CGI { variables["REQUEST_METHOD"] = "GET" }
            let url = try HTTPURL(row.req.isEmpty ? "http://example.com" : row.req)
            let proxy = try ProxyEnvironment(Environment(variables), reading: .go).proxy(for: url)
            let wanted = row.want == "<nil>" ? nil : try ProxyOptions(row.want)
            #expect(proxy == wanted, "\(row.req) \(row.cfg)")
        }
    }

    @Test("httpx's rows of the environment")
    func httpx() throws {
        let rows = try ProxyTables.rows("httpx", "test_proxies_environ")
        #expect(rows.count == 17)
        for row in rows {
            guard let url = row[0] as? String, let variables = row[1] as? [String: String] else { continue }
            let proxy = try ProxyEnvironment(Environment(variables)).proxy(for: try HTTPURL(url))
            #expect(proxy == (try (row[2] as? String).map { try ProxyOptions($0) }), "\(row)")
        }
    }

    static let requestsLists = [
        "test_should_bypass_proxies_no_proxy":
            "192.168.0.0/24,127.0.0.1,localhost.localdomain,172.16.1.1",
        "test_should_bypass_proxies":
            "192.168.0.0/24,127.0.0.1,localhost.localdomain,172.16.1.1, google.com:6000",
        "test_should_bypass_proxies_no_proxy_domain_boundary": "localhost,anotherdomain.com,newdomain.com:1234,.d.o.t",
    ]

    @Test("requests' rows of no_proxy", arguments: requestsLists.keys.sorted())
    func requests(test: String) throws {
        let rows = try ProxyTables.rows("requests", test)
        #expect(rows.count >= 8)
        let list = NoProxy(Self.requestsLists[test] ?? "")
        for row in rows {
            // A file is no URL here.
            guard let text = row[0] as? String, let url = try? HTTPURL(text) else { continue }
            #expect(list.contains(url) == row[1] as? Bool, "\(text)")
        }
    }

    @Test("requests' rows of variables that name a proxy and certificates")
    func variables() throws {
        for row in try ProxyTables.rows("requests", "test_proxy_env_vars_override_default") {
            guard let name = row[0] as? String, let url = row[1] as? String, let text = row[2] as? String else {
                continue
            }
            let proxy = try ProxyEnvironment(Environment([name: text])).proxy(for: try HTTPURL(url))
            #expect(proxy == (try ProxyOptions(text)))
        }
        let rows = try ProxyTables.rows("requests", "test_env_cert_bundles")
        #expect(rows.count == 8)
        for row in rows {
            guard let variables = row[0] as? [String: String] else { continue }
            let trust = Environment(variables).applied(to: TLSOptions()).trust
            #expect(trust == ((row[1] as? String).map { .file($0) } ?? .system), "\(row)")
        }
    }
}

enum ProxyTables {
    static let folder = ProcessInfo.processInfo.environment["TERN_SUITES"].map { "\($0)/tables" }

    static func data(_ file: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(folder ?? "")/\(file)"))
    }

    /// The rows of one test of a client.
    static func rows(_ client: String, _ test: String) throws -> [[Any]] {
        // Halves of surrogate pairs, which other rows have, are no JSON.
        let text = String(decoding: try data("python-clients.json"), as: UTF8.self)
            .replacing(/(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|\\ud[89a-f][0-9a-f]{2}/.ignoresCase()) { match in
                match.output.1.map(String.init) ?? "\\ufffd"
            }
        let all = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]]
        let entry = all?[client]?.first { $0["test"] as? String == test }
        return entry?["cases"] as? [[Any]] ?? []
    }
}
