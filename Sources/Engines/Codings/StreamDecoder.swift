/// Undoes one coding, step by step.
protocol StreamDecoder: AnyObject {
    /// Whether the input may end here.
    var isComplete: Bool { get }

    /// Decodes from the front of `input` until that is used up or `output` is full, and says how many bytes it took.
    ///
    /// It is called with input, or without if the step before filled its output. It takes a byte or gives one, or
    /// has nothing to give without input.
    func step(_ input: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CodingError) -> Int
}

extension ContentCoding {
    /// A decoder at the start of a body.
    func makeDecoder() throws(CodingError) -> any StreamDecoder {
        switch self {
        case .gzip: try GzipDecoder()
        case .deflate: DeflateDecoder()
        case .br: try BrotliDecoder()
        case .zstd: try ZstdDecoder()
        }
    }
}
