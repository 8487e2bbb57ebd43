/// Bytes of HTTP/3 as a peer might write them, right or wrong (RFC 9114 §7, RFC 9204 §4.5).
package enum Frames {
    /// A variable-length integer (RFC 9000 §16).
    package static func varint(_ value: UInt64) -> [UInt8] {
        let size = value < 1 << 6 ? 1 : value < 1 << 14 ? 2 : value < 1 << 30 ? 4 : 8
        var bytes = (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
        bytes[0] |= [1: 0, 2: 0x40, 4: 0x80, 8: 0xC0][size] ?? 0
        return bytes
    }

    package static func frame(_ type: UInt64, _ payload: [UInt8]) -> [UInt8] {
        varint(type) + varint(UInt64(payload.count)) + payload
    }

    package static func data(_ bytes: [UInt8]) -> [UInt8] { frame(0, bytes) }
    package static func data(_ text: String) -> [UInt8] { frame(0, Array(text.utf8)) }

    /// A field section of literals, without tables and without Huffman.
    package static func section(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = [0, 0]
        for (name, value) in fields {
            bytes += prefixed(Array(name.utf8), mark: 0x20, bits: 3) + prefixed(Array(value.utf8), mark: 0, bits: 7)
        }
        return bytes
    }

    package static func headers(_ fields: [(String, String)]) -> [UInt8] { frame(1, section(fields)) }

    /// The control stream's type and SETTINGS.
    package static func control(_ settings: [(UInt64, UInt64)] = []) -> [UInt8] {
        [0] + frame(4, settings.flatMap { varint($0.0) + varint($0.1) })
    }

    package static func goAway(_ id: UInt64) -> [UInt8] { frame(7, varint(id)) }

    private static func prefixed(_ text: [UInt8], mark: UInt8, bits: UInt8) -> [UInt8] {
        let largest = (1 << Int(bits)) - 1
        guard text.count >= largest else { return [mark | UInt8(text.count)] + text }
        var bytes = [mark | UInt8(largest)]
        var rest = text.count - largest
        while rest >= 128 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)] + text
    }
}
