/// Undoes deflate: in the zlib format that the name means (RFC 9110 §8.4.1.2), or without it, as some servers send;
/// the first two bytes tell. What follows the end is dropped.
final class DeflateDecoder: StreamDecoder {
    private enum State {
        case undecided(first: UInt8?)
        case decoding
        case ended
    }

    private var handle: InflateHandle?
    private var state = State.undecided(first: nil)

    init() {}

    var isComplete: Bool {
        if case .ended = state { true } else { false }
    }

    func step(_ input: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CodingError) -> Int {
        switch state {
        case .undecided(let first):
            guard !input.isEmpty else { return 0 }
            guard let first else {
                state = .undecided(first: input[0])
                return 1
            }
            let start = [first, input[0]]
            handle = try InflateHandle(isZlibHeader(first, input[0]) ? .zlib : .bare, for: .deflate)
            state = .decoding
            _ = try inflate(start.span, into: &output)
            return 1
        case .decoding:
            return try inflate(input, into: &output)
        case .ended:
            return input.count
        }
    }

    private func inflate(
        _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(CodingError) -> Int {
        guard let (taken, ended) = try handle?.inflate(input, into: &output) else { return input.count }
        if ended { state = .ended }
        return taken
    }

    /// Method 8, a window of at most 32 KiB, and a check that makes a multiple of 31 (RFC 1950 §2.2). Bare blocks
    /// look so by chance only if they begin with a stored block whose padding is not zero, which no encoder writes.
    private func isZlibHeader(_ first: UInt8, _ second: UInt8) -> Bool {
        first & 0x0F == 8 && first >> 4 <= 7 && (UInt16(first) << 8 | UInt16(second)) % 31 == 0
    }
}
