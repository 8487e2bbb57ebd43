/// Undoes gzip: members follow one another (RFC 1952 §2.2), and what follows the last and does not begin as a
/// member is dropped, as browsers do, since servers pad.
final class GzipDecoder: StreamDecoder {
    private enum State {
        case inMember
        /// Behind a member; if `true`, the first of the two bytes that begin another was seen.
        case between(Bool)
        case trailing
    }

    private static let magic: [UInt8] = [0x1F, 0x8B]

    private var handle: InflateHandle
    private var state = State.inMember

    init() throws(CodingError) { handle = try InflateHandle(.gzip, for: .gzip) }

    var isComplete: Bool {
        if case .inMember = state { false } else { true }
    }

    func step(_ input: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CodingError) -> Int {
        switch state {
        case .inMember:
            let (taken, ended) = try handle.inflate(input, into: &output)
            if ended { state = .between(false) }
            return taken
        case .between(let sawFirst):
            guard !input.isEmpty else { return 0 }
            switch (sawFirst, input[0]) {
            case (false, Self.magic[0]):
                state = .between(true)
            case (true, Self.magic[1]):
                handle.reset()
                _ = try handle.inflate(Self.magic.span, into: &output)
                state = .inMember
            default:
                state = .trailing
            }
            return 1
        case .trailing:
            return input.count
        }
    }
}
