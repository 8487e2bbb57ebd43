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
}
