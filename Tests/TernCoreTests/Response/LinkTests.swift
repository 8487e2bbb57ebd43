import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite("links of responses (RFC 8288)")
struct LinkTests {
    static func links(_ values: [String]) async throws -> Links {
        let mock = MockTransport { _ in
            var response = MockResponse()
            for value in values { response.fields.append(HTTPField(name: Response.linkField, value: value)) }
            return response
        }
        return try await Session(transport: mock).get("https://a.test/x/y?z").links
    }

    @Test("references are resolved, relations found by name, several fields and links in one")
    func relations() async throws {
        let links = try await Self.links([
            #"</page/3>; rel="next last"; title="a; b, c", <https://b.test/>; rel=Prev"#, "<?q>; rel=alternate",
        ])
        #expect(links.count == 3)
        #expect(links["next"]?.url == (try HTTPURL("https://a.test/page/3")))
        #expect(links["LAST"] == links["next"])
        #expect(links["next"]?["title"] == "a; b, c")
        #expect(links["prev"]?.url == (try HTTPURL("https://b.test/")))
        #expect(links["alternate"]?.url == (try HTTPURL("https://a.test/x/y?q")))
        #expect(links["none"] == nil)
    }

    @Test("semicolons and commas within quotation marks are part of the value")
    func quoted() async throws {
        let links = try await Self.links([#"<a;b,c>; rel="x"; title="one, \"two\"; three", <d>; rel=y"#])
        #expect(links.map(\.reference) == ["a;b,c", "d"])
        #expect(links["x"]?["title"] == #"one, "two"; three"#)
    }

    @Test("a title with a charset comes before one without (RFC 8187)")
    func extended() async throws {
        let links = try await Self.links([
            "<a>; rel=x; title=plain; title*=UTF-8'de'n%c3%a4chstes, <b>; rel=y; title*=UTF-8''%zz; title=kept",
            "<c>; rel=z; title*=iso-8859-1''%e9",
        ])
        #expect(links["x"]?["title"] == "nächstes")
        #expect(links["y"]?["title"] == "kept")
        #expect(links["z"]?["title"] == "é")
    }

    @Test("only the first rel counts, URLs of relations keep their case, hreflang may repeat")
    func parameters() async throws {
        let links = try await Self.links([
            "<a>; rel=x; rel=y; hreflang=de; hreflang=fr, <b>; rel=\"http://A.test/Rel z\""
        ])
        #expect(links["y"] == nil && links["x"]?.parameters.map(\.value) == ["de", "fr"])
        #expect(links["z"]?.relations == ["http://A.test/Rel", "z"])
    }

    @Test(
        "what is no link is left out, and what follows is read",
        arguments: [
            ("", 0), ("nonsense", 0), ("nonsense; rel=\"a, b\", <c>", 1), ("<", 0), ("<a", 0), ("<a>;;;,,,<b>", 2),
            ("<a>; =x; rel", 1), ("<a>; rel=\"open", 1), (",,", 0), ("<>; rel=self", 1),
        ])
    func broken(value: String, count: Int) async throws {
        #expect(try await Self.links([value]).count == count)
    }

    @Test("a link to javascript: has no URL, and never becomes one")
    func otherSchemes() async throws {
        let links = try await Self.links(["<javascript:alert(1)>; rel=next, <mailto:a@b>; rel=author"])
        #expect(links.map(\.url) == [nil, nil])
        #expect(links["next"]?.reference == "javascript:alert(1)")
    }

    /// requests and httpx, test_parse_header_links.
    @Test(
        "the rows of requests and httpx",
        .enabled(if: ProxyTables.folder != nil, "the folder of public test vectors is not named by TERN_SUITES"),
        arguments: ["requests", "httpx"])
    func rows(client: String) throws {
        let rows = try ProxyTables.rows(client, "test_parse_header_links")
        #expect(rows.count == 5)
        for row in rows {
            guard let value = row[0] as? String, let expected = row[1] as? [[String: String]] else { continue }
            let links = Link.all(in: [value], base: nil)
            #expect(links.map(\.reference) == expected.compactMap { $0["url"] })
            #expect(links.map { $0["type"] } == expected.map { $0["type"] })
            #expect(links.map(\.relations) == expected.map { $0["rel"].map { [$0] } ?? [] })
        }
    }
}

@Suite("Content-Disposition (RFC 6266)")
struct ContentDispositionTests {
    static let rows: [(value: String, type: String?, name: String?, safe: String?)] = [
        ("attachment; filename=\"a b.txt\"", "attachment", "a b.txt", "a b.txt"),
        ("Attachment;FILENAME=a.txt", "attachment", "a.txt", "a.txt"), ("inline", "inline", nil, nil),
        ("attachment; filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve.txt", "attachment", "naïve.txt", "naïve.txt"),
        ("attachment; filename*=UTF-8''%E2%82%AC.txt", "attachment", "€.txt", "€.txt"),
        ("attachment; filename*=iso-8859-1'en'%A3.txt; filename=b", "attachment", "£.txt", "£.txt"),
        ("attachment; filename*=bad; filename=b", "attachment", "b", "b"),
        ("attachment; filename=\"a\\\"b.txt\"", "attachment", "a\"b.txt", "a\"b.txt"),
        ("attachment; filename=a b.txt", "attachment", "a b.txt", "a b.txt"),
        ("attachment; filename=\"../../etc/passwd\"", "attachment", "../../etc/passwd", "passwd"),
        ("attachment; filename=\"C:\\\\boot\\\\x.ini\"", "attachment", "C:\\boot\\x.ini", "x.ini"),
        ("attachment; filename=\".bashrc\"", "attachment", ".bashrc", "bashrc"),
        ("attachment; filename=\"..\"", "attachment", "..", nil), ("attachment; filename=\"\"", "attachment", "", nil),
        ("attachment; filename=\"a\u{202e}txt.exe\"", "attachment", "a\u{202e}txt.exe", "atxt.exe"),
        ("", nil, nil, nil), ("; filename=a", nil, nil, nil), ("a b", nil, nil, nil),
    ]

    @Test("type, name, and a name that is safe for a folder", arguments: rows)
    func read(value: String, type: String?, name: String?, safe: String?) {
        let read = ContentDisposition(value)
        #expect(read?.type == type)
        #expect(read?.filename == name)
        #expect(read?.safeFilename == safe)
    }

    @Test("a name longer than files may have is cut at a character")
    func long() {
        let read = ContentDisposition("attachment; filename=\"\(String(repeating: "ä", count: 300))\"")
        #expect(read?.safeFilename?.utf8.count == 254)
    }
}

@Suite("Retry-After (RFC 9110 §10.2.3)")
struct RetryAfterTests {
    static let now: Int64 = 1_559_559_600  // Mon, 03 Jun 2019 11:00:00 GMT

    /// The rows are those of urllib3's test_respect_retry_after_header_sleep, and more.
    @Test(
        "seconds, and the three forms of dates",
        arguments: [
            ("0", 0), ("1000", 1_000), ("\t42 ", 42), ("3600", 3_600), ("Mon, 3 Jun 2019 12:00:00 UTC", 3_600),
            ("Mon, 3 Jun 2019 11:00:00 UTC", 0), ("Mon, 03 Jun 2019 11:30:12 GMT", 1_812),
            ("Monday, 03-Jun-19 11:30:12 GMT", 1_812), ("Mon Jun  3 11:30:12 2019", 1_812),
            ("Mon, 03 Jun 2019 10:00:00 GMT", 0), ("31536000", 31_536_000),
        ])
    func valid(value: String, seconds: Int64) {
        #expect(RetryAfterField(value)?.wait(at: Self.now) == .seconds(seconds))
    }

    @Test("anything else is none", arguments: ["-1", "+1", "1.0", "\u{b2}", "", " ", "soon", "1 2", "0x10", "١"])
    func invalid(value: String) {
        #expect(RetryAfterField(value) == nil)
    }

    @Test("a number that is too large is as good as the largest")
    func huge() {
        #expect(RetryAfterField("99999999999999999999")?.wait(at: Self.now) == .seconds(Int64.max))
    }
}
