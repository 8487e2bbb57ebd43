import Testing
import TransportCore

@testable import TernCore

@Suite struct CookieRuleTests {
    static let now: Int64 = 1_800_000_000

    /// What a request for `to` carries after a response from `from` has set `lines`.
    static func carried(
        _ lines: [String], from: String = "https://www.example.com/a/b", to: String? = nil, after seconds: Int64 = 0
    ) throws -> String? {
        let cookies = MemoryCookies()
        cookies.store(lines, from: try HTTPURL(from), at: now)
        return cookies.fieldValue(for: Request(url: try HTTPURL(to ?? from)), at: now + seconds)
    }

    @Test("a cookie without Domain goes to its host only (RFC 6265 §5.3 step 6)")
    func hostOnly() throws {
        #expect(try Self.carried(["a=1"]) == "a=1")
        #expect(try Self.carried(["a=1"], to: "https://sub.www.example.com/a/") == nil)
        #expect(try Self.carried(["a=1"], to: "https://example.com/a/") == nil)
    }

    @Test(
        "a cookie with Domain goes to that host and those below it (RFC 6265 §5.1.3)",
        arguments: ["example.com", ".example.com", "EXAMPLE.com", " example.com "])
    func domain(domain: String) throws {
        let line = "a=1; Domain=\(domain); Path=/"
        for host in ["www.example.com", "example.com", "x.y.example.com"] {
            #expect(try Self.carried([line], to: "https://\(host)/") == "a=1")
        }
        for host in ["notexample.com", "example.org", "com"] {
            #expect(try Self.carried([line], to: "https://\(host)/") == nil)
        }
    }

    @Test(
        "a Domain that is not the sender's, or belongs to nobody, is refused with its cookie",
        arguments: [
            "example.org", "x.www.example.com", "com", ".com", "com.", "ample.com", "example.com.", "127.0.0.1", "..",
            "www.example.com/", "b\u{fc}cher.example",
        ])
    func foreign(domain: String) throws {
        let cookies = MemoryCookies()
        cookies.store(["a=1; Domain=\(domain)"], from: try HTTPURL("https://www.example.com/"), at: 0)
        #expect(cookies.all.isEmpty)
    }

