import MockTransport
import TernCore
import Testing

@Suite("text of responses")
struct TextTests {
    static let table: [(type: String?, bytes: [UInt8], text: String)] = [
        // What the type names, whatever the bytes look like.
        ("text/plain; charset=utf-8", [0xc3, 0xa9], "é"),
        ("text/plain; charset=utf-8", [0xe9], "\u{fffd}"),
        ("text/plain;charset=ISO-8859-1", [0xc3, 0xa9], "Ã©"),
        ("text/plain; charset=iso-8859-1", [0x80, 0x9f], "€Ÿ"),
        ("text/plain; Charset=\"latin1\"; x=y", [0xe9], "é"),
        ("text/plain; x=\"a;charset=utf-8\"; charset=us-ascii", [0xe9], "é"),
        ("text/plain; charset=iso-8859-15", [0xa4], "€"),
        ("text/plain; charset=iso-8859-2", [0xb1, 0xa0], "ą\u{a0}"),
        ("text/plain; charset=windows-1250", [0x8a], "Š"),
        ("text/plain; charset=windows-1251", [0xcf, 0xf0, 0xe8], "При"),
        ("text/plain; charset=koi8-r", [0xf0, 0xd2, 0xc9], "При"),
        ("text/plain; charset=utf-16le", [0x68, 0, 0x3d, 0xd8, 0x00, 0xde], "h😀"),
        ("text/plain; charset=utf-16be", [0, 0x68, 0xd8, 0x3d], "h\u{fffd}"),
        ("text/plain; charset=utf-16", [0xff, 0xfe, 0x68, 0, 0x69], "h\u{fffd}"),
        ("application/json; charset=latin1", [0x22, 0xe9, 0x22], "\"é\""),
        // A byte order mark.
        ("text/plain", [0xef, 0xbb, 0xbf, 0x68], "h"),
        (nil, [0xfe, 0xff, 0, 0x68], "h"),
        ("text/plain; charset=unknown-8", [0xff, 0xfe, 0x68, 0], "h"),
        ("text/plain; charset=utf-8", [0xef, 0xbb, 0xbf, 0x68], "h"),
        ("text/plain; charset=latin1", [0xef, 0xbb, 0xbf], "ï»¿"),
        // JSON is UTF-8.
        ("application/json", [0x22, 0xe9, 0x22], "\"\u{fffd}\""),
        ("application/problem+json", [0xe9], "\u{fffd}"),
        // UTF-8 if it can be, windows-1252 if not.
        ("text/html", [0xc3, 0xa9], "é"),
        (nil, Array("Küste".utf8), "Küste"),
        ("text/html", [0xe9, 0x74, 0xe9, 0x21], "été!"),
        ("text/html; charset", [0x93, 0x68, 0x94], "“h”"),
        ("", [0x81, 0x8d], "\u{81}\u{8d}"),
        (nil, [], ""),
    ]

    @Test("the type's charset, then a byte order mark, then JSON, then UTF-8, then windows-1252", arguments: table)
    func charsets(type: String?, bytes: [UInt8], text: String) async throws {
        let mock = MockTransport { _ in
            var response = MockResponse(.ok, steps: [.bytes(bytes)])
            if let type { response.fields[.contentType] = type }
            return response
        }
        #expect(try await Session(transport: mock).get("http://a.test/").text == text)
    }

    @Test("every byte has a character in each encoding of one byte")
    func singleBytes() async throws {
        let bytes = (0...255).map { UInt8($0) }
        for charset in ["latin1", "windows-1250", "windows-1251", "iso-8859-2", "iso-8859-15", "koi8-r"] {
            let mock = MockTransport { _ in
                MockResponse(.ok, fields: [.contentType: "text/plain; charset=\(charset)"], steps: [.bytes(bytes)])
            }
            let text = try await Session(transport: mock).get("http://a.test/").text
            #expect(text.unicodeScalars.count == 256)
            #expect(Set(text.unicodeScalars).count == 256)
            #expect(text.unicodeScalars.prefix(128).map(\.value) == (0..<128).map { UInt32($0) })
        }
    }
}
