package import HTTPTypes
internal import Wire

/// Reads a head, or trailers, one raw line at a time, under the rules that both of our readers of HTTP/1 share: the
/// engine, and the transport that is handed raw lines by a library which is more lenient.
///
/// A line comes with its line end, and ends in CRLF: a bare LF is refused (RFC 9112 §2.2 lets a recipient accept it;
/// two readers that disagree on where a line ends are how responses are smuggled). Nothing is kept of a line but the
/// values that it gave. After `.end`, or after an error, a new value must be made for the next head.
package struct HeadLines: Sendable {
    /// What the first line must be.
    package enum Start: Sendable {
        /// A status line. `synthesised` also takes `HTTP/2 200`, which libcurl makes up for responses of HTTP/2.
        case status(synthesised: Bool)
        /// A request line.
        case request
        /// A field line, or the end: trailers have no start line.
        case trailers
    }

    /// What a line was.
    package enum Line: Sendable {
        case status(StatusLine)
        case request(RequestLine)
        case field(HTTPField)
        /// The empty line that ends the head.
        case end
    }

    private var start: Start
    private var started: Bool
    private let limits: HTTP1Limits
    private var bytes = 0
    private var fields = 0

    package init(_ start: Start, limits: HTTP1Limits = HTTP1Limits()) {
        self.start = start
        self.limits = limits
        if case .trailers = start { started = true } else { started = false }
    }

    /// Reads one line, its line end included.
    package mutating func read(_ line: Span<UInt8>) throws(HTTP1Error) -> Line {
        let place = try place(line)
        let content = line.extracting(0..<(line.count - 2))
        switch place {
        case .start:
            guard case .status(let synthesised) = start else { return .request(try RequestLine(content)) }
            return .status(try StatusLine(content, synthesised: synthesised))
        case .field: return .field(try FieldLine.parse(content))
        case .end: return .end
        }
    }

    /// Where a line stands in the head. The caller reads what is in it, so that no value is wrapped on the way.
    enum Place: Sendable {
        case start, field, end
    }

    /// Counts the line, checks its end, and says where in the head it stands.
    @inline(__always)
    mutating func place(_ line: Span<UInt8>) throws(HTTP1Error) -> Place {
        bytes += line.count
        guard bytes <= limits.headBytes else { throw HeadLines.tooLarge(limits) }
        let length = line.count - 2
        guard length >= 0, line[length] == .carriageReturn, line[length + 1] == .lineFeed else {
            throw badLineEnd(line)
        }
        guard started else {
            started = true
            return .start
        }
        guard length > 0 else { return .end }
        fields += 1
        guard fields <= limits.fields else { throw HeadLines.tooMany(limits) }
        return .field
    }

    /// Whether no line has been read.
    var isEmpty: Bool { bytes == 0 }

    /// Whether a line of which `count` bytes have come, and no end, already exceeds the cap on the head.
    func hasRoom(for count: Int) -> Bool { bytes + count <= limits.headBytes }

    @inline(never)
    static func tooMany(_ limits: HTTP1Limits) -> HTTP1Error {
        HTTP1Error(.tooManyFields, "more than \(limits.fields) fields")
    }

    @inline(never)
    static func tooLarge(_ limits: HTTP1Limits) -> HTTP1Error {
        HTTP1Error(.headTooLarge, "more than \(limits.headBytes) bytes of head")
    }

    @inline(never)
    private func badLineEnd(_ line: Span<UInt8>) -> HTTP1Error {
        if case .status = start, !started, !ResponseHeadLines.mayBegin(with: line) {
            let shown = String(escaping: line)
            return HTTP1Error(.noHTTP, "the peer does not speak HTTP/1.1: its answer begins with \"\(shown)\"")
        }
        guard line.count > 0, line[line.count - 1] == .lineFeed else {
            return HTTP1Error(.truncatedHead, "a line of \(line.count) bytes has no line end")
        }
        return HTTP1Error(.bareLineFeed, "a line of \(line.count) bytes ends in LF without CR")
    }
}
