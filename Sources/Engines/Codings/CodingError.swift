/// Why a body could not be decoded.
package enum CodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `Content-Encoding` names something that is not built in.
    case unknownCoding(String)
    /// `Content-Encoding` names this many codings, more than the limit.
    case tooManyCodings(Int, limit: Int)
    /// The bytes are not what the coding allows; the text is the library's.
    case corrupt(ContentCoding, detail: String)
    /// The bytes ended in the middle.
    case truncated(ContentCoding)
    /// The decoded body is larger than this many bytes.
    case tooLarge(limit: Int)
    /// The body grew to so many bytes out of so many: more than the limit allows, the mark of a bomb.
    case ratioExceeded(decoded: Int, wire: Int, limit: Int)
    /// The library gave no decoder or encoder, for want of memory.
    case unavailable(ContentCoding)

    /// One sentence: what was decoded, and what came of it.
    package var description: String {
        switch self {
        case .unknownCoding(let name): "Content-Encoding names \"\(Self.presentable(name))\", which is not built in"
        case .tooManyCodings(let count, let limit):
            "Content-Encoding names \(count) codings, over the limit of \(limit)"
        case .corrupt(let coding, let detail): "the body is no valid \(coding.rawValue): \(detail)"
        case .truncated(let coding): "the body ended in the middle of its \(coding.rawValue) coding"
        case .tooLarge(let limit): "the decoded body is larger than the limit of \(limit) bytes"
        case .ratioExceeded(let decoded, let wire, let limit):
            "the body grew from \(wire) to \(decoded) bytes in decoding, over the limit of \(limit):1"
        case .unavailable(let coding): "no memory to code \(coding.rawValue)"
        }
    }

    /// What a peer sent, fit for a log: printable ASCII, at most 40 characters.
    private static func presentable(_ text: String) -> String {
        String(
            text.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 32 && $0.value != 127 ? Character($0) : "?" }
        )
    }
}
