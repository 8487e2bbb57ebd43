import Codings

/// Why the content coding of a response could not be taken off.
public struct ContentDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Reason: Sendable, Hashable {
        /// There are more codings on top of each other than anybody needs.
        case tooManyCodings
        /// The bytes are not what the coding allows.
        case corrupt
        /// The bytes ended in the middle.
        case truncated
        /// The content is longer than allowed.
        case tooLarge
        /// The content grew out of all proportion: the mark of a bomb.
        case ratioExceeded
        /// There was no memory to decode with.
        case unavailable
    }
    /// What happened.
    public let reason: Reason
    /// One sentence: what was decoded, and what came of it.
    public let message: String

    init(_ error: CodingError) {
        switch error {
        case .tooManyCodings, .unknownCoding: reason = .tooManyCodings
        case .corrupt: reason = .corrupt
        case .truncated: reason = .truncated
        case .tooLarge: reason = .tooLarge
        case .ratioExceeded: reason = .ratioExceeded
        case .unavailable: reason = .unavailable
        }
        message = error.description
    }

    /// The message.
    public var description: String { message }
}
