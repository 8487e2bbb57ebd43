import CZlib

/// zlib's inflate, on one stream. The `z_stream` lives on the heap, since zlib keeps its address.
@safe struct InflateHandle: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    private let coding: ContentCoding

    /// The framing around the compressed blocks, as zlib codes it in its window bits.
    enum Framing: CInt {
        /// RFC 1952.
        case gzip = 31
        /// RFC 1950.
        case zlib = 15
        /// RFC 1951 alone.
        case bare = -15
    }

    init(_ framing: Framing, for coding: ContentCoding) throws(CodingError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: unsafe z_stream())
        let size = unsafe CInt(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(stream, framing.rawValue, zlibVersion(), size) == Z_OK else {
            unsafe stream.deallocate()
            throw .unavailable(coding)
        }
        unsafe self.stream = unsafe stream
        self.coding = coding
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Makes ready for another stream of the same framing.
    mutating func reset() { unsafe inflateReset(stream) }

    /// Decodes from the front of `input`: how many bytes were taken, and whether the stream ended.
    mutating func inflate(
        _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(CodingError) -> (taken: Int, ended: Bool) {
        let offered = UInt32(clamping: input.count)
        let result = unsafe input.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target, count in
                let room = UInt32(clamping: target.count - count)
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                unsafe stream.pointee.avail_in = offered
                unsafe stream.pointee.next_out = target.baseAddress.map { unsafe $0 + count }
                unsafe stream.pointee.avail_out = room
                let result = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                unsafe count += Int(room - stream.pointee.avail_out)
                return result
            }
        }
        let taken = unsafe Int(offered - stream.pointee.avail_in)
        switch result {
        case Z_OK, Z_BUF_ERROR: return (taken, false)  // Z_BUF_ERROR: no progress without more input or room
        case Z_STREAM_END: return (taken, true)
        case Z_MEM_ERROR: throw .unavailable(coding)
        case Z_NEED_DICT: throw .corrupt(coding, detail: "it asks for a preset dictionary")
        default:
            let message = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            throw .corrupt(coding, detail: message ?? "zlib error \(result)")
        }
    }
}
