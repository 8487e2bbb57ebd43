internal import CQUIC
internal import DequeModule

/// Content that waits to be sent on one stream or to be acknowledged, and how it ends.
///
/// C is lent pointers into the arrays and keeps them until the peer has acknowledged the bytes, or the stream is gone.
/// They hold: an array's bytes lie apart from it, do not move while somebody holds the array, and nobody changes an
/// array that the queue holds, since writing to another reference copies.
@safe
struct ContentQueue {
    private var chunks = Deque<[UInt8]>()
    /// How many of the chunks C was lent.
    private var lent = 0
    /// How much of the first chunk was acknowledged.
    private var acknowledged = 0
    /// Bytes that wait.
    private(set) var count = 0
    /// Whether nothing follows what is queued.
    private(set) var isEnded = false
    private var hasTrailers = false
    /// Whether C was told that there is nothing, and must be told when there is.
    var isDeferred = false
    /// Whether the owner was told that the queue is full.
    var owesRoom = false

    mutating func append(_ bytes: [UInt8], end: Bool) {
        if !bytes.isEmpty {
            chunks.append(bytes)
            count += bytes.count
        }
        if end { isEnded = true }
    }

    mutating func end(hasTrailers: Bool) {
        isEnded = true
        self.hasTrailers = hasTrailers
    }

    /// Fills in what waits, as far as there is room; the answer is how many pieces, and how the content goes on.
    mutating func lend(_ pieces: UnsafeMutablePointer<tern_bytes>, capacity: Int) -> (pieces: Int, then: Int32) {
        var filled = 0
        while filled < capacity, lent < chunks.count {
            unsafe chunks[lent].withUnsafeBufferPointer { bytes in
                unsafe pieces[filled] = tern_bytes(bytes: bytes.baseAddress, count: bytes.count)
                count -= bytes.count
            }
            lent += 1
            filled += 1
        }
        guard lent == chunks.count, isEnded else {
            isDeferred = filled == 0
            return (filled, Int32(filled == 0 ? TERN_CONTENT_WAIT : TERN_CONTENT_OPEN))
        }
        return (filled, Int32(hasTrailers ? TERN_CONTENT_TRAILERS : TERN_CONTENT_END))
    }

    mutating func acknowledge(_ bytes: Int) {
        acknowledged += bytes
        while lent > 0, let first = chunks.first, first.count <= acknowledged {
            acknowledged -= first.count
            lent -= 1
            chunks.removeFirst()
        }
    }

    /// Forgets what waits. What C was lent stays.
    mutating func clear() {
        chunks.removeLast(chunks.count - lent)
        count = 0
        isEnded = true
    }
}
