import Testing

@testable import Names

@Suite("URLs")
struct HTTPURLTests {
    @Test("the parts of a URL come out one by one")
    func parts() throws {
        let url = try HTTPURL("https://us%65r:p%40ss@Example.ORG:8443/a/b%2fc?x=1&y#frag")
        #expect(url.scheme == .https)
        #expect(url.host == "example.org")
        #expect(url.port == 8443)
        #expect(url.explicitPort == 8443)
        #expect(url.path == "/a/b%2fc")
        #expect(url.query == "x=1&y")
        #expect(url.fragment == "frag")
        #expect(url.credentials?.user == "user")
        #expect(url.credentials?.password == "p@ss")
        #expect(url.authority == "example.org:8443")
        #expect(url.target == "/a/b%2fc?x=1&y")
        #expect(url.origin.description == "https://example.org:8443")
        #expect(url.absoluteString == "https://example.org:8443/a/b%2fc?x=1&y#frag")
    }

    @Test(
        "a URL takes its normal form",
        arguments: [
            ("http://a", "http://a/"), ("HTTP://A", "http://a/"), ("hTTps://A?", "https://a/?"),
            ("http://a#", "http://a/#"),
            ("  http://a/  ", "http://a/"), ("http://a:80/", "http://a/"), ("https://a:443", "https://a/"),
            ("http://a:443", "http://a:443/"), ("http://a:/x", "http://a/x"), ("http://a:0080/", "http://a/"),
            ("http://a:08080/", "http://a:8080/"), ("http://a.:80/", "http://a./"), ("http://a_b/", "http://a_b/"),
            ("http://a//b", "http://a//b"), ("http://a/b/../c", "http://a/c"), ("http://a/../..", "http://a/"),
            ("http://a/b/.", "http://a/b/"), ("http://a/b/..", "http://a/"),
            ("http://a/.b/..c/...", "http://a/.b/..c/..."),
            ("http://a//../b", "http://a/b"), ("http://a/b//..", "http://a/b/"),
            ("http://a/%2e%2E/b", "http://a/%2e%2E/b"),
            ("http://a/b c", "http://a/b%20c"), ("http://a?b c", "http://a/?b%20c"),
            ("http://a#b c", "http://a/#b%20c"),
            ("http://a/ü?ü#ü", "http://a/%C3%BC?%C3%BC#%C3%BC"), ("http://a/%c3%BC", "http://a/%c3%BC"),
            ("http://a/50%", "http://a/50%25"), ("http://a/%zz%4", "http://a/%25zz%254"),
            ("http://a/?%p", "http://a/?%25p"),
            ("http://a/<>\"`{}|^\\", "http://a/%3C%3E%22%60%7B%7D%7C%5E%5C"), ("http://a/[x]?[y]", "http://a/[x]?[y]"),
            ("http://a/!$&'()*+,;=:@-._~", "http://a/!$&'()*+,;=:@-._~"), ("http://a/?/?:@", "http://a/?/?:@"),
            ("http://a/#x#y", "http://a/#x%23y"), ("http://a?x#y?z", "http://a/?x#y?z"),
            ("http://a/x?y/../z", "http://a/x?y/../z"),
            ("http://127.0.0.1", "http://127.0.0.1/"), ("http://[::1]:8080", "http://[::1]:8080/"),
            ("http://[2001:DB8:0::1]/", "http://[2001:db8::1]/"),
            ("http://[::ffff:192.0.2.1]", "http://[::ffff:192.0.2.1]/"),
            ("http://1.2.3.4.example", "http://1.2.3.4.example/"), ("http://0x.example", "http://0x.example/"),
            ("http://xn--n3h.net/", "http://xn--n3h.net/"), ("http://STRAßE.de", "http://xn--strae-oqa.de/"),
            ("http://Königsgäßchen.de/straße", "http://xn--knigsgchen-b4a3dun.de/stra%C3%9Fe"),
            ("http://ジェーピーニック.jp", "http://xn--hckqz9bzb1cyrb.jp/"),
            ("http://例え。テスト", "http://xn--r8jz45g.xn--zckzah/"),
            ("http://ｅｘａｍｐｌｅ．ＣＯＭ", "http://example.com/"), ("http://１２７.0.0.1", "http://127.0.0.1/"),
            ("http://@a", "http://a/"), ("http://:@a", "http://a/"), ("http://u@a", "http://a/"),
            ("http://a/@b", "http://a/@b"),
        ])
    func normalForm(given: String, expected: String) throws {
        let url = try HTTPURL(given)
        #expect(url.description == expected)
        #expect(try HTTPURL(expected).layout == url.layout, "the normal form parses to the same parts")
    }

