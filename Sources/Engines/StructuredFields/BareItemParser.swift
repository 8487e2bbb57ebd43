import Wire

extension StructuredParser {
    /// RFC 9651 §4.2.3.1.
    mutating func bareItem() throws(StructuredFieldError) -> BareItem {
        guard let first = peek else { throw error("an item was expected") }
        switch first {
        case UInt8(ascii: "-"), 0x30...0x39: return try number()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "*"), 0x41...0x5a, 0x61...0x7a:
            return .token(take { $0.isTokenCharacter || $0 == .colon || $0 == UInt8(ascii: "/") })
        case .colon: return .bytes(try binary())
        case UInt8(ascii: "?"):
            _ = next()
            switch next() {
            case UInt8(ascii: "1"): return .boolean(true)
            case UInt8(ascii: "0"): return .boolean(false)
            default: throw error("?0 or ?1 was expected")
            }
        case UInt8(ascii: "@"):
            _ = next()
            guard case .integer(let seconds) = try number() else { throw error("whole seconds were expected") }
            return .date(seconds)
        case UInt8(ascii: "%"): return .displayString(try displayString())
        default: throw error("an item was expected")
        }
    }

    /// RFC 9651 §4.2.4: up to 15 digits; up to 12 before a point and 3 behind it.
    private mutating func number() throws(StructuredFieldError) -> BareItem {
        let isNegative = skip(UInt8(ascii: "-"))
        guard peek?.isDigit == true else { throw error("a digit was expected") }
        var value: Int64 = 0
        var digits = 0
        var fraction: Int?
        while let byte = peek {
            if byte.isDigit {
                value = value * 10 + Int64(byte - 0x30)
                digits += 1
                fraction = fraction.map { $0 + 1 }
            } else if byte == UInt8(ascii: "."), fraction == nil {
                guard digits <= 12 else { throw error("there are more than 12 digits before the point") }
                fraction = 0
            } else {
                break
            }
            _ = next()
            guard digits <= 15 else { throw error("there are more than 15 digits") }
        }
        let sign: Int64 = isNegative ? -1 : 1
        guard let fraction else { return .integer(sign * value) }
        guard 1...3 ~= fraction else { throw error("1 to 3 digits were expected behind the point") }
        for _ in fraction..<3 { value *= 10 }
        return .decimal(thousandths: sign * value)
    }

    /// RFC 9651 §4.2.5.
    private mutating func string() throws(StructuredFieldError) -> String {
        _ = next()
        var text: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = next(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw error("only a quotation mark or a backslash may follow a backslash")
                }
                text.append(escaped)
            case 0x20...0x7e: text.append(byte)
            default: throw error("a string holds printable ASCII only")
            }
        }
        throw error("the end of a string was expected")
    }

    /// RFC 9651 §4.2.7. Padding may be missing; bits after the last byte are ignored.
    private mutating func binary() throws(StructuredFieldError) -> [UInt8] {
        _ = next()
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        while let byte = next() {
            if byte == .colon {
                guard count % 4 != 1, padding == 0 || (count + padding) % 4 == 0 else { throw error("bad base64") }
                return bytes
            }
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let digit = Self.base64(byte) else { throw error("bad base64") }
            bits = bits << 6 | digit
            count += 1
            switch count % 4 {
            case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
            case 3: bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
            case 0: bytes.append(UInt8(truncatingIfNeeded: bits))
            default: break
            }
        }
        throw error("the colon at the end of bytes was expected")
    }

    private static func base64(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5a: UInt32(byte - 0x41)
        case 0x61...0x7a: UInt32(byte - 0x61 + 26)
        case 0x30...0x39: UInt32(byte - 0x30 + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// RFC 9651 §4.2.10: `%"…"`, UTF-8 with lower-case percent-encoding.
    private mutating func displayString() throws(StructuredFieldError) -> String {
        _ = next()
        guard skip(UInt8(ascii: "\"")) else { throw error("a quotation mark was expected") }
        var text: [UInt8] = []
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else { throw error("it is not UTF-8") }
                return valid
            case UInt8(ascii: "%"):
                guard let high = lowerHex(next()), let low = lowerHex(next()) else {
                    throw error("two lower-case hexadecimal digits were expected")
                }
                text.append(high << 4 | low)
            case 0x20...0x7e: text.append(byte)
            default: throw error("a display string holds printable ASCII only")
            }
        }
        throw error("the end of a display string was expected")
    }

    private func lowerHex(_ byte: UInt8?) -> UInt8? {
        guard let byte, !(0x41...0x46 ~= byte) else { return nil }
        return byte.hexValue
    }
}
