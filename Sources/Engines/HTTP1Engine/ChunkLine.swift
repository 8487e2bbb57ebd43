internal import Wire

/// The line before a chunk's data: `chunk-size [ chunk-ext ]` (RFC 9112 §7.1).
///
/// Extensions are checked and dropped; we know none, and must ignore those we do not know.
struct ChunkLine: Equatable, Sendable {
    /// Bytes of data behind the line; nought for the last chunk.
    var size: Int

    /// Reads the line, its line end included.
    init(_ line: Span<UInt8>) throws(HTTP1Error) {
        let length = line.count - 2
        guard length >= 0, line[length] == .carriageReturn else {
            throw HTTP1Error(.bareLineFeed, "a chunk's size line ends in LF without CR")
        }
        var size = 0
        var index = 0
        while index < length, let digit = line[index].hexValue {
            guard size >> 56 == 0 else { throw ChunkLine.refusal("has a size beyond 2^60", line) }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index > 0 else { throw ChunkLine.refusal("begins with no size", line) }
        self.size = size
        while index < length {
            guard let next = ChunkLine.endOfExtension(line.extracting(0..<length), from: index) else {
                throw ChunkLine.refusal("has a malformed extension", line)
            }
            index = next
        }
    }

    /// Where one extension ends, `BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ]` (RFC 9112 §7.1.1).
    private static func endOfExtension(_ line: Span<UInt8>, from start: Int) -> Int? {
        var index = skipBlanks(line, start)
        guard index < line.count, line[index] == .semicolon else { return nil }
        guard let name = endOfToken(line, skipBlanks(line, index + 1)) else { return nil }
        index = skipBlanks(line, name)
        guard index < line.count, line[index] == 0x3D else { return name }
        index = skipBlanks(line, index + 1)
        guard index < line.count, line[index] == 0x22 else { return endOfToken(line, index) }
        index += 1
        while index < line.count, line[index] != 0x22 {
            if line[index] == 0x5C { index += 1 }
            guard index < line.count, line[index].isFieldValueCharacter else { return nil }
            index += 1
        }
        return index < line.count ? index + 1 : nil
    }

    private static func skipBlanks(_ line: Span<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < line.count, line[index].isBlank { index += 1 }
        return index
    }

    private static func endOfToken(_ line: Span<UInt8>, _ start: Int) -> Int? {
        var index = start
        while index < line.count, line[index].isTokenCharacter { index += 1 }
        return index > start ? index : nil
    }

    @inline(never)
    private static func refusal(_ fault: String, _ line: Span<UInt8>) -> HTTP1Error {
        HTTP1Error(.invalidChunk, "a chunk's size line \(fault): \"\(String(escaping: line))\"")
    }
}
