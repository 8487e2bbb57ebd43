import CBrotli

/// Undoes brotli. Nothing may follow its end.
@safe final class BrotliDecoder: StreamDecoder {
    private var handle: BrotliDecoderHandle
    private(set) var isComplete = false

    init() throws(CodingError) { handle = try BrotliDecoderHandle() }

    func step(_ input: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CodingError) -> Int {
        guard !isComplete else {
            guard input.isEmpty else { throw .corrupt(.br, detail: "data after the end") }
            return 0
        }
        let (taken, ended) = try handle.decompress(input, into: &output)
        isComplete = ended
        return taken
    }
}

/// The decoder of libbrotlidec, without the large windows that no `br` has (RFC 7932: at most 16 MiB).
@safe struct BrotliDecoderHandle: ~Copyable {
    private let state: OpaquePointer

    init() throws(CodingError) {
        guard let state = unsafe BrotliDecoderCreateInstance(nil, nil, nil) else { throw .unavailable(.br) }
        unsafe self.state = unsafe state
    }

    deinit { unsafe BrotliDecoderDestroyInstance(state) }

    /// Decodes from the front of `input`: how many bytes were taken, and whether the stream ended.
    mutating func decompress(
        _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(CodingError) -> (taken: Int, ended: Bool) {
        var left = input.count
        let result = unsafe input.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target, count in
                var next = source.baseAddress
                var place = unsafe target.baseAddress.map { unsafe $0 + count }
                var room = target.count - count
                let result = unsafe BrotliDecoderDecompressStream(state, &left, &next, &room, &place, nil)
                count = target.count - room
                return result
            }
        }
        if result == BROTLI_DECODER_RESULT_ERROR {
            let code = unsafe BrotliDecoderGetErrorCode(state)
            let message = unsafe BrotliDecoderErrorString(code).map { unsafe String(cString: $0) }
            throw .corrupt(.br, detail: message ?? "error \(code.rawValue)")
        }
        return (input.count - left, result == BROTLI_DECODER_RESULT_SUCCESS)
    }
}
