import Testing

@testable import Names

@Suite("References")
struct HTTPURLResolvingTests {
    /// RFC 3986 §5.4.1 and §5.4.2.
    @Test(
        "a reference resolves as in RFC 3986",
        arguments: [
            ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d;p?y"),
            ("g?y", "/b/c/g?y"),
            ("#s", "/b/c/d;p?q#s"), ("g#s", "/b/c/g#s"), ("g?y#s", "/b/c/g?y#s"), (";x", "/b/c/;x"),
            ("g;x", "/b/c/g;x"),
            ("g;x?y#s", "/b/c/g;x?y#s"), ("", "/b/c/d;p?q"), (".", "/b/c/"), ("./", "/b/c/"), ("..", "/b/"),
            ("../", "/b/"),
            ("../g", "/b/g"), ("../..", "/"), ("../../", "/"), ("../../g", "/g"), ("../../../g", "/g"),
            ("../../../../g", "/g"), ("/./g", "/g"), ("/../g", "/g"), ("g.", "/b/c/g."), (".g", "/b/c/.g"),
            ("g..", "/b/c/g.."), ("..g", "/b/c/..g"), ("./../g", "/b/g"), ("./g/.", "/b/c/g/"), ("g/./h", "/b/c/g/h"),
            ("g/../h", "/b/c/h"), ("g;x=1/./y", "/b/c/g;x=1/y"), ("g;x=1/../y", "/b/c/y"), ("g?y/./x", "/b/c/g?y/./x"),
            ("g?y/../x", "/b/c/g?y/../x"), ("g#s/./x", "/b/c/g#s/./x"), ("g#s/../x", "/b/c/g#s/../x"),
            ("  g  ", "/b/c/g"), ("ü", "/b/c/%C3%BC"), ("1:2", "/b/c/1:2"), ("./a:b", "/b/c/a:b"), ("?", "/b/c/d;p?"),
            ("/\\evil.example", "/%5Cevil.example"), ("\\\\evil.example", "/b/c/%5C%5Cevil.example"), ("/@b", "/@b"),
        ])
    func resolves(reference: String, expected: String) throws {
        let base = try HTTPURL("http://a/b/c/d;p?q#f")
        #expect(try base.resolving(reference).absoluteString == "http://a" + expected)
    }

    @Test("a reference with an authority or a scheme leaves the base")
    func otherAuthority() throws {
        let base = try HTTPURL("https://a:1/b?c#d")
        #expect(try base.resolving("//g").absoluteString == "https://g/")
        #expect(try base.resolving(" //G:443/x?y#z").absoluteString == "https://g/x?y#z")
        #expect(try base.resolving("HTTP://g:443?y").absoluteString == "http://g:443/?y")
    }

    @Test(
        "a reference that leads nowhere is refused with its reason",
        arguments: [
            ("javascript:alert(1)", .unsupportedScheme("javascript")), ("mailto:a@b", .unsupportedScheme("mailto")),
            ("a:b", .unsupportedScheme("a")), ("data:,x", .unsupportedScheme("data")), ("//", .missingHost),
            ("///x", .missingHost), ("http:g", .missingHost), ("http:///g", .missingHost), ("//u@", .missingHost),
            ("g\r\nSet-Cookie: x", .controlCharacter(offset: 1)), ("//a\u{0}", .controlCharacter(offset: 3)),
            ("//a:99999", .invalidPort), ("java\tscript:x", .controlCharacter(offset: 4)),
        ] as [(String, HTTPURLError.Reason)])
    func refused(reference: String, reason: HTTPURLError.Reason) {
        let error = #expect(throws: HTTPURLError.self) { try HTTPURL("https://a/b").resolving(reference) }
        #expect(error?.reason == reason)
    }

    @Test("a redirect inherits the fragment that it does not name")
    func fragment() throws {
        let earlier = try HTTPURL("http://a/#f")
        #expect(try HTTPURL("http://b/x?y").inheritingFragment(of: earlier).absoluteString == "http://b/x?y#f")
        #expect(try HTTPURL("http://b/x").inheritingFragment(of: earlier).fragment == "f")
        #expect(try HTTPURL("http://b/#").inheritingFragment(of: earlier).fragment == "")
        #expect(earlier.removingFragment().absoluteString == "http://a/")
        #expect(try HTTPURL("http://b/x").inheritingFragment(of: HTTPURL("http://a/")).fragment == nil)
    }

    @Test(
        "parameters are added after those there are and before the fragment",
        arguments: [
            ("http://a/p", "http://a/p?k=v"), ("http://a/p#f", "http://a/p?k=v#f"),
            ("http://a?x=1#f", "http://a/?x=1&k=v#f"),
            ("http://a/?", "http://a/?k=v"),
        ])
    func parameters(given: String, expected: String) throws {
        let url = try HTTPURL(given).appending(query: [("k", "v")])
        #expect(url.absoluteString == expected)
        #expect(try HTTPURL(expected).layout == url.layout)
    }

    @Test("parameters are form-encoded, and one without value is its name")
    func parameterEncoding() throws {
        let url = try HTTPURL("http://a/")
        let query = [("a b", "c&d=e+f"), ("ü", "~*-._#?/"), ("flag", nil), ("", ""), ("k", "1"), ("k", "2")]
        #expect(
            try url.appending(query: query).query
                == "a+b=c%26d%3De%2Bf&%C3%BC=%7E*-._%23%3F%2F&flag&=&k=1&k=2")
        #expect(try url.appending(query: []) == url)
    }

    @Test(
        "a path is put below that of the base",
        arguments: [
            ("http://h/api", "users", "http://h/api/users"), ("http://h/api/", "users", "http://h/api/users"),
            ("http://h/api", "/users", "http://h/api/users"), ("http://h/api/", "/users/", "http://h/api/users/"),
            ("http://h", "users", "http://h/users"), ("http://h/api", "", "http://h/api"),
            ("http://h/api/", "", "http://h/api/"),
            ("http://h/api", "?q=1", "http://h/api?q=1"), ("http://h/api?k=1", "u?q=2#f", "http://h/api/u?k=1&q=2#f"),
            ("http://h/api?k=1#f", "u", "http://h/api/u?k=1#f"),
            ("http://h/api", "//evil.example", "http://h/api//evil.example"),
            ("http://h/api", "http://evil.example/", "http://h/api/http://evil.example/"),
            ("http://h/api", "a b", "http://h/api/a%20b"),
            ("http://h/api", "#f?g", "http://h/api#f?g"),
        ])
    func below(base: String, path: String, expected: String) throws {
        #expect(try HTTPURL(base).appending(path: path).absoluteString == expected)
    }

    @Test("forms are encoded and decoded")
    func forms() {
        #expect(FormEncoding.encode([("a", "b c"), ("ü\r\n", "")]) == "a=b+c&%C3%BC%0D%0A=")
        #expect(FormEncoding.encode([]) == "")
        let decoded = FormEncoding.decode("a=b+c&&%C3%BC=x=y&flag&%zz=%ff")
        #expect(decoded.map(\.0) == ["a", "ü", "flag", "%zz"])
        #expect(decoded.map(\.1) == ["b c", "x=y", "", "\u{FFFD}"])
    }

    @Test("percent-encoding comes back, and bad encoding does not")
    func percentEncoding() {
        #expect(PercentEncoding.encode("a/b ü~") == "a%2Fb%20%C3%BC~")
        #expect(PercentEncoding.decode("a%2fb%20%C3%BC+") == "a/b ü+")
        for bad in ["%", "%4", "%zz", "%ff"] { #expect(PercentEncoding.decode(bad) == nil) }
    }
}