    @Test(
        "what is no http(s) URL is refused with its reason",
        arguments: [
            ("", .emptyURL), ("   ", .emptyURL), ("foo", .missingScheme), ("/x", .missingScheme),
            ("//a/x", .missingScheme),
            ("example.com/path", .missingScheme), ("localhost:8080/x", .missingScheme),
            ("user:pw@host/", .missingScheme),
            ("://a", .missingScheme), ("1http://a", .missingScheme), ("ht tp://a", .missingScheme),
            ("ftp://x", .unsupportedScheme("ftp")), ("FILE:///x", .unsupportedScheme("file")),
            ("javascript:alert(1)", .unsupportedScheme("javascript")),
            ("http+unix://%2Fx/", .unsupportedScheme("http+unix")),
            ("http:", .missingHost), ("http:/", .missingHost), ("http://", .missingHost), ("http:///x", .missingHost),
            ("http:a", .missingHost), ("http:/a", .missingHost), ("http:\\\\a", .missingHost),
            ("http://?x", .missingHost),
            ("http://:80", .missingHost), ("http://u@", .missingHost), ("http://u:p@:80/", .missingHost),
            ("http://a:0", .invalidPort), ("http://a:65536", .invalidPort), ("http://a:x", .invalidPort),
            ("http://a:-1", .invalidPort), ("http://a:+1", .invalidPort),
            ("http://a: 80", .invalidPort), ("http://a:8０", .invalidPort),
            ("http://a:99999999999999999999999", .invalidPort),
            ("http://a@b@c", .invalidUserinfo), ("http://u%@a", .invalidUserinfo), ("http://u%0a:@a", .invalidUserinfo),
            ("http://u:%00@a", .invalidUserinfo), ("http://u:%ff@a", .invalidUserinfo),
            ("http://a\\@b", .invalidUserinfo),
            ("http://a/\u{0}", .controlCharacter(offset: 9)), ("http://a\tb", .controlCharacter(offset: 8)),
            ("http://a/\r\nX: y", .controlCharacter(offset: 9)), ("\nhttp://a", .controlCharacter(offset: 0)),
            ("http://a#\u{7F}", .controlCharacter(offset: 9)), ("http://ü\u{1}", .controlCharacter(offset: 9)),
        ] as [(String, HTTPURLError.Reason)])
    func refused(given: String, reason: HTTPURLError.Reason) {
        let error = #expect(throws: HTTPURLError.self) { try HTTPURL(given) }
        #expect(error?.reason == reason)
    }

