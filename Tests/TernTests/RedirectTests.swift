import Tern
import TestKit
import Testing

@Suite("Session: redirects, cookies and credentials")
struct RedirectTests {
    @Test("a chain of redirects is followed and told", .requires(.nginx), arguments: Carrier.allCases)
    func chain(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let answer = try await session.get(nginx.url("/redirect/chain/4", door))
            #expect(answer.status == .ok && answer.bytes == NginxServer.pattern(1024))
            #expect(answer.url.absoluteString == nginx.url("/1k", door))
            #expect(answer.history.map(\.url.path) == (1...4).reversed().map { "/redirect/chain/\($0)" })
            #expect(answer.history.allSatisfy { $0.status == .found } && answer.attempts.count == 5)
        }
    }

    @Test("POST becomes GET after 303 and stays POST after 307", .requires(.nginx), arguments: Carrier.allCases)
    func methods(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            #expect(try await session.post(nginx.url("/redirect/303", door), .text("tern")).text == "GET")
            #expect(try await session.post(nginx.url("/redirect/307", door), .text("tern")).text == "tern")
        }
    }

    @Test("a body that cannot be read twice is not sent on", .requires(.nginx), arguments: Carrier.allCases)
    func notReplayable(_ carrier: Carrier) async throws {
        struct Once: BodyReader {
            var rest = ["tern"]
            mutating func next() async throws -> [UInt8]? { rest.popLast().map { Array($0.utf8) } }
        }
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let url = nginx.url("/redirect/307", door)
            let error = try await #require(throws: HTTPError.self) {
                try await session.post(url, .stream { Once() })
            }
            guard case .body = error.kind else {
                Issue.record("\(error)")
                continue
            }
            #expect(error.description.contains("POST \(url)"))
            let again = try await session.post(url, .stream(length: 4, replayable: true) { Once() })
            #expect(again.text == "tern" && again.history.count == 1)
        }
    }

    @Test("a cookie that a redirect sets goes with the next request", .requires(.nginx), arguments: Carrier.allCases)
    func cookie(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        #expect(try await session.get(nginx.url("/redirect/with-cookie", .tls)).text == "step=1")
        #expect(try await session.get(nginx.url("/cookies", .tls)).text == "step=1")
        session.configure { $0.cookies = nil }
        #expect(try await session.get(nginx.url("/redirect/with-cookie", .tls)).text == "")
    }

    @Test("another origin sees neither Authorization nor Cookie", .requires(.nginx), arguments: Carrier.allCases)
    func otherOrigin(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let secrets: Headers = [.authorization: "Bearer token", .cookie: "id=1"]
        let session = try carrier.session()
        let same = try await session.get(nginx.url("/credentials"), headers: secrets)
        #expect(same.text == "authorization=Bearer token cookie=id=1")
        let other = try await session.get(nginx.url("/redirect/other-origin"), headers: secrets)
        #expect(other.url.host.description == "127.0.0.1" && other.text == "authorization= cookie=")
        let authorized = session.with { $0.auth = BearerAuth(token: "token") }
        #expect(try await authorized.get(nginx.url("/credentials")).text == "authorization=Bearer token cookie=")
        let left = try await authorized.get(nginx.url("/redirect/other-origin"))
        #expect(left.text == "authorization= cookie=")
    }

    @Test("an endless redirect ends, with its history", .requires(.nginx), arguments: Carrier.allCases)
    func endless(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let url = nginx.url("/redirect/loop", door)
            let error = try await #require(throws: HTTPError.self) { try await session.get(url) }
            guard case .redirects = error.kind else {
                Issue.record("\(error)")
                continue
            }
            #expect(error.history.count == 20 && error.attempts.count == 21)
            #expect(error.description.contains("GET \(url)") && error.description.contains("20 redirects"))
            #expect(try await session.get(nginx.url("/1k", door)).status == .ok)
        }
    }

    @Test("a redirect from https to http is refused", .requires(.nginx), arguments: Carrier.allCases)
    func downgrade(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        let error = try await #require(throws: HTTPError.self) {
            try await session.get(nginx.url("/redirect/to-clear", .tls))
        }
        guard case .redirects = error.kind else {
            Issue.record("\(error)")
            return
        }
        #expect(error.description.contains(nginx.url("/credentials")))
        #expect(try await session.get(nginx.url("/1k", .tls)).status == .ok)
    }

    @Test("the right password opens, a wrong one gives the 401", .requires(.nginx), arguments: Carrier.allCases)
    func basic(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        for (door, _) in NginxServer.versions {
            let url = nginx.url("/basic", door)
            let right = try await session.get(url) { $0.auth = BasicAuth(user: "tern", password: "secret") }
            #expect(right.status == .ok && right.bytes == NginxServer.pattern(1024))
            let wrong = try await session.get(url) { $0.auth = BasicAuth(user: "tern", password: "guess") }
            #expect(wrong.status == .unauthorized && wrong.headers[.wwwAuthenticate] == #"Basic realm="tern""#)
            #expect(try await session.get(url).status == .unauthorized)
            let error = #expect(throws: HTTPError.self) { try wrong.checkStatus() }
            #expect(error?.description.contains("401") == true && error?.description.contains("guess") == false)
        }
    }

    /// Traps: 301 PUT lost its body, and GET was made of what must stay.
    @Test(
        "method and body follow from the status, as httpbin sees them", .requires(.httpbin),
        arguments: Carrier.allCases)
    func rules(_ carrier: Carrier) async throws {
        let httpbin = try await HTTPBinServer.shared()
        let session = try carrier.session()
        let rows: [(method: HTTPRequest.Method, status: Int, then: String, keepsBody: Bool)] = [
            (.put, 301, "PUT", true), (.put, 302, "PUT", true), (.put, 303, "GET", false), (.put, 307, "PUT", true),
            (.post, 301, "GET", false), (.post, 302, "GET", false), (.post, 303, "GET", false),
            (.post, 307, "POST", true), (.post, 308, "POST", true), (.patch, 301, "PATCH", true),
            (.delete, 302, "DELETE", true), (.delete, 303, "GET", false),
        ]
        for row in rows {
            let url = httpbin.url("/redirect-to?url=/anything&status_code=\(row.status)")
            let text = try await session.request(row.method, url, .text("the body")).text
            #expect(text.contains("\"method\": \"\(row.then)\""), "\(row): \(text)")
            #expect(text.contains("the body") == row.keepsBody, "\(row): \(text)")
            #expect(text.contains("text/plain") == row.keepsBody, "\(row): \(text)")
        }
    }

    /// Trap: QUERY became GET after 302 (RFC 10008 §2.5 has it stay).
    @Test("QUERY stays QUERY after 301 and 302, with its body", arguments: Carrier.allCases)
    func query(_ carrier: Carrier) async throws {
        for status in [301, 302] {
            let server = try RawServer([
                .readHead, .readBody(4),
                .send("HTTP/1.1 \(status) Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"), .readHead, .readBody(4),
                .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), .readToEnd,
            ])
            let session = try carrier.session()
            #expect(try await session.query(server.url("/a"), .text("tern")).status == .ok)
            let text = server.receivedText()
            #expect(text.contains("QUERY /a ") && text.contains("QUERY /b "))
            #expect(text.hasSuffix("\r\n\r\ntern") && text.contains("\r\n\r\nternQUERY /b "))
            server.stop()
        }
    }

    /// Trap: a custom Host went on to another origin.
    @Test(
        "a Host of one's own stays on the origin, and goes no further", .requires(.nginx), arguments: Carrier.allCases)
    func host(_ carrier: Carrier) async throws {
        let nginx = try await NginxServer.shared()
        let session = try carrier.session()
        let own: Headers = [.init("Host") ?? .from: "own.test"]
        #expect(try await session.get(nginx.url("/host"), headers: own).text == "own.test")
        let server = try RawServer([
            .readHead, .send("HTTP/1.1 302 Found\r\nLocation: \(nginx.url("/host"))\r\nContent-Length: 0\r\n\r\n"),
            .readToEnd,
        ])
        let answer = try await session.get(server.url("/"), headers: own)
        #expect(answer.text == answer.url.authority)
        server.stop()
    }
}
