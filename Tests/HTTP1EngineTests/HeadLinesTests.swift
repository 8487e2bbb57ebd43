import Fields
import HTTP1Engine
import HTTPTypes
import Testing
import Wire

@Suite("Head lines")
struct HeadLinesTests {
    @Test("a head gives version, status, reason, and the fields in their order and spelling")
    func readsHead() throws {
        let head = try #require(
            try responseHead(
                "HTTP/1.1 200 Very OK", "Content-Type: text/plain", "set-cookie: a=1", "X-ODD:", "Set-Cookie:\t b=2 \t")
        )
        #expect(head.version == .http11)
        #expect(head.status == 200)
        #expect(head.reason == "Very OK")
        #expect(head.fields.map(\.name.rawName) == ["Content-Type", "set-cookie", "X-ODD", "Set-Cookie"])
        #expect(head.fields.map(\.value) == ["text/plain", "a=1", "", "b=2"])
        #expect(head.fields[values: .setCookie] == ["a=1", "b=2"])
    }

    @Test("one reader takes an informational head and then the final one")
    func readsHeadAfterHead() throws {
        var reader = ResponseHeadLines(limits: HTTP1Limits(fields: 1))
        var cache = FieldCache()
        for status in [103, 200] {
            #expect(try reader.read(latin("HTTP/1.1 \(status) x\r\n").span, &cache) == nil)
            #expect(try reader.read(latin("Link: a\r\n").span, &cache) == nil)
            let head = try #require(try reader.read(latin("\r\n").span, &cache))
            #expect(head.status == status)
            #expect(head.isInformational == (status == 103))
        }
    }

    static let goodStatusLines: [(line: String, version: HTTPVersion, status: Int, reason: String)] = [
        ("HTTP/1.1 200 OK", HTTPVersion.http11, 200, "OK"), ("HTTP/1.0 404 ", .http10, 404, ""),
        ("HTTP/1.1 204", .http11, 204, ""), ("HTTP/1.1 999 \t?", .http11, 999, "\t?"),
        ("HTTP/1.1 100 Continue", .http11, 100, "Continue"), ("HTTP/1.1 200 caf\u{E9}", .http11, 200, "café"),
        ("HTTP/2 200 ", .http2, 200, ""), ("HTTP/3 503", .http3, 503, ""),
    ]

    @Test(
        "status lines that are taken",
        arguments: Self.goodStatusLines)
    func statusLines(line: String, version: HTTPVersion, status: Int, reason: String) throws {
        let head = try #require(try responseHead(line, synthesised: true))
        #expect(head.version == version)
        #expect(head.status == status)
        #expect(head.reason == reason)
    }

    static let badStatusLines: [(line: String, code: HTTP1Error.Code)] = [
        ("<html>", HTTP1Error.Code.noHTTP), ("", .noHTTP), ("220 ftp.example ESMTP", .noHTTP),
        ("ICY 200 OK", .noHTTP),
        ("HTTP/2 200 ", .badStatusLine), ("HTTP/1.2 200 OK", .unsupportedVersion),
        ("HTTP/2.0 200 OK", .unsupportedVersion), ("http/1.1 200 OK", .unsupportedVersion),
        ("HTTP/1.1  200 OK", .badStatusLine), ("HTTP/1.1\t200 OK", .badStatusLine),
        ("HTTP/1.1 20 OK", .badStatusLine),
        ("HTTP/1.1 2000 OK", .badStatusLine), ("HTTP/1.1 099 OK", .badStatusLine),
        ("HTTP/1.1 -20 OK", .badStatusLine),
        ("HTTP/1.1 200OK", .badStatusLine), ("HTTP/1.1", .badStatusLine), ("HTTP/1.1 2", .badStatusLine),
        (" HTTP/1.1 200 OK", .noHTTP), ("HTTP/1.1 200 O\u{0}K", .badStatusLine),
        ("HTTP/1.1 200 OK\rX: y", .bareCarriageReturn), ("HTTP/11.1 200 OK", .badStatusLine),
    ]

    @Test(
        "status lines that are refused",
        arguments: Self.badStatusLines)
    func refusesStatusLines(line: String, code: HTTP1Error.Code) {
        #expect(refusal { () throws(HTTP1Error) in try responseHead(line) } == code)
    }

    static let badFieldLines: [(line: String, code: HTTP1Error.Code)] = [
        ("Name: x\n", HTTP1Error.Code.bareLineFeed), ("Name: x", .truncatedHead), ("\n", .bareLineFeed),
        ("Name: a\rb\r\n", .bareCarriageReturn), ("Na\rme: ab\r\n", .bareCarriageReturn),
        ("Name: a\r\r\n", .bareCarriageReturn),
        ("abc\rdef\r\n", .bareCarriageReturn), (" folded\r\n", .foldedLine), ("\tfolded: x\r\n", .foldedLine),
        (" : x\r\n", .foldedLine), (" a: \u{0}\r\n", .foldedLine), ("Name : x\r\n", .blankBeforeColon),
        ("Name\t: x\r\n", .blankBeforeColon), (": x\r\n", .invalidFieldName), (":\u{0}\r\n", .invalidFieldName),
        ("Na me: x\r\n", .invalidFieldName), ("Na(me: x\r\n", .invalidFieldName),
        ("Nam\u{E9}: x\r\n", .invalidFieldName),
        ("Na\u{0}me: x\r\n", .invalidFieldName), ("no colon\r\n", .missingColon),
        ("Name: a\u{0}b\r\n", .invalidFieldValue), ("Name: a\u{7F}b\r\n", .invalidFieldValue),
        ("Name: \u{1B}[31m\r\n", .invalidFieldValue), ("Name: a\nb\r\n", .invalidFieldValue),
        (":status: 200\r\n", .invalidFieldName),
    ]

    @Test(
        "field lines that are refused",
        arguments: Self.badFieldLines)
    func refusesFieldLines(line: String, code: HTTP1Error.Code) {
        #expect(refusal { () throws(HTTP1Error) in try fieldLine(latin(line)) } == code)
    }

    @Test("bytes of a value that are not UTF-8 are kept as they are")
    func keepsObsText() throws {
        let field = try #require(try fieldLine(latin("X-Name: caf\u{E9} \u{80}\u{FF}\r\n")))
        #expect(field.valueBytes == latin("caf\u{E9} \u{80}\u{FF}"))
        let utf8 = try #require(try fieldLine(Array("X-Name: café\r\n".utf8)))
        #expect(utf8.value == "café")
    }

    @Test("a value is taken exactly when HTTPField calls it valid", arguments: UInt8.min...UInt8.max)
    func agreesWithHTTPField(byte: UInt8) {
        // Blanks are trimmed before a value is one.
        let value: [UInt8] = [0x61, byte, 0x62]
        let taken = refusal { () throws(HTTP1Error) in try fieldLine(latin("n: ") + value + latin("\r\n")) } == nil
        #expect(taken == HTTPField.isValidValue(value))
    }

    @Test("a name is taken exactly when HTTPField.Name takes it", arguments: UInt8.min...UInt8.max)
    func agreesWithName(byte: UInt8) throws {
        guard byte != 0x3A else { return }
        let name: [UInt8] = [0x61, byte, 0x62]
        let field = try? fieldLine(name + latin(": x\r\n"))
        let expected = byte < 0x80 ? HTTPField.Name(String(decoding: name, as: UTF8.self)) : nil
        #expect(field?.name == expected)
        #expect(field?.name.rawName == expected?.rawName)
    }

    @Test("common names come from the table in either spelling, and others beside them are not mistaken for one")
    func commonNames() throws {
        let names: [HTTPField.Name] = [
            .contentType, .date, .eTag, .te, .age, .via, .strictTransportSecurity, .accessControlAllowCredentials,
            .setCookie,
        ]
        for name in names {
            let spellings = [name.rawName, name.canonicalName, name.rawName.uppercased()]
            for spelling in spellings {
                let field = try #require(try fieldLine(latin("\(spelling): v\r\n")))
                #expect(field.name == name)
                #expect(field.name.rawName == spelling)
            }
            for place in name.rawName.indices {
                var other = name.rawName
                other.replaceSubrange(place...place, with: "~")
                #expect(try fieldLine(latin("\(other): v\r\n"))?.name.rawName == other)
            }
        }
    }

    @Test("a head of exactly the caps is taken, one line or byte more is refused")
    func caps() {
        let limits = HTTP1Limits(headBytes: 40, fields: 2)
        #expect(
            refusal { () throws(HTTP1Error) in try responseHead("HTTP/1.1 200 OK", "a: b", "c: d", limits: limits) }
                == nil)
        #expect(
            refusal { () throws(HTTP1Error) in
                try responseHead("HTTP/1.1 200 OK", "a: b", "c: d", "e: f", limits: limits)
            }
                == .tooManyFields)
        // 17 bytes of status line, 2 of the end: 21 are left for a field line and its end.
        let room = String(repeating: "x", count: 16)
        #expect(
            refusal { () throws(HTTP1Error) in try responseHead("HTTP/1.1 200 OK", "a: \(room)", limits: limits) }
                == nil)
        #expect(
            refusal { () throws(HTTP1Error) in try responseHead("HTTP/1.1 200 OK", "a: \(room)x", limits: limits) }
                == .headTooLarge)
    }

    @Test("the default caps are 256 KiB and 1,000 fields, and no cap can exceed what HTTPFields holds")
    func defaultCaps() {
        #expect(HTTP1Limits().headBytes == 262_144)
        #expect(HTTP1Limits().fields == 1_000)
        #expect(HTTP1Limits(fields: .max).fields < Int(UInt16.max))
    }

    @Test("no error quotes a field's value")
    func keepsSecrets() {
        var messages = ""
        for line in [
            "Cookie: s3cret\u{0}\r\n", "Cookie: s3cret\rx\r\n", "Cookie: s3cret\n", " s3cret\r\n", "s3cret\r\n",
        ] {
            do throws(HTTP1Error) {
                _ = try fieldLine(latin(line))
            } catch { messages += error.description }
        }
        #expect(!messages.isEmpty)
        #expect(!messages.contains("s3cret"))
    }
}
