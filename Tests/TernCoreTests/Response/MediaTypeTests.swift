import Foundation
import Testing
import TransportCore

@testable import TernCore

/// web-platform-tests: mimesniff and fetch. Run where the environment names the folder.
@Suite(.enabled(if: MediaTypeVectors.folder != nil, "the folder of public test vectors is not named by TERN_SUITES"))
struct MediaTypeTests {
    /// A row, or a heading.
    struct Row: Decodable {
        struct Case: Decodable {
            var input: String
            var output: String?
            var encoding: String?
        }
        var value: Case?
        init(from decoder: any Decoder) throws {
            value = try? Case(from: decoder)
        }
    }

    @Test(
        "media types are read as on the web",
        arguments: [
            "mimesniff/mime-types/resources/mime-types.json",
            "mimesniff/mime-types/resources/generated-mime-types.json",
        ])
    func mimeTypes(file: String) throws {
        let data = try Data(contentsOf: URL(filePath: "\(MediaTypeVectors.folder ?? "")/\(file)"))
        let rows = try JSONDecoder().decode([Row].self, from: data).compactMap(\.value)
        #expect(rows.count > 40)
        // Characters above U+00FF stand for what no field can hold.
        for row in rows where row.input.unicodeScalars.allSatisfy({ $0.value <= 0xff }) {
            #expect(MediaType(row.input)?.description == row.output, "\(row.input.debugDescription)")
        }
    }

    struct Extraction: Decodable {
        var contentType: [String]
        var encoding: String?
        var mimeType: String?
        var documentContentType: String?
    }

    @Test("several Content-Type fields are read as one")
    func contentTypes() throws {
        let data = try Data(
            contentsOf: URL(
                filePath: "\(MediaTypeVectors.folder ?? "")/fetch/content-type/resources/content-types.json"))
        let rows = try JSONDecoder().decode([Extraction].self, from: data)
        #expect(rows.count > 15)
        for row in rows {
            var fields = HTTPFields()
            for value in row.contentType { fields.append(HTTPField(name: .contentType, value: value)) }
            #expect(MediaType(fields: fields)?.description == row.mimeType, "\(row.contentType)")
        }
    }
}

enum MediaTypeVectors {
    static let folder = ProcessInfo.processInfo.environment["TERN_SUITES"].map { "\($0)/wpt-subset" }
}

@Suite("charsets")
struct CharsetTests {
    static func text(_ bytes: [UInt8], _ type: String?) -> String {
        Charset.text(of: bytes, type: type.flatMap { MediaType($0) })
    }

    static let rows: [(charset: String, bytes: [UInt8], text: String)] = [
        ("gbk", [0xc4, 0xe3, 0xba, 0xc3], "你好"), ("GB2312", [0xc4, 0xe3], "你"),
        ("gb18030", [0x81, 0x30, 0x81, 0x30], "\u{80}"), ("big5", [0xa7, 0x41, 0xa6, 0x6e], "你好"),
        ("shift_jis", [0x82, 0xb1, 0x82, 0xf1], "こん"), ("euc-jp", [0xa4, 0xb3, 0xa4, 0xf3], "こん"),
        ("iso-2022-jp", [0x1b, 0x24, 0x42, 0x24, 0x33, 0x1b, 0x28, 0x42, 0x61], "こa"),
        ("euc-kr", [0xb0, 0xa1], "가"), ("windows-1253", [0xe1], "α"), ("iso-8859-9", [0xfd], "ı"),
        ("windows-1255", [0xe0], "א"), ("koi8-u", [0xa4], "є"), ("gbk", [0x61, 0xff, 0x62], "a\u{fffd}b"),
        ("gbk", [0x61, 0xc4], "a\u{fffd}"), ("utf-32le", [0x68, 0, 0, 0, 0x00, 0xf6, 1, 0], "h😀"),
        ("utf-32be", [0, 0, 0, 0x68], "h"), ("utf-32", [0xff, 0xfe, 0, 0, 0x68, 0, 0, 0], "h"),
        ("utf-16", [0xfe, 0xff, 0, 0x68], "h"), ("utf-32le", [0, 0, 0x11, 0, 1], "\u{fffd}\u{fffd}"),
        (" utf-8 ", [0xc3, 0xa9], "é"), ("\"utf-8\"", [0xc3, 0xa9], "é"),
    ]

    @Test("the charset that the type names", arguments: rows)
    func named(charset: String, bytes: [UInt8], text: String) {
        #expect(Self.text(bytes, "text/plain; charset=\(charset)") == text)
    }

    @Test("short text in Latin-1 is read as such, without guessing (§5.4 trap 23)")
    func short() {
        #expect(Self.text([0xe9, 0x74, 0xe9, 0x21], nil) == "été!")
        #expect(Self.text([0xe9, 0x74, 0xe9, 0x21], "text/plain") == "été!")
    }

    @Test("every encoding that has a name has a converter on this system")
    func converters() {
        for label in [
            "gbk", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr", "ibm866", "iso-8859-3",
            "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-10", "iso-8859-13",
            "iso-8859-14", "iso-8859-16", "koi8-u", "macintosh", "x-mac-cyrillic", "windows-874", "windows-1253",
            "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
        ] {
            #expect(Self.text(Array("plain".utf8), "text/plain;charset=\(label)") == "plain", "\(label)")
            guard case .legacy(let name)? = Charset(label: label) else {
                Issue.record("\(label) is not known")
                continue
            }
            #expect(LegacyText.decode([0x61], name) == "a", "\(label)")
        }
    }
}
