internal import DequeModule
internal import HTTPTypes

/// Content that waits to be sent on one stream, and how it ends.
struct SendQueue {
    private var chunks = Deque<[UInt8]>()
    /// How much of the first chunk is gone.
    private var offset = 0
    /// Bytes that wait.
    private(set) var count = 0
    /// Whether nothing follows what is queued.
    private(set) var isEnded = false
    /// What follows the content.
    private(set) var trailers: HTTPFields?
    /// Whether nghttp2 was told that there is nothing, and must be told when there is.
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

    mutating func end(with trailers: HTTPFields?) {
        self.trailers = trailers
        isEnded = true
    }

    /// Moves the first `length` bytes to the end of `output`; fewer if fewer wait.
    mutating func move(_ length: Int, into output: inout [UInt8]) {
        var left = min(length, count)
        count -= left
        while left > 0, let chunk = chunks.first {
            let taken = min(left, chunk.count - offset)
            output.append(contentsOf: chunk[offset..<(offset + taken)])
            left -= taken
            offset += taken
            if offset == chunk.count {
                chunks.removeFirst()
                offset = 0
            }
        }
    }

    /// Forgets what waits.
    mutating func clear() {
        chunks.removeAll()
        offset = 0
        count = 0
    }
}