    @Test("an international Domain is compared in its ASCII form")
    func international() throws {
        let from = "https://www.b\u{fc}cher.example/"
        #expect(try Self.carried(["a=1; Domain=B\u{fc}cher.example"], from: from) == "a=1")
        #expect(
            try Self.carried(["a=1; Domain=xn--bcher-kva.example"], from: from, to: "https://b\u{fc}cher.example/")
                == "a=1")
    }

    @Test("a host of one label, and an IP address, may name themselves, and are alone")
    func alone() throws {
        #expect(try Self.carried(["a=1; Domain=localhost"], from: "https://localhost/") == "a=1")
        #expect(
            try Self.carried(["a=1; Domain=localhost"], from: "https://localhost/", to: "https://x.localhost/") == nil)
        #expect(try Self.carried(["a=1; Domain=127.0.0.1"], from: "https://127.0.0.1/") == "a=1")
        #expect(try Self.carried(["a=1; Domain=0.0.1"], from: "https://127.0.0.1/") == nil)
        #expect(try Self.carried(["a=1"], from: "https://[::1]/", to: "https://[::1]:8443/") == "a=1")
    }

    @Test(
        "a cookie goes to its path and those below it (RFC 6265 §5.1.4)",
        arguments: [
            ("/a", "/a", true), ("/a", "/a/", true), ("/a", "/a/b", true), ("/a", "/ab", false), ("/a", "/", false),
            ("/a/", "/a/b", true), ("/a/", "/a", false), ("/", "/x/y", true), ("/a%20b", "/a%20b", true),
        ])
    func path(cookie: String, asked: String, isSent: Bool) throws {
        let value = try Self.carried(["a=1; Path=\(cookie)"], to: "https://www.example.com\(asked)?q")
        #expect(value == (isSent ? "a=1" : nil))
    }

    @Test(
        "without a usable Path it is that of the URL, up to the last slash",
        arguments: [("/x/y/z", "/x/y"), ("/x", "/"), ("/", "/"), ("/x/", "/x"), ("/x/?q=/y", "/x")])
    func defaultPath(asked: String, expected: String) throws {
        #expect(CookieScope.defaultPath(of: try HTTPURL("https://a.test\(asked)").path) == expected)
        let cookies = MemoryCookies()
        cookies.store(["a=1", "b=1; Path=z"], from: try HTTPURL("https://a.test\(asked)"), at: 0)
        #expect(cookies.all.map(\.path) == [expected, expected])
    }

    @Test("Secure is set and sent over https only; the port does not matter, and the loopback is no exception")
    func secure() throws {
        #expect(try Self.carried(["a=1; Secure"]) == "a=1")
        #expect(try Self.carried(["a=1; Secure"], to: "https://www.example.com:8443/a/") == "a=1")
        #expect(try Self.carried(["a=1; Secure"], to: "http://www.example.com/a/") == nil)
        #expect(try Self.carried(["a=1; Secure"], from: "http://localhost/", to: "https://localhost/") == nil)
        #expect(try Self.carried(["a=1"], from: "http://a.test/", to: "https://a.test/") == "a=1")
    }

    @Test("over http nobody overwrites or hides a secure cookie")
    func secureStays() throws {
        let cookies = MemoryCookies()
        let (https, http) = (try HTTPURL("https://www.example.com/a/"), try HTTPURL("http://www.example.com/a/"))
        cookies.store(["a=good; Secure; Path=/a; Domain=example.com"], from: https, at: 0)
        cookies.store(["a=bad; Path=/a; Domain=example.com", "a=bad; Path=/a/b", "a=bad"], from: http, at: 0)
        #expect(cookies.fieldValue(for: Request(url: https), at: 0) == "a=good")
        cookies.store(["a=other; Path=/c", "b=fine"], from: http, at: 0)
        #expect(cookies.all.map(\.value) == ["good", "other", "fine"])
    }

    @Test(
        "names with a prefix keep what they promise (RFC 6265bis §4.1.3)",
        arguments: [
            ("__Secure-a=1; Secure", true), ("__Secure-a=1", false), ("__secure-a=1", false),
            ("__Host-a=1; Secure; Path=/", true), ("__Host-a=1; Secure", false), ("__Host-a=1; Path=/", false),
            ("__Host-a=1; Secure; Path=/a", false), ("__Host-a=1; Secure; Path=/; Domain=www.example.com", false),
            ("__HOST-a=1; Secure; Path=/x", false), ("__Hosta=1", true),
        ])
    func prefixes(line: String, isTaken: Bool) throws {
        #expect(try (Self.carried([line]) != nil) == isTaken)
    }

    static let ends: [(attribute: String, after: Int64, isSent: Bool)] = [
        ("Max-Age=10", 9, true), ("Max-Age=10", 10, false), ("Max-Age=0", 0, false), ("Max-Age=-1", 0, false),
        ("Max-Age=x", 1_000_000, true), ("Max-Age=", 1_000_000, true),
        ("Max-Age=99999999999999999999", 34_559_999, true),
        ("Max-Age=99999999999999999999", 34_560_000, false),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", 34_560_000, false),
        ("Max-Age=-99999999999999999999", 0, false),
        ("Expires=Fri, 15 Jan 2027 08:00:10 GMT", 9, true), ("Expires=Fri, 15 Jan 2027 08:00:10 GMT", 10, false),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=10", 9, true),
        ("Max-Age=10; Expires=Fri, 01 Jan 2100 00:00:00 GMT", 10, false), ("Expires=never", 1_099_511_627_776, true),
    ]

    @Test("Max-Age wins over Expires, and both over nothing; the end is no later than in 400 days", arguments: ends)
    func expiry(attribute: String, after: Int64, isSent: Bool) throws {
        #expect(try Self.carried(["a=1; \(attribute)"], after: after) == (isSent ? "a=1" : nil))
    }

    @Test("what has ended is removed by being set again with an end in the past")
    func removes() throws {
        let cookies = MemoryCookies()
        let url = try HTTPURL("https://a.test/")
        cookies.store(["a=1", "b=2"], from: url, at: 0)
        cookies.store(["a=; Max-Age=0"], from: url, at: 0)
        #expect(cookies.all.map(\.name) == ["b"])
    }

    @Test("longer paths come first, then older cookies, and overwriting keeps the age (RFC 6265 §5.3, §5.4)")
    func order() throws {
        let cookies = MemoryCookies()
        let url = try HTTPURL("https://a.test/x/y")
        cookies.store(["a=1; Path=/", "b=1; Path=/", "c=1; Path=/x", "d=1; Path=/x/y"], from: url, at: 0)
        cookies.store(["a=2; Path=/"], from: url, at: 0)
        #expect(cookies.fieldValue(for: Request(url: url), at: 0) == "d=1; c=1; a=2; b=1")
    }

    @Test("attributes are kept, without regard to case, the last one counting")
    func attributes() throws {
        let cookies = MemoryCookies()
        cookies.store(
            ["a=\"b c\"; SAMESITE=Lax; httponly; sameSite=Strict; Max-Age=5; max-age=7; Flavour=x"],
            from: try HTTPURL("https://a.test/p/q"), at: 100)
        #expect(
            cookies.all == [
                Cookie("a", "\"b c\"", domain: "a.test", path: "/p", isHTTPOnly: true, sameSite: .strict, expiry: 107)
            ])
    }

    @Test(
        "these hold no cookie",
        arguments: [
            "", "a", "=b", " =b", ";a=b", "a\u{1}=b", "a=b\u{7f}", "a=b; x=\u{0}",
            String(repeating: "a", count: 4_096) + "=b",
        ])
    func none(line: String) { #expect(SetCookie(line) == nil) }

    @Test("4,096 bytes of name and value are taken, and an attribute of more than 1,024 is not looked at")
    func lengths() throws {
        let long = String(repeating: "v", count: 4_095)
        #expect(SetCookie("a=\(long)") != nil)
        #expect(SetCookie("ab=\(long)") == nil)
        #expect(SetCookie("a=b; Path=/\(String(repeating: "p", count: 1_024))")?.path == nil)
        #expect(SetCookie("a=b; Path=/\(String(repeating: "p", count: 1_023))")?.path != nil)
    }
}
