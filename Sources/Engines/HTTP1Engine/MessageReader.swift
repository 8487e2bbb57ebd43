internal import Fields
internal import HTTPTypes
internal import Wire

/// Reads the messages of one direction from bytes that come in any pieces: heads, bodies, trailers.
///
/// Of what it is given it keeps only a line that has not ended. It knows nothing of the exchange: its owner tells it
/// how each body is framed, and whether another message may follow.
struct MessageReader<Lines: HeadReader>: Sendable {
    /// What the next bytes completed.
    enum Item {
        case head(Lines.Head)
        /// These of the bytes given are body. If they are the last ones, the message is complete with them.
        case body(Range<Int>, isLast: Bool)
        /// The message is complete.
        case end(trailers: HTTPFields)
    }

    private enum Place {
        case head, chunkLine, trailers, untilClose
        case length(Int)
        case chunk(Int)
        case chunkEnd(seenCarriageReturn: Bool)
    }

    private let limits: HTTP1Limits
    private var place = Place.head
    private var lines: Lines
    private var cache = FieldCache()
    private var trailerLines: HeadLines
    private var trailers = HTTPFields()
    /// The bytes of a line that has not ended.
    private var line: [UInt8] = []
    /// By how much the chunk lines of this body exceed what is reasonable.
    private var overhead = 0

    init(_ lines: Lines, limits: HTTP1Limits) {
        self.limits = limits
        self.lines = lines
        trailerLines = HeadLines(.trailers, limits: limits)
    }

    /// After a head: reads a body framed so. Says whether there is one; if not, the message is complete.
    mutating func beginBody(_ framing: MessageFraming) -> Bool {
        switch framing {
        case .none, .tunnel, .length(0):
            return false
        case .length(let length): place = .length(length)
        case .untilClose: place = .untilClose
        case .chunked:
            place = .chunkLine
            overhead = 0
            trailers = [:]
            trailerLines = HeadLines(.trailers, limits: limits)
        }
        return true
    }

    /// Whether a message has begun to come, and is not complete.
    var isInMessage: Bool {
        guard case .head = place else { return true }
        return !line.isEmpty || !lines.isEmpty
    }

    /// Reads on from `offset`, which moves behind what was used; nil when more bytes are needed.
    mutating func next(_ bytes: Span<UInt8>, _ offset: inout Int) throws(HTTP1Error) -> Item? {
        while offset < bytes.count {
            switch place {
            case .head:
                guard let head = try readHeadLine(bytes, &offset) else { continue }
                return .head(head)
            case .length(let left):
                let taken = take(left, of: bytes, &offset)
                place = taken.count == left ? .head : .length(left - taken.count)
                return .body(taken, isLast: taken.count == left)
            case .untilClose:
                return .body(take(.max, of: bytes, &offset), isLast: false)
            case .chunkLine:
                guard let size = try readChunkLine(bytes, &offset) else { continue }
                place = size == 0 ? .trailers : .chunk(size)
            case .chunk(let left):
                let taken = take(left, of: bytes, &offset)
                place = taken.count == left ? .chunkEnd(seenCarriageReturn: false) : .chunk(left - taken.count)
                return .body(taken, isLast: false)
            case .chunkEnd(let seen):
                guard bytes[offset] == (seen ? .lineFeed : .carriageReturn) else {
                    throw HTTP1Error(.invalidChunk, "a chunk's data is not followed by CRLF")
                }
                place = seen ? .chunkLine : .chunkEnd(seenCarriageReturn: true)
                offset += 1
            case .trailers:
                guard try readTrailerLine(bytes, &offset) else { continue }
                place = .head
                return .end(trailers: trailers)
            }
        }
        return nil
    }

