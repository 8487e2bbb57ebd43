internal import HTTPTypes
internal import Wire

/// Writes the body of one message as its framing asks (RFC 9112 §6, §7). A call that throws wrote nothing.
struct BodyWriter: Sendable {
    private let framing: MessageFraming
    /// Bytes still owed, if the body has a length.
    private var left: Int

    init(_ framing: MessageFraming) {
        self.framing = framing
        if case .length(let length) = framing { left = length } else { left = 0 }
    }

    /// Whether the message is complete with its head.
    var isEmpty: Bool { framing == .none || framing == .length(0) }

    mutating func write(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws(HTTP1Error) {
        // An empty chunk would be the last one.
        guard !bytes.isEmpty else { return }
        switch framing {
        case .none: throw HTTP1Error(.bodyMismatch, "\(bytes.count) bytes of body for a message that has none")
        case .length:
            guard bytes.count <= left else {
                throw HTTP1Error(.bodyMismatch, "\(bytes.count) bytes of body where \(left) were left to send")
            }
            left -= bytes.count
            output.append(bytes)
        case .chunked:
            output.append(contentsOf: String(bytes.count, radix: 16).utf8)
            output.append(contentsOf: BodyWriter.lineEnd)
            output.append(bytes)
            output.append(contentsOf: BodyWriter.lineEnd)
        case .untilClose, .tunnel:
            output.append(bytes)
        }
    }

    mutating func end(trailers: HTTPFields, into output: inout [UInt8]) throws(HTTP1Error) {
        guard left == 0 else { throw HTTP1Error(.bodyMismatch, "the body ended \(left) bytes before its length") }
        guard framing == .chunked else {
            guard trailers.isEmpty else {
                throw HTTP1Error(.invalidMessage, "trailers need Transfer-Encoding: chunked, which the head lacks")
            }
            return
        }
        for field in trailers { try Trailers.check(field) }
        var lines: [UInt8] = []
        try HeadWriter.write(trailers, into: &lines)
        output.append(contentsOf: "0\r\n".utf8)
        output.append(contentsOf: lines)
        output.append(contentsOf: BodyWriter.lineEnd)
    }

    private static let lineEnd: [UInt8] = [.carriageReturn, .lineFeed]
}
