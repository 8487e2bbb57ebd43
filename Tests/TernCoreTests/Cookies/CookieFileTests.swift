import Testing
import TransportCore

@testable import TernCore

@Suite("files of cookies")
struct CookieFileTests {
    static let now: Int64 = 1_800_000_000

    static func storage(_ lines: [String], from url: String = "https://www.example.com/a/") throws -> MemoryCookies {
        let cookies = MemoryCookies()
        cookies.store(lines, from: try HTTPURL(url), at: now)
        return cookies
    }

    static func loaded(_ text: String, _ brokenLines: BrokenLines = .refuse) throws -> MemoryCookies {
        let cookies = MemoryCookies()
        try cookies.load(text: Array(text.utf8), at: now, brokenLines: brokenLines)
        return cookies
    }

    @Test("what is saved comes back", arguments: [CookieFormat.netscape, .json])
    func roundTrip(format: CookieFormat) async throws {
        let file = try TemporaryFile()
        let cookies = try Self.storage([
            "host=1", "domain=2; Domain=example.com; Path=/", "secure=3; Secure; HttpOnly; Path=/x; Max-Age=100",
            "empty=", "odd=a=b\tc \"d\"; Path=/", "gone=1; Max-Age=0",
        ])
        try await cookies.save(to: file.path, format: format, at: Self.now)
        let other = MemoryCookies()
        #expect(try await other.load(from: file.path, at: Self.now) == 5)
        #expect(Set(other.all) == Set(cookies.all))
    }

    @Test("JSON keeps SameSite, which a cookies.txt cannot")
    func sameSite() throws {
        let cookies = try Self.storage(["a=1; SameSite=Lax"])
        let other = MemoryCookies()
        try other.load(text: cookies.text(.json, at: Self.now), at: Self.now)
        #expect(other.all.map(\.sameSite) == [.lax])
    }

