import Testing
import Wire

/// Lends the bytes, since `#expect` cannot look into a span itself.
private func on<Value>(_ bytes: [UInt8], _ look: (Span<UInt8>) -> Value) -> Value { look(bytes.span) }

@Suite("What the engines ask of lent bytes")
struct ByteSpanTests {
    @Test("a byte is found at or after the place where the search starts, and nowhere else")
    func findsBytes() {
        let bytes = Array("a:b:c".utf8)
        #expect(on(bytes) { $0.firstIndex(of: .colon) } == 1)
        #expect(on(bytes) { $0.firstIndex(of: .colon, from: 1) } == 1)
        #expect(on(bytes) { $0.firstIndex(of: .colon, from: 2) } == 3)
        #expect(on(bytes) { $0.firstIndex(of: .colon, from: 4) } == nil)
        #expect(on(bytes) { $0.firstIndex(of: .colon, from: 5) } == nil)
        #expect(on(bytes) { $0.firstIndex(of: .colon, from: -1) } == nil)
        #expect(on([]) { $0.firstIndex(of: .colon) } == nil)
    }

    @Test("blanks are trimmed from both ends, and what is all blanks becomes empty")
    func trims() {
        let bytes = Array("\t  a b \t".utf8)
        #expect(on(bytes) { $0.trimmed() } == 3..<6)
        #expect(on(bytes) { $0.trimmed(from: 6).isEmpty })
        #expect(on(bytes) { $0.trimmed(from: 99).isEmpty })
    }

    @Test("words are read with the first byte lowest")
    func readsWords() {
        let bytes: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(on(bytes) { $0.word(at: 1) } == 0x0807_0605_0403_0201)
        #expect(on(bytes) { $0.halfWord(at: 5) } == 0x0807_0605)
    }

    @Test("field value characters are checked alike at every place of a word", arguments: 0..<18)
    func checksFieldValues(place: Int) {
        for byte in UInt8.min...UInt8.max {
            var bytes = [UInt8](repeating: 0x61, count: 18)
            bytes[place] = byte
            #expect(on(bytes) { $0.holdsFieldValue } == byte.isFieldValueCharacter)
        }
    }

    @Test("a tab beside a control character does not hide it")
    func tabHidesNothing() {
        #expect(on(Array("a\tbcdefgh".utf8)) { $0.holdsFieldValue })
        #expect(!on(Array("a\tbc\u{1}efgh".utf8)) { $0.holdsFieldValue })
    }

    @Test("the token characters are those of RFC 9110")
    func tokens() {
        let expected = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max { #expect(byte.isTokenCharacter == expected.contains(byte)) }
        #expect(!on([]) { $0.isToken })
        #expect(on(Array("x-y".utf8)) { $0.isToken })
        #expect(!on(Array("x y".utf8)) { $0.isToken })
    }

    @Test("letters compare without case, other bytes exactly")
    func comparesWithoutCase() {
        #expect(on(Array("ChUnKeD".utf8)) { $0.isCaseInsensitively("chunked") })
        #expect(!on(Array("chunke".utf8)) { $0.isCaseInsensitively("chunked") })
        #expect(!on(Array("chunke\u{4}".utf8)) { $0.isCaseInsensitively("chunked") })
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
        #expect(on(Array("é".utf8)) { String(text: $0) } == "é")
        #expect(on([0x63, 0xE9]) { String(text: $0) } == "cé")
    }

    @Test("bytes in a message are escaped and cut short")
    func escapes() {
        #expect(on([0x61, 0x0D, 0xFF]) { String(escaping: $0) } == "a\\x0d\\xff")
        #expect(on(Array("abcdef".utf8)) { String(escaping: $0, limit: 3) } == "abc…")
    }
}
