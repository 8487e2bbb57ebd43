import Testing

@testable import TernCommand

@Suite("JSON")
struct JSONTests {
    private func written(_ value: JSON) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(
        "what is read is written as it was",
        arguments: [
            "null", "true", "false", "0", "-0", "12.50e+3", "\"\"", "\"a ü \u{1F426}\"", "[]", "{}",
            "[1,[2],{\"a\":null}]",
            "{\"a\":1,\"b\":[true,false],\"a\":2}", "\"\\\"\\\\\\n\\r\\t\\u0001\"", "123456789012345678901234567890",
        ])
    func same(_ text: String) throws {
        #expect(written(try JSONReader.value(of: Array(" \(text)\n".utf8))) == text)
    }

    @Test("escapes stand for characters")
    func escapes() throws {
        let value = try JSONReader.value(of: Array(#""\u00fc\ud83d\udc26\/\b\f""#.utf8))
        #expect(value == .string("ü\u{1F426}/\u{8}\u{c}"))
    }

    @Test(
        "what is none",
        arguments: [
            "", " ", "nul", "tru", "01", "1.", ".5", "-", "1e", "+1", "\"", "\"\u{1}\"", #""\x""#, #""\u12""#,
            #""\ud800""#,
            #""\udc00""#, #""\ud800\u0041""#, "[1,]", "[1 2]", "[", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
            "1 2",
            "// x", "[1]]", "NaN", "'a'",
        ])
    func refuses(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSONReader.value(of: Array(text.utf8)) }
        #expect(error?.description.hasPrefix("not JSON: ") == true)
    }

    @Test("bytes that are no UTF-8, and nesting without end")
    func hostile() throws {
        #expect(throws: JSONError.self) { try JSONReader.value(of: [0x22, 0xff, 0x22]) }
        #expect(throws: JSONError.self) { try JSONReader.value(of: [0x22, 0xed, 0xa0, 0x80, 0x22]) }
        let deep = Array(repeating: UInt8(ascii: "["), count: 100_000)
        let error = #expect(throws: JSONError.self) { try JSONReader.value(of: deep) }
        #expect(error?.description.contains("128") == true)
    }

    @Test("numbers of thousandths, and base64")
    func numbers() {
        var writer = JSONWriter()
        writer.array { array in
            for number: Int64 in [0, 5, 1_000, 1_050, -1_500, 12] { array.thousandths(number) }
            array.milliseconds(.microseconds(1_234_567))
        }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[0,0.005,1,1.05,-1.5,0.012,1234.567]")
        for text in ["", "a", "ab", "abc", "abcd"] {
            #expect(Base64Text.decode(Base64Text.encode(Array(text.utf8))) == Array(text.utf8))
        }
        #expect(Base64Text.encode(Array("ab".utf8)) == "YWI=")
    }

    @Test("paint: a member a line, colours, and what is no JSON as it is, cut anywhere")
    func paint() {
        let text = #"{"a":[1,true,"x\"y"],"b":{},"c":[]}"#
        var painter = JSONPainter()
        let whole = String(decoding: painter.paint(Array(text.utf8)) + painter.finish(), as: UTF8.self)
        let plain = whole.split(separator: "\u{1B}").map { $0.drop { $0 != "m" }.dropFirst() }.joined()
        #expect(whole.contains("\u{1B}[34;1m\"a\"\u{1B}[0m: [") && whole.contains("\u{1B}[36m1\u{1B}[0m"))
        #expect(plain.contains("\n    true,\n    \"x\\\"y\"\n  ],\n  \"b\": {},\n  \"c\": []\n}"), "\(plain)")
        var pieces = JSONPainter()
        let inPieces = text.utf8.flatMap { pieces.paint([$0]) } + pieces.finish()
        #expect(String(decoding: inPieces, as: UTF8.self) == whole)
        var other = JSONPainter()
        #expect(String(decoding: other.paint(Array("<html>{".utf8)), as: UTF8.self) == "\u{1B}[0m<html>{")
        #expect(JSONPainter.paints("application/problem+json; charset=utf-8") && !JSONPainter.paints("text/plain"))
    }
}
