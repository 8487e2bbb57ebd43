/// Percent-encoding of UTF-8 (RFC 3986 §2.1).
public enum PercentEncoding {
    /// `text` with every byte but the unreserved ones (letters, digits and `-._~`) as `%XX`: what makes any string
    /// one path segment or one part of a query.
    public static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 { append(byte, to: &bytes, keeping: .unreserved) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `text` with every `%XX` as the byte that it stands for; nil if a "%" is not followed by two hexadecimal
    /// digits, or the bytes are not UTF-8.
    public static func decode(_ text: String) -> String? {
        guard let bytes = decode(Array(text.utf8)[...]) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "%") else {
                bytes.append(text[index])
                index += 1
                continue
            }
            guard text.endIndex - index > 2,
                let high = text[index + 1].hexValue, let low = text[index + 2].hexValue
            else { return nil }
            bytes.append(high << 4 | low)
            index += 3
        }
        return bytes
    }

    /// Adds `byte` as it is if it is in `kept`, else as `%XX` in upper case.
    static func append(_ byte: UInt8, to bytes: inout [UInt8], keeping kept: ByteSet) {
        guard !kept.contains(byte) else { return bytes.append(byte) }
        bytes.append(UInt8(ascii: "%"))
        bytes.append(hexDigit(byte >> 4))
        bytes.append(hexDigit(byte & 15))
    }

    /// Adds a part of a URL: what is encoded stays so, what may not stand there is encoded, and a "%" without two
    /// digits after it becomes `%25`: a link such as `?discount=50%` means the sign.
    static func append(part: ArraySlice<UInt8>, to bytes: inout [UInt8], keeping kept: ByteSet) {
        for index in part.indices {
            let byte = part[index]
            let isEscape =
                byte == UInt8(ascii: "%") && part.endIndex - index > 2
                && part[index + 1].hexValue != nil && part[index + 2].hexValue != nil
            if isEscape { bytes.append(byte) } else { append(byte, to: &bytes, keeping: kept) }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