    @Test(
        "what is no host is refused",
        arguments: [
            "a b", "a%41", "%65xample", "a\\b", "*", "*.google.com", ".", ".a", "a..b", "a,b", "a<b", "a|b", "a^b",
            "a`b",
            "[", "[]", "]", "[::1", "::1]", "[::1]x", "[1.2.3.4]", "[::1%25eth0]", "[::1%eth0]", "[v1.x]", "a[::1]",
            "1", "1.2.3", "0x7f.1", "0x7f000001", "0177.0.0.1", "1.2.3.256", "127.0.0.1.", "1.2.3.4.5", "a.1",
            "4294967296",
            "☃.net", "a℀b", "％４１", "\u{202E}a", "\u{200B}\u{2060}\u{AD}", "::1", "1:2:3:4", "a:80:", "xn--a.ß",
            "a\u{FFFD}",
            String(repeating: "a", count: 64), String(repeating: "a.", count: 127) + "b",
            String(repeating: "ü", count: 700),
        ])
    func hostRefused(host: String) {
        let error = #expect(throws: HTTPURLError.self) { try HTTPURL("http://\(host)/") }
        guard case .invalidHost = error?.reason else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test("the longest labels and names are accepted")
    func longest() throws {
        #expect(throws: Never.self) { try HTTPURL("http://\(String(repeating: "a", count: 63))/") }
        let name = String(repeating: "a.", count: 126) + "b"
        #expect(try HTTPURL("http://\(name)").host == name)
        #expect(try HTTPURL("http://\(name).:1/").host == name + ".")
    }

    @Test("a URL longer than the limit is refused, also if encoding made it so")
    func tooLong() throws {
        let room = HTTPURL.maximumLength - "http://a/".utf8.count
        #expect(try HTTPURL("http://a/" + String(repeating: "b", count: room)).path.utf8.count == room + 1)
        #expect(throws: HTTPURLError.self) { try HTTPURL("http://a/" + String(repeating: "b", count: room + 1)) }
        let error = #expect(throws: HTTPURLError.self) {
            try HTTPURL("http://a/" + String(repeating: "ü", count: room / 2))
        }
        #expect(error?.reason == .tooLong(9 + room / 2 * 6))
        #expect((error?.description.count ?? 0) < 400)
        #expect(throws: HTTPURLError.self) {
            try HTTPURL("http://a").appending(path: String(repeating: "b", count: room + 1))
        }
        #expect(throws: HTTPURLError.self) {
            try HTTPURL("http://a/").appending(query: [("b", String(repeating: "c", count: room))])
        }
    }

    @Test("the path stays as it is if asked to")
    func pathAsIs() throws {
        #expect(try HTTPURL("http://a/b/../c/./d/..", pathAsIs: true).target == "/b/../c/./d/..")
        #expect(try HTTPURL("http://a", pathAsIs: true).target == "/")
        #expect(try HTTPURL("http://a/x").resolving("/../y", pathAsIs: true).path == "/../y")
        #expect(try HTTPURL("http://a/x/z").resolving("../y", pathAsIs: true).path == "/x/../y")
    }

    @Test("the kind of the host is known")
    func hostKinds() throws {
        let name = try HTTPURL("http://localhost/")
        #expect(!name.isIPv6 && !name.isIPLiteral && name.ipAddress == nil)
        let four = try HTTPURL("http://127.0.0.1:81/")
        #expect(!four.isIPv6 && four.isIPLiteral && four.ipAddress == IPAddress("127.0.0.1"))
        let six = try HTTPURL("https://[0:0::1]:81/")
        #expect(six.isIPv6 && six.isIPLiteral && six.ipAddress == IPAddress("::1"))
        #expect(six.host == "::1")
        #expect(six.authority == "[::1]:81")
        #expect(six.origin.description == "https://[::1]:81")
    }

    @Test("a query or fragment that is empty is not one that is absent")
    func emptyParts() throws {
        #expect(try HTTPURL("http://a/").query == nil)
        #expect(try HTTPURL("http://a/?").query == "")
        #expect(try HTTPURL("http://a/?").target == "/?")
        #expect(try HTTPURL("http://a/").fragment == nil)
        #expect(try HTTPURL("http://a/#").fragment == "")
    }

    @Test("the default port is no difference, the fragment is one")
    func equality() throws {
        #expect(try HTTPURL("http://A:80") == HTTPURL("http://u:p@a/"))
        #expect(try HTTPURL("http://a/").hashValue == HTTPURL("http://u:p@a:80").hashValue)
        #expect(try HTTPURL("http://a/#x") != HTTPURL("http://a/"))
        #expect(try HTTPURL("http://a/").origin == HTTPURL("http://a:80/x").origin)
        #expect(try HTTPURL("http://a/").origin != HTTPURL("https://a:80/").origin)
    }
}