    /// Nothing more will come. Gives the end of a body that ends with the connection; throws if a message is cut
    /// short, or has not begun.
    mutating func endOfInput(truncated: Bool) throws(HTTP1Error) {
        switch place {
        case .head:
            guard isInMessage else {
                throw HTTP1Error(.closedBeforeResponse, "the peer closed the connection before it sent a byte")
            }
            if lines.isEmpty, !Lines.mayBegin(with: line.span) {
                let shown = String(escaping: line.span)
                throw HTTP1Error(.noHTTP, "the peer does not speak HTTP/1.1: it sent \"\(shown)\" and closed")
            }
            throw HTTP1Error(.truncatedHead, "the connection ended inside a head")
        case .untilClose:
            guard !truncated else {
                throw HTTP1Error(.truncatedBody, "the connection broke off, and only its orderly end ends this body")
            }
            place = .head
        case .length(let left):
            throw HTTP1Error(.truncatedBody, "the connection ended \(left) bytes before the body did")
        case .chunkLine, .chunk, .chunkEnd, .trailers:
            throw HTTP1Error(.truncatedBody, "the connection ended before the last chunk of the body")
        }
    }

    private func take(_ left: Int, of bytes: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
        let start = offset
        offset += min(left, bytes.count - start)
        return start..<offset
    }

    private mutating func readHeadLine(_ bytes: Span<UInt8>, _ offset: inout Int) throws(HTTP1Error) -> Lines.Head? {
        let start = offset
        guard let feed = bytes.firstIndex(of: .lineFeed, from: start) else {
            keep(bytes, &offset)
            guard lines.hasRoom(for: line.count) else { throw HeadLines.tooLarge(limits) }
            return nil
        }
        offset = feed + 1
        guard !line.isEmpty else { return try lines.read(bytes.extracting(start..<offset), &cache) }
        let whole = completeLine(bytes.extracting(start..<offset))
        return try lines.read(whole.span, &cache)
    }

    private mutating func readChunkLine(_ bytes: Span<UInt8>, _ offset: inout Int) throws(HTTP1Error) -> Int? {
        let start = offset
        let feed = bytes.firstIndex(of: .lineFeed, from: start)
        let length = line.count + (feed ?? bytes.count) - start
        guard length <= limits.chunkLineBytes else {
            throw HTTP1Error(.chunkOverhead, "a chunk's size line has more than \(limits.chunkLineBytes) bytes")
        }
        guard let feed else {
            keep(bytes, &offset)
            return nil
        }
        offset = feed + 1
        guard !line.isEmpty else { return try chunkSize(bytes.extracting(start..<offset)) }
        let whole = completeLine(bytes.extracting(start..<offset))
        return try chunkSize(whole.span)
    }

    private mutating func chunkSize(_ line: Span<UInt8>) throws(HTTP1Error) -> Int {
        let size = try ChunkLine(line).size
        // Each chunk may cost 16 bytes, and twice its data; what exceeds it adds up.
        overhead = max(0, overhead + line.count - 16 - 2 * size)
        guard overhead <= limits.chunkOverhead else {
            throw HTTP1Error(.chunkOverhead, "the chunks' size lines outweigh their data")
        }
        return size
    }

    private mutating func readTrailerLine(_ bytes: Span<UInt8>, _ offset: inout Int) throws(HTTP1Error) -> Bool {
        let start = offset
        guard let feed = bytes.firstIndex(of: .lineFeed, from: start) else {
            keep(bytes, &offset)
            guard trailerLines.hasRoom(for: line.count) else { throw HeadLines.tooLarge(limits) }
            return false
        }
        offset = feed + 1
        let whole = completeLine(bytes.extracting(start..<offset))
        guard case .field(let field) = try trailerLines.read(whole.span) else { return true }
        try Trailers.check(field)
        trailers.append(field)
        return false
    }

    private mutating func keep(_ bytes: Span<UInt8>, _ offset: inout Int) {
        line.append(bytes.extracting(offset..<bytes.count))
        offset = bytes.count
    }

    /// The line that was kept with `rest` behind it; nothing is kept then.
    private mutating func completeLine(_ rest: Span<UInt8>) -> [UInt8] {
        var whole: [UInt8] = []
        swap(&whole, &line)
        whole.append(rest)
        return whole
    }
}
