import CZstd

/// Undoes zstd: frames follow one another (RFC 8878 §3), skippable ones among them, and nothing else may follow.
final class ZstdDecoder: StreamDecoder {
    private var handle: ZstdDecoderHandle
    private(set) var isComplete = false
    /// Bytes of the magic number that the frame has shown so far, four at most.
    private var magicSeen = 0
    private var isSkippable = false

    init() throws(CodingError) { handle = try ZstdDecoderHandle() }

    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// Behind its first byte, which is 0x50 to 0x5F.
    private static let skippableMagic: [UInt8] = [0x50, 0x2A, 0x4D, 0x18]

    /// libzstd takes the formats of its first versions, too, each with a decoder of its own. What the coding means is
    /// RFC 8878, and what begins otherwise is refused (§3.1).
    private func checkMagic(_ input: Span<UInt8>) throws(CodingError) {
        var place = magicSeen
        for index in input.indices {
            guard place < 4 else { return }
            if place == 0 { isSkippable = input[index] & 0xF0 == 0x50 }
            let seen = place == 0 && isSkippable ? 0x50 : input[index]
            let expected = isSkippable ? Self.skippableMagic[place] : Self.magic[place]
            guard seen == expected else { throw .corrupt(.zstd, detail: "Unknown frame descriptor") }
            place += 1
        }
    }

    func step(_ input: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CodingError) -> Int {
        guard !(input.isEmpty && isComplete) else { return 0 }
        if magicSeen < 4 { try checkMagic(input) }
        let (taken, ended) = try handle.decompress(input, into: &output)
        isComplete = ended
        magicSeen = ended ? 0 : min(4, magicSeen + taken)
        return taken
    }
}

/// A decompression context of libzstd.
@safe struct ZstdDecoderHandle: ~Copyable {
    /// The largest window that a sender may count on: 8 MiB (RFC 9659 §3). More is memory that a peer asks for.
    static let largestWindowLog: CInt = 23

    private let context: OpaquePointer

    init() throws(CodingError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .unavailable(.zstd) }
        let result = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindowLog)
        guard ZSTD_isError(result) == 0 else {
            unsafe ZSTD_freeDCtx(context)
            throw .unavailable(.zstd)
        }
        unsafe self.context = unsafe context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// Decodes from the front of `input`: how many bytes were taken, and whether a frame ended there.
    mutating func decompress(
        _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(CodingError) -> (taken: Int, ended: Bool) {
        let (result, taken) = unsafe input.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target, count in
                var from = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var into = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: count)
                let result = unsafe ZSTD_decompressStream(context, &into, &from)
                count = unsafe into.pos
                return unsafe (result, from.pos)
            }
        }
        guard ZSTD_isError(result) == 0 else {
            let name = unsafe ZSTD_getErrorName(result).map { unsafe String(cString: $0) }
            throw .corrupt(.zstd, detail: name ?? "error \(result)")
        }
        return (taken, result == 0)
    }
}
