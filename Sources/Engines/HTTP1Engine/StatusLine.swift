internal import Wire

/// The first line of a response: `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4).
///
/// One thing is let through that the grammar forbids: the space before an absent reason may be absent too, as many
/// servers have it. Nothing can be smuggled by it.
package struct StatusLine: Equatable, Sendable {
    /// The version that the line names.
    package var version: HTTPVersion
    /// Three digits, 100…999; what lies above 599 is kept, as a recipient treats it like 5xx (RFC 9110 §15).
    package var status: Int
    /// The reason phrase, often empty; not UTF-8 is read as ISO-8859-1.
    package var reason: String

    package init(version: HTTPVersion = .http11, status: Int, reason: String = "") {
        self.version = version
        self.status = status
        self.reason = reason
    }

    /// Reads the line, its line end taken off. With `synthesised`, the versions `HTTP/2` and `HTTP/3` may stand in it.
    init(_ line: Span<UInt8>, synthesised: Bool) throws(HTTP1Error) {
        var offset = 8
        if let named = HTTPVersion(line, at: 0) {
            version = named
        } else if synthesised, let short = StatusLine.synthesisedVersion(line) {
            version = short
            offset = 6
        } else {
            throw StatusLine.refusal(of: line)
        }
        guard line.count >= offset + 4, line[offset] == .space,
            line[offset + 1].isDigit, line[offset + 2].isDigit, line[offset + 3].isDigit
        else { throw StatusLine.refusal(of: line) }
        status =
            Int(line[offset + 1] &- 0x30) * 100 + Int(line[offset + 2] &- 0x30) * 10 + Int(line[offset + 3] &- 0x30)
        guard status >= 100 else { throw StatusLine.refusal(of: line) }
        guard line.count > offset + 4 else {
            reason = ""
            return
        }
        let phrase = line.extracting(droppingFirst: offset + 5)
        guard line[offset + 4] == .space, phrase.holdsFieldValue else { throw StatusLine.refusal(of: line) }
        reason = String(text: phrase)
    }

    private static func synthesisedVersion(_ line: Span<UInt8>) -> HTTPVersion? {
        guard line.count >= 10, line.extracting(0..<5).isCaseInsensitively("HTTP/"), line[6] == .space else {
            return nil
        }
        switch line[5] {
        case 0x32: return .http2
        case 0x33: return .http3
        default: return nil
        }
    }

    @inline(never)
    private static func refusal(of line: Span<UInt8>) -> HTTP1Error {
        let shown = String(escaping: line)
        for index in line.indices where line[index] == .carriageReturn {
            return HTTP1Error(.bareCarriageReturn, "the status line holds a CR at byte \(index): \(shown)")
        }
        guard line.count >= 5, line.extracting(0..<5).isCaseInsensitively("HTTP/") else {
            return HTTP1Error(.noHTTP, "the peer does not speak HTTP/1.1: its answer begins with \"\(shown)\"")
        }
        if HTTPVersion.isNamed(line, at: 0), HTTPVersion(line, at: 0) == nil, line.count == 8 || line[8] == .space {
            return HTTP1Error(.unsupportedVersion, "the status line names no version 1.0 or 1.1: \(shown)")
        }
        return HTTP1Error(.badStatusLine, "not a status line: \(shown)")
    }
}
