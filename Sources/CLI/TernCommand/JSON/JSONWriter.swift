/// Writes JSON into bytes, member by member; commas take care of themselves.
///
///     writer.object { object in
///         object.name("status")
///         object.integer(200)
///     }
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(reserving count: Int = 0) { bytes.reserveCapacity(count) }

    mutating func object(_ write: (inout JSONWriter) -> Void) { enclose("{", "}", write) }
    mutating func array(_ write: (inout JSONWriter) -> Void) { enclose("[", "]", write) }

    private mutating func enclose(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ write: (inout JSONWriter) -> Void
    ) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        write(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    /// The name of the member whose value comes next. Plain ASCII without quotes, backslashes and control characters.
    mutating func name(_ name: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.makeContiguousUTF8()
        escape(text.utf8.span)
        bytes.append(UInt8(ascii: "\""))
    }

    /// UTF-8 text.
    mutating func string(_ text: borrowing UTF8Span) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        escape(text.span)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func integer(_ number: some BinaryInteger) {
        separate()
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(UInt64(number.magnitude))
    }

    mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    mutating func null() { raw("null") }

    /// A string, or null for none.
    mutating func string(_ text: String?) { if let text { string(text) } else { null() } }

    /// Milliseconds with three digits behind the point.
    mutating func milliseconds(_ time: Duration) {
        let micros = (time.components.seconds * 1_000_000) + time.components.attoseconds / 1_000_000_000_000
        thousandths(micros)
    }

    /// `count` thousandths, as a number with a fraction.
    mutating func thousandths(_ count: Int64) {
        separate()
        if count < 0 { bytes.append(UInt8(ascii: "-")) }
        let (whole, rest) = count.magnitude.quotientAndRemainder(dividingBy: 1_000)
        digits(whole)
        guard rest > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(rest / 100))
        bytes.append(UInt8(ascii: "0") + UInt8(rest / 10 % 10))
        bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
        while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
    }

    private mutating func digits(_ number: UInt64) {
        if number >= 10 { digits(number / 10) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// A value that was read, as it was.
    mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let text): raw(text)
        case .string(let text): string(text)
        case .array(let values): array { array in for value in values { array.value(value) } }
        case .object(let members):
            object { object in
                for member in members {
                    object.string(member.name)
                    object.bytes.append(UInt8(ascii: ":"))
                    object.needsComma = false
                    object.value(member.value)
                }
            }
        }
    }

    /// A member, or several, that were written before.
    mutating func members(_ json: [UInt8]) {
        separate()
        bytes += json
    }

    /// Ends a line.
    mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    private mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Stretches without anything to escape are copied whole.
    private mutating func escape(_ text: borrowing Span<UInt8>) {
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            append(text.extracting(start..<index))
            start = index + 1
            escape(byte)
        }
        append(text.extracting(start..<text.count))
    }

    private mutating func append(_ span: borrowing Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
