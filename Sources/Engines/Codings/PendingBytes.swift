/// Bytes that came in and are used from the front, without moving the rest each time.
struct PendingBytes {
    private(set) var bytes: [UInt8] = []
    /// How many bytes at the front are used.
    var offset = 0

    var count: Int { bytes.count - offset }
    var isEmpty: Bool { count == 0 }

    /// Adds bytes at the end; they are not copied if nothing is left before them.
    mutating func append(_ more: [UInt8]) {
        if isEmpty {
            bytes = more
            offset = 0
        } else {
            if offset > bytes.count / 2 {
                bytes.removeFirst(offset)
                offset = 0
            }
            bytes += more
        }
    }

    /// Uses up to `limit` bytes from the front.
    mutating func take(upTo limit: Int) -> [UInt8] {
        guard offset > 0 || count > limit else {
            defer { self = PendingBytes() }
            return bytes
        }
        let taken = Array(bytes[offset...].prefix(limit))
        offset += taken.count
        return taken
    }
}
