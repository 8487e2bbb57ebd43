import Wire

/// How bytes are read as text. Nothing is guessed: the rule of ``Response/text`` decides.
enum Charset: Hashable, Sendable {
    case utf8
    case utf16(bigEndian: Bool)
    case utf32(bigEndian: Bool)
    /// What the C library converts, by its name there.
    case legacy(String)
    /// One byte a character: ASCII below 0x80, and what the table of the encoding says above.
    case singleByte(SingleByteTable)

    /// What a label means (WHATWG Encoding §4.2): `latin1` and `us-ascii` are windows-1252, as on the web.
    init?(label: String) {
        let name = label.utf8.drop(while: \.isBlank)
        switch String(Substring(name.prefix { !$0.isBlank })).lowercased() {
        case "utf-8", "utf8", "unicode-1-1-utf-8", "x-unicode20utf8", "utf-8-sig":
            self = .utf8
        case "utf-16", "utf-16le", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode", "unicodefeff":
            self = .utf16(bigEndian: false)
        case "utf-16be", "unicodefffe": self = .utf16(bigEndian: true)
        case "utf-32", "utf-32le": self = .utf32(bigEndian: false)
        case "utf-32be": self = .utf32(bigEndian: true)
        case let label:
            if let table = SingleByteTable(label: label) {
                self = .singleByte(table)
            } else if let name = LegacyText.encoding(label) {
                self = .legacy(name)
            } else {
                return nil
            }
        }
    }

    /// The charset that a byte order mark names, and how long the mark is.
    static func marked(_ bytes: some Collection<UInt8>) -> (Charset, length: Int)? {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return (.utf8, 3) }
        // Before those of UTF-16, which one of them begins with.
        if bytes.starts(with: [0xff, 0xfe, 0, 0]) { return (.utf32(bigEndian: false), 4) }
        if bytes.starts(with: [0, 0, 0xfe, 0xff]) { return (.utf32(bigEndian: true), 4) }
        if bytes.starts(with: [0xfe, 0xff]) { return (.utf16(bigEndian: true), 2) }
        if bytes.starts(with: [0xff, 0xfe]) { return (.utf16(bigEndian: false), 2) }
        return nil
    }

    /// Text of `bytes`, a byte order mark of this charset left out. What is not valid becomes U+FFFD.
    func decode(_ bytes: some Collection<UInt8>) -> String {
        var start = bytes.startIndex
        var charset = self
        if let (marked, length) = Charset.marked(bytes), marked == self || marked.isSame(family: self) {
            // "utf-16" without an order is little-endian, unless the mark says otherwise.
            charset = marked
            start = bytes.index(start, offsetBy: length)
        }
        return charset.decodeUnmarked(bytes[start...])
    }

    /// Text of `bytes` that do not begin the message.
    func decodeUnmarked(_ bytes: some Collection<UInt8>) -> String {
        switch self {
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .utf16(let bigEndian):
            var units: [UInt16] = []
            units.reserveCapacity(bytes.count / 2)
            var first: UInt8?
            for byte in bytes {
                guard let pending = first else {
                    first = byte
                    continue
                }
                first = nil
                units.append(
                    bigEndian ? UInt16(pending) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(pending))
            }
            if first != nil { units.append(0xfffd) }
            return String(decoding: units, as: UTF16.self)
        case .utf32(let bigEndian):
            var text = String.UnicodeScalarView()
            var unit: UInt32 = 0
            var count = 0
            for byte in bytes {
                unit = bigEndian ? unit << 8 | UInt32(byte) : unit >> 8 | UInt32(byte) << 24
                count += 1
                guard count == 4 else { continue }
                text.append(Unicode.Scalar(unit) ?? "\u{fffd}")
                (unit, count) = (0, 0)
            }
            if count > 0 { text.append("\u{fffd}") }
            return String(text)
        case .legacy(let name):
            return LegacyText.decode(Array(bytes), name) ?? String(decoding: bytes, as: UTF8.self)
        case .singleByte(let table):
            var text = String.UnicodeScalarView()
            for byte in bytes { text.append(table.scalar(of: byte)) }
            return String(text)
        }
    }

    /// Whether both are UTF-16, or both UTF-32.
    private func isSame(family other: Charset) -> Bool {
        switch (self, other) {
        case (.utf16, .utf16), (.utf32, .utf32): true
        default: false
        }
    }

    /// The text of a whole body: the charset that the type names, else that of a byte order mark, else UTF-8 for
    /// JSON, else UTF-8 if the bytes are valid, else windows-1252. A charset that is not known counts as none.
    static func text(of bytes: [UInt8], type: MediaType?) -> String {
        if let charset = type?["charset"].flatMap({ Charset(label: $0) }) { return charset.decode(bytes) }
        if let (charset, _) = marked(bytes) { return charset.decode(bytes) }
        if type?.isJSON == true { return Charset.utf8.decode(bytes) }
        return String(validating: bytes, as: UTF8.self) ?? Charset.singleByte(.windows1252).decode(bytes)
    }
}
