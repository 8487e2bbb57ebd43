/// Frames of HTTP/2 as bytes, for what an engine would not send (RFC 9113 §4.1).
enum Frame {
    static func bytes(_ type: UInt8, flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let count = UInt32(truncatingIfNeeded: payload.count)
        let id = UInt32(bitPattern: stream)
        return [
            UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8),
            UInt8(truncatingIfNeeded: count), type, flags,
        ] + word(id) + payload
    }

    static func goAway(lastStream: UInt32, code: UInt32) -> [UInt8] { bytes(7, word(lastStream) + word(code)) }

    /// HEADERS, and CONTINUATION where one frame is too small.
    static func head(_ fields: [(name: String, value: String)], stream: Int32, end: Bool = false) -> [UInt8] {
        let block = fields.flatMap(literal)
        let limit = 16_384
        guard block.count > limit else { return bytes(1, flags: end ? 5 : 4, stream: stream, block) }
        var all = bytes(1, flags: end ? 1 : 0, stream: stream, Array(block[..<limit]))
        var offset = limit
        while offset < block.count {
            let next = min(block.count, offset + limit)
            all += bytes(9, flags: next == block.count ? 4 : 0, stream: stream, Array(block[offset..<next]))
            offset = next
        }
        return all
    }

    /// A literal field, never indexed: the peer's table stays as it is (RFC 7541 §6.2.2).
    private static func literal(_ field: (name: String, value: String)) -> [UInt8] {
        [0] + text(field.name) + text(field.value)
    }

    /// A string without Huffman's code: its length in seven bits and more, then its bytes (RFC 7541 §5.1, §5.2).
    private static func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var coded: [UInt8] = [127]
        var rest = bytes.count - 127
        while rest >= 128 {
            coded.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return coded + [UInt8(rest)] + bytes
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
