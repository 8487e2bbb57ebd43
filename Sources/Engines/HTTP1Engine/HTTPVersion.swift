internal import Wire

/// The version that a start line names.
package enum HTTPVersion: String, Sendable, CaseIterable, CustomStringConvertible {
    case http10 = "HTTP/1.0"
    case http11 = "HTTP/1.1"
    /// Only in a status line that a library made up for a response of HTTP/2.
    case http2 = "HTTP/2"
    /// Only in a status line that a library made up for a response of HTTP/3.
    case http3 = "HTTP/3"

    package var description: String { rawValue }

    /// The version that a line of HTTP/1 has from `offset` on; the name is case-sensitive (RFC 9112 §2.3).
    @inline(__always)
    init?(_ line: Span<UInt8>, at offset: Int) {
        guard line.count - offset >= 8 else { return nil }
        // "HTTP/1.1" and "HTTP/1.0", the first byte lowest.
        switch line.word(at: offset) {
        case 0x312E_312F_5054_5448: self = .http11
        case 0x302E_312F_5054_5448: self = .http10
        default: return nil
        }
    }

    /// Whether a line has a version of the right form from `offset` on, `HTTP/` DIGIT `.` DIGIT, whichever it be.
    static func isNamed(_ line: Span<UInt8>, at offset: Int) -> Bool {
        guard offset >= 0, line.count - offset >= 8 else { return false }
        let name = line.extracting(offset..<(offset + 8))
        return name.extracting(0..<5).isCaseInsensitively("HTTP/") && name[5].isDigit && name[6] == 0x2E
            && name[7].isDigit
    }
}
