import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite("limits of cookies, and cookies of calls")
struct CookieLimitTests {
    @Test("10,000 cookies leave no more than the limits, the newest among them, and a field that servers take")
    func flood() throws {
        let cookies = MemoryCookies()
        for host in 0..<100 {
            let url = try HTTPURL("https://h\(host).example.com/")
            cookies.store((0..<100).map { "n\($0)=\(host)" }, from: url, at: 0)
        }
        #expect((2_700...3_000).contains(cookies.count))
        #expect(cookies.value(of: "n99", for: try HTTPURL("https://h99.example.com/"), at: 0) == "99")
        let one = try HTTPURL("https://one.example.com/")
        cookies.store((0..<10_000).map { "n\($0)=v" }, from: one, at: 0)
        #expect(cookies.cookies(for: one, at: 0).count == 180)
        let big = MemoryCookies()
        big.store((0..<180).map { "n\($0)=\(String(repeating: "x", count: 1_000))" }, from: one, at: 0)
        let field = try #require(big.fieldValue(for: Request(url: one), at: 0))
        #expect(field.utf8.count <= 16 * 1024 && field.hasPrefix("n0="))
    }

    @Test("cookies that are not secure make room before those that are (RFC 6265bis §5.7)")
    func eviction() throws {
        var limits = CookieLimits()
        limits.perDomain = 3
        let cookies = MemoryCookies(limits: limits)
        let url = try HTTPURL("https://a.example.com/")
        cookies.store(["s=1; Secure", "a=1", "b=1", "c=1"], from: url, at: 0)
        #expect(cookies.all.map(\.name) == ["s", "b", "c"])
    }

    @Test(
        "a cookie for a public suffix is refused, and for a domain below one is not",
        arguments: [
            ("https://shop.co.uk/", "co.uk", false), ("https://a.shop.co.uk/", "shop.co.uk", true),
            ("https://me.github.io/", "github.io", false), ("https://a.b.example.com/", "com", false),
        ])
    func publicSuffix(url: String, domain: String, isTaken: Bool) throws {
        let cookies = MemoryCookies()
        cookies.store(["a=1; Domain=\(domain)"], from: try HTTPURL(url), at: 0)
        #expect(cookies.isEmpty != isTaken)
    }

    @Test(
        "absurd dates end no later than in 400 days, or at once, and never trap",
        arguments: [
            ("Expires=Thu, 99 Foo 99999999 99:99:99 GMT", true), ("Expires=Mon, 01 Jan 1601 00:00:00 GMT", false),
            ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", true), ("Max-Age=-9223372036854775808", false),
            ("Max-Age=9223372036854775807", true), ("Expires=\u{0661}", true),
        ])
    func absurdDates(attribute: String, isTaken: Bool) throws {
        let cookies = MemoryCookies()
        let now: Int64 = 1_800_000_000
        cookies.store(["a=1; \(attribute)"], from: try HTTPURL("https://a.test/"), at: now)
        #expect(cookies.isEmpty != isTaken)
        if let end = cookies.all.first?.expiry { #expect(end <= now + 400 * 86_400) }
    }

    @Test("cookies of a call go with it, before those that are kept, and are not kept")
    func callCookies() async throws {
        let mock = MockTransport { _ in MockResponse() }
        let session = Session(transport: mock)
        let kept = MemoryCookies()
        kept.set(Cookie("a", "kept", domain: "a.test"))
        kept.set(Cookie("b", "kept", domain: "a.test"))
        session.cookies = kept
        _ = try await session.get("https://a.test/") { $0.callCookies = ["a": "own", "c": "1"] }
        _ = try await session.get("https://a.test/")
        #expect(mock.sent.map { $0.request.fields[values: .cookie] } == [["a=own; c=1; b=kept"], ["a=kept; b=kept"]])
    }

    @Test("cookies of a call do not follow a redirect to another origin")
    func callCookiesStay() async throws {
        let mock = MockTransport([.redirect(to: "/b"), .redirect(to: "https://b.test/"), MockResponse()])
        _ = try await Session(transport: mock).get("https://a.test/") { $0.callCookies = ["a": "1"] }
        #expect(mock.sent.map { $0.request.fields[values: .cookie] } == [["a=1"], ["a=1"], []])
    }

    @Test(
        "a cookie of a call cannot inject fields or other cookies",
        arguments: [
            ("a", "1\r\nX: y"), ("a", "1; b=2"), ("a;b", "1"), ("a=b", "1"), ("", "1"), (" a", "1"), ("a", "\0"),
            ("a\n", "1"), ("a,b", "1"),
        ])
    func injection(name: String, value: String) async throws {
        let mock = MockTransport { _ in MockResponse() }
        let error = await #expect(throws: HTTPError.self) {
            try await Session(transport: mock).get("https://a.test/") { $0.callCookies = [name: value] }
        }
        guard case .input(let reason) = error?.kind else { throw try #require(error) }
        #expect(reason is InvalidCookie && !"\(reason)".contains("X: y"))
        #expect(mock.sent.isEmpty)
    }

    @Test("without allowsIncomingCookies nothing is stored, and what is there is sent")
    func incoming() async throws {
        let mock = MockTransport { _ in MockResponse(.ok, fields: [.setCookie: "new=1"]) }
        let kept = MemoryCookies()
        kept.set(Cookie("a", "1", domain: "a.test"))
        let session = Session(transport: mock)
        session.configure {
            $0.cookies = kept
            $0.allowsIncomingCookies = false
        }
        let response = try await session.get("https://a.test/")
        #expect(kept.all.map(\.name) == ["a"])
        #expect(mock.sent.first?.request.fields[.cookie] == "a=1")
        #expect(response.cookies(at: 0).map(\.name) == ["new"])
    }

    @Test("a hundred tasks store and send at once, and nothing is lost")
    func concurrent() async throws {
        let cookies = MemoryCookies()
        let url = try HTTPURL("https://a.test/")
        await withTaskGroup { group in
            for number in 0..<100 {
                group.addTask {
                    cookies.store(["n\(number)=v"], from: url, at: 0)
                    _ = cookies.fieldValue(for: Request(url: url), at: 0)
                }
            }
        }
        #expect(cookies.count == 100)
    }
}