    @Test("curl, wget, Python and exporters of browsers are understood")
    func dialects() throws {
        let text = """
            \u{feff}# Netscape HTTP Cookie File\r
            # https://curl.se/docs/http-cookies.html\r
            \r
            .example.com\tTRUE\t/\tFALSE\t1900000000\tcurl\tvalue\r
            #HttpOnly_www.example.com\tFALSE\t/\tTRUE\t0\thidden\tvalue
            localhost:8080\tFALSE\t/\tFALSE\t1900000000\twget\tvalue
            .example.com\tTRUE\t/\tFALSE\t\tpython\tvalue
            .example.com\tTRUE\t/\tFALSE\t1900000000.5\texporter\tvalue
            .example.com\tTRUE\t/\tFALSE\t-1\tsession\tvalue
            www.example.com\tFALSE\t/\tFALSE\t0\tnovalue
            127.0.0.1\tTRUE\t/\tfalse\t0\taddress\tx
            [::1]\tFALSE\t/\tFALSE\t0\tsix\tx
            .example.com\tTRUE\t/\tFALSE\t99999999999999999999999\tfar\tx
            .example.com\tTRUE\t/\tFALSE\t1700000000\told\tx
            """
        let all = try Self.loaded(text).all
        #expect(
            all.map(\.name) == [
                "curl", "hidden", "wget", "python", "exporter", "session", "novalue", "address", "six", "far",
            ])
        #expect(all.map(\.domain).prefix(3) == ["example.com", "www.example.com", "localhost"])
        #expect(all.map(\.expiry).prefix(6) == [1_900_000_000, nil, 1_900_000_000, nil, 1_900_000_000, nil])
        #expect(all[1].isHTTPOnly && all[1].isSecure && all[1].isHostOnly)
        #expect(!all[0].isHostOnly && all[7].isHostOnly)
        #expect(all[8].domain == "::1")
    }

    @Test("lines that are Set-Cookie fields are read, if they name their domain")
    func fields() throws {
        let text = """
            Set-Cookie: a=1; Domain=.example.com; Path=/x; Secure; Max-Age=10
            set-cookie: b=2; domain=www.example.com; expires=Fri, 31 Dec 2027 23:59:59 GMT
            Set-Cookie: c=3
            Set-Cookie: __Host-d=4; Domain=example.com; Secure; Path=/
            """
        let all = try Self.loaded(text, .skip).all
        #expect(all.map(\.name) == ["a", "b"])
        #expect(all[0].isSecure && !all[0].isHostOnly && all[0].path == "/x" && all[0].expiry == Self.now + 10)
        #expect(#expect(throws: CookieFileError.self) { try Self.loaded(text) }?.reason == .brokenLine(3))
    }

    static let broken: [(line: String, words: String)] = [
        ("example.com TRUE / FALSE 0 name value", "1 parts"), ("a.test\tTRUE\t/\tFALSE\t0", "5 parts"),
        ("a.test\tYES\t/\tFALSE\t0\tn\tv", "second part"), ("a.test\tTRUE\t/\tMAYBE\t0\tn\tv", "fourth part"),
        ("a.test\tTRUE\tx\tFALSE\t0\tn\tv", "path"), ("a.test\tTRUE\t/\tFALSE\tsoon\tn\tv", "seconds"),
        ("a.test\tTRUE\t/\tFALSE\t0\t\tv", "no name"), ("a/b\tTRUE\t/\tFALSE\t0\tn\tv", "domain"),
        ("a.test\tTRUE\t/\tFALSE\t0\tn\tv;x=y", "cannot carry"),
        ("a.test\tTRUE\t/\tFALSE\t0\tn\tv\u{1}", "cannot carry"),
    ]

    @Test("a broken line is an error that names it, nothing is taken, and the file stays as it is", arguments: broken)
    func brokenLine(line: String, words: String) async throws {
        let text = "# Netscape HTTP Cookie File\na.test\tTRUE\t/\tFALSE\t0\tgood\tv\n\(line)\n"
        let file = try TemporaryFile(Array(text.utf8))
        let cookies = MemoryCookies()
        let error = await #expect(throws: CookieFileError.self) { try await cookies.load(from: file.path) }
        #expect(error?.reason == .brokenLine(3))
        #expect(error?.message.contains("line 3") == true && error?.message.contains(words) == true)
        #expect(error?.path == file.path && error?.message.contains(file.path) == true)
        #expect(cookies.isEmpty)
        cookies.set(Cookie("n", "v", domain: "a.test"))
        let second = await #expect(throws: CookieFileError.self) { try await cookies.save(to: file.path) }
        #expect(second?.reason == .brokenLine(3))
        #expect(file.bytes == Array(text.utf8))
        #expect(try Self.loaded(text, .skip).all.map(\.name) == ["good"])
        try await cookies.save(to: file.path, replacesAnything: true)
        #expect(file.bytes != Array(text.utf8))
    }

    @Test(
        "JSON that is damaged or of a later version is an error, and the file stays",
        arguments: [
            (#"{"format":"tern-cookies","version":2,"cookies":[],"more":1}"#, CookieFileError.Reason.laterVersion(2)),
            (#"{"format":"tern-cookies","version":1,"cookies":[{"name":"a"#, .damaged),
            (#"{"format":"something","version":1,"cookies":[]}"#, .damaged),
            (#"{"cookies":[{"name":"a","value":"x;y","domain":"a.test"}]}"#, .damaged),
            (#"{"cookies":[{"name":"a","value":1,"domain":"a.test"}]}"#, .damaged), ("{}", .damaged),
        ])
    func damaged(text: String, reason: CookieFileError.Reason) async throws {
        let file = try TemporaryFile(Array(text.utf8))
        let cookies = MemoryCookies()
        #expect(
            await #expect(throws: CookieFileError.self) { try await cookies.load(from: file.path) }?.reason == reason)
        #expect(
            await #expect(throws: CookieFileError.self) { try await cookies.save(to: file.path, format: .json) }?.reason
                == reason)
        #expect(cookies.isEmpty && file.bytes == Array(text.utf8))
    }

    @Test("the JSON of browsers' exporters and of tools for browser tests is read")
    func exporters() throws {
        let editor = #"""
            [{"domain": ".example.com", "expirationDate": 1900000000.25, "hostOnly": false, "httpOnly": true, "name": "a",
              "path": "/", "sameSite": "no_restriction", "secure": true, "session": false, "storeId": "0", "value": "1"},
             {"domain": "www.example.com", "hostOnly": true, "name": "b", "path": "/", "sameSite": "unspecified",
              "secure": false, "session": true, "value": "2"}]
            """#
        let all = try Self.loaded(editor).all
        #expect(all.map(\.name) == ["a", "b"] && all.map(\.expiry) == [1_900_000_000, nil])
        #expect(all[0].sameSite == Cookie.SameSite.none && !all[0].isHostOnly && all[1].sameSite == nil)
        let state = #"""
            {"cookies": [{"name": "a", "value": "1", "domain": ".example.com", "path": "/", "expires": -1,
              "httpOnly": false, "secure": false, "sameSite": "Lax"}], "origins": []}
            """#
        #expect(try Self.loaded(state).all.map(\.sameSite) == [.lax])
        #expect(try Self.loaded(state).all.map(\.expiry) == [nil])
    }

    @Test("session cookies are written as curl does, and left out on request")
    func sessionCookies() throws {
        let cookies = try Self.storage(["a=1", "b=2; Max-Age=9"])
        let both = String(decoding: cookies.text(.netscape, at: Self.now), as: UTF8.self)
        #expect(both.contains("www.example.com\tFALSE\t/a\tFALSE\t0\ta\t1\n"))
        #expect(both.contains("\t\(Self.now + 9)\tb\t2\n"))
        let lasting = String(
            decoding: cookies.text(.netscape, at: Self.now, keepsSessionCookies: false), as: UTF8.self)
        #expect(!lasting.contains("\ta\t1"))
    }

    @Test("a missing file, and one that cannot be written, say so")
    func missing() async throws {
        let file = try TemporaryFile()
        let error = await #expect(throws: CookieFileError.self) { try await MemoryCookies().load(from: file.path) }
        #expect(error?.reason == .file && error?.message.contains("No such file") == true)
        let nowhere = file.folder + "/none/cookies.txt"
        #expect(
            await #expect(throws: CookieFileError.self) { try await MemoryCookies().save(to: nowhere) }?.reason == .file
        )
    }
}
