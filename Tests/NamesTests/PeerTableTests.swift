import Foundation
import Testing

@testable import Names

/// Rows from the tests of other clients: Go (BSD-3), requests (Apache-2), httpx (BSD-3), urllib3.future (MIT).
@Suite("URLs of other clients", .enabled(if: Suites.folder != nil, "TERN_SUITES names no folder of public vectors"))
struct PeerTableTests {
    /// The cases of one table of the Python clients.
    private func cases(_ client: String, _ test: String) throws -> [[Any]] {
        let clients = try #require(Suites.json("tables/python-clients.json") as? [String: [[String: Any]]])
        let table = try #require(clients[client]?.first { $0["test"] as? String == test })
        return try #require(table["cases"] as? [Any]).compactMap { $0 as? [Any] }
    }

    @Test("Go: references resolve the same")
    func goReferences() throws {
        let tables = try #require(Suites.json("tables/go-net_url-url.json") as? [String: [[String: Any]]])
        var compared = 0
        for row in try #require(tables["resolveReferenceTests"]) {
            guard let base = (row["base"] as? String).flatMap({ try? HTTPURL($0) }),
                let reference = row["rel"] as? String,
                let expected = (row["expected"] as? String).flatMap({ try? HTTPURL($0) })
            else { continue }
            compared += 1
            #expect(try base.resolving(reference) == expected, "\(base) \(reference)")
        }
        #expect(compared == 86)
    }

    @Test("Go: what it takes for a request we take, but for zones of IPv6 and relative references")
    func goRequests() throws {
        let tables = try #require(Suites.json("tables/go-net_url-url.json") as? [String: [[String: Any]]])
        var refused: [String] = []
        for row in try #require(tables["parseRequestURLTests"]) {
            guard let text = row["url"] as? String, let valid = row["expectedValid"] as? Bool else { continue }
            let url = try? HTTPURL(text)
            if !valid, url != nil { #expect(text.hasPrefix(" "), "we alone accept \(text)") }
            if valid, url == nil { refused.append(text) }
        }
        #expect(refused.allSatisfy { $0.contains("%25") || !$0.hasPrefix("http") }, "\(refused)")
    }

    @Test("requests: URLs are prepared the same, and bad ones refused")
    func requestsPreparing() throws {
        for row in try cases("requests", "test_preparing_url") {
            guard let given = row[0] as? String, let expected = row[1] as? String else { continue }
            #expect(try HTTPURL(given) == HTTPURL(expected))  // they keep the zeros of an IPv6 address
        }
        for given in ["http://*.google.com", "http://*", "http://☃.net/"] {  // test_preparing_bad_url
            #expect(throws: HTTPURLError.self) { try HTTPURL(given) }
        }
    }

    @Test("requests: user and password are decoded the same, and parameters put before the fragment")
    func requestsParts() throws {
        for row in try cases("requests", "test_get_auth_from_url") {
            guard let given = row[0] as? String, let expected = row[1] as? [String] else { continue }
            let credentials = try HTTPURL(given).credentials
            #expect([credentials?.user ?? "", credentials?.password ?? ""] == expected, "\(given)")
        }
        for row in try cases("requests", "test_params_are_added_before_fragment") {
            guard let given = row[0] as? String, let expected = row[1] as? String else { continue }
            #expect(try HTTPURL(given).appending(query: [("a", "b")]).absoluteString == expected)
        }
    }

    @Test("httpx: international names and targets come out the same")
    func httpx() throws {
        for row in try cases("httpx", "test_idna_url") {
            guard let given = row[0] as? String, let raw = (row[3] as? [String: String])?["$bytes"] else { continue }
            let url = try HTTPURL(given)
            #expect(url.host == raw)
            #expect(url.explicitPort == row[5] as? Int)
        }
        for row in try cases("httpx", "test_path_query_fragment") {
            guard let given = row[0] as? String, let raw = (row[1] as? [String: String])?["$bytes"] else { continue }
            #expect(try HTTPURL(given).target == raw)
        }
    }

    @Test("urllib3.future: host and port come out the same")
    func urllib3() throws {
        var compared = 0
        for row in try cases("urllib3.future", "test_scheme_host_port") {
            guard let given = row[0] as? String, let parts = row[1] as? [Any], let url = try? HTTPURL(given) else {
                continue
            }
            compared += 1
            #expect(try HTTPURL("http://\(parts[1])/").host == url.host, "\(given)")
            if let port = parts[2] as? Int { #expect(url.port == port, "\(given)") }
        }
        #expect(compared == 36)
    }
}
