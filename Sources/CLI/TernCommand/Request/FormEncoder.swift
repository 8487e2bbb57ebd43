import TernCore

/// Codes the content of a part for its way (RFC 2045 §6), as `;encoder=` asks: `binary`, `8bit`, `7bit`, `base64`,
/// `quoted-printable`.
enum FormEncoder {
    static func encode(_ body: FormPart.Body, _ name: String) throws -> FormPart.Body {
        switch name.lowercased() {
        case "binary", "8bit": return body
        case "7bit":
            let bytes = try bytes(of: body)
            guard bytes.allSatisfy({ $0 < 0x80 }) else {
                throw UsageError("--form: content with bytes above 127 cannot be sent as 7bit", code: 26)
            }
            return .bytes(bytes)
        case "base64": return .bytes(base64(try bytes(of: body)))
        case "quoted-printable": return .bytes(quotedPrintable(try bytes(of: body)))
        default: throw UsageError("--form: there is no encoder '\(name)'", code: 43)
        }
    }

    private static func bytes(of body: FormPart.Body) throws -> [UInt8] {
        switch body {
        case .bytes(let bytes): bytes
        case .file(let slice): try InputReader.all(of: slice.path)
        case .parts: throw UsageError("--form: a part of parts is not encoded itself (RFC 2045 §6.4)", code: 43)
        }
    }

    /// Lines of 76 characters.
    private static func base64(_ bytes: [UInt8]) -> [UInt8] {
        var lines: [UInt8] = []
        for (index, byte) in Base64Text.encode(bytes).utf8.enumerated() {
            if index > 0, index % 76 == 0 { lines += "\r\n".utf8 }
            lines.append(byte)
        }
        return lines
    }

    private static func quotedPrintable(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        var column = 0
        let digits = Array("0123456789ABCDEF".utf8)
        for (index, byte) in bytes.enumerated() {
            let isLast = index + 1 == bytes.count
            let endsLine =
                isLast || bytes[index...].starts(with: "\r\n".utf8) || bytes[(index + 1)...].starts(with: "\r\n".utf8)
            if byte == 0x0a, index > 0, bytes[index - 1] == 0x0d { continue }
            if byte == 0x0d, bytes[index...].starts(with: "\r\n".utf8) {
                text += "\r\n".utf8
                column = 0
                continue
            }
            let isPlain = 0x21...0x7e ~= byte && byte != UInt8(ascii: "=")
            let isBlank = (byte == 0x20 || byte == 0x09) && !endsLine
            let coded: [UInt8] =
                isPlain || isBlank
                ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            // A line has 76 characters at most, the "=" that goes on among them.
            if column + coded.count > (endsLine ? 76 : 75) {
                text += "=\r\n".utf8
                column = 0
            }
            text += coded
            column += coded.count
        }
        return text
    }
}
