import Testing
import Wire

@Suite("What the engines ask of lent bytes")
struct ByteSpanTests {
    @Test("a byte is found at or after the place where the search starts, and nowhere else")
    func findsBytes() {
        let bytes = Array("a:b:c".utf8)
        #expect(bytes.span.firstIndex(of: .colon) == 1)
        #expect(bytes.span.firstIndex(of: .colon, from: 1) == 1)
        #expect(bytes.span.firstIndex(of: .colon, from: 2) == 3)
        #expect(bytes.span.firstIndex(of: .colon, from: 4) == nil)
        #expect(bytes.span.firstIndex(of: .colon, from: 5) == nil)
        #expect(bytes.span.firstIndex(of: .colon, from: -1) == nil)
        #expect([UInt8]().span.firstIndex(of: .colon) == nil)
    }

    @Test("blanks are trimmed from both ends, and what is all blanks becomes empty")
    func trims() {
        let bytes = Array("\t  a b \t".utf8)
        #expect(bytes.span.trimmed() == 3..<6)
        #expect(bytes.span.trimmed(from: 6).isEmpty)
        #expect(bytes.span.trimmed(from: 99).isEmpty)
    }

    @Test("words are read with the first byte lowest")
    func readsWords() {
        let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(bytes.span.word(at: 1) == 0x0807_0605_0403_0201)
        #expect(bytes.span.halfWord(at: 5) == 0x0807_0605)
    }

    @Test("field value characters are checked alike at every place of a word", arguments: 0..<18)
    func checksFieldValues(place: Int) {
        for byte in UInt8.min...UInt8.max {
            var bytes = [UInt8](repeating: 0x61, count: 18)
            bytes[place] = byte
            #expect(bytes.span.holdsFieldValue == byte.isFieldValueCharacter)
        }
    }

    @Test("a tab beside a control character does not hide it")
    func tabHidesNothing() {
        #expect(Array("a\tbcdefgh".utf8).span.holdsFieldValue)
        #expect(!Array("a\tbc\u{1}efgh".utf8).span.holdsFieldValue)
    }

    @Test("the token characters are those of RFC 9110")
    func tokens() {
        let expected = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max { #expect(byte.isTokenCharacter == expected.contains(byte)) }
        #expect(![UInt8]().span.isToken)
        #expect(Array("x-y".utf8).span.isToken)
        #expect(!Array("x y".utf8).span.isToken)
    }

    @Test("letters compare without case, other bytes exactly")
    func comparesWithoutCase() {
        #expect(Array("ChUnKeD".utf8).span.isCaseInsensitively("chunked"))
        #expect(!Array("chunke".utf8).span.isCaseInsensitively("chunked"))
        #expect(!Array("chunke\u{4}".utf8).span.isCaseInsensitively("chunked"))
    }

    @Test("hexadecimal digits of either case have their values, all other bytes have none")
    func hexadecimal() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(Unicode.Scalar(byte))
            let expected = character.isASCII ? character.hexDigitValue.map { UInt8($0) } : nil
            #expect(byte.hexValue == expected)
        }
    }

    @Test("text that is not UTF-8 is read as ISO-8859-1")
    func readsText() {
        #expect(String(text: Array("é".utf8).span) == "é")
        #expect(String(text: ([0x63, 0xE9] as [UInt8]).span) == "cé")
    }

    @Test("bytes in a message are escaped and cut short")
    func escapes() {
        #expect(String(escaping: ([0x61, 0x0D, 0xFF] as [UInt8]).span) == "a\\x0d\\xff")
        #expect(String(escaping: Array("abcdef".utf8).span, limit: 3) == "abc…")
    }
}
