/// Why the loop could not do what it was asked: what was tried, and the system's words.
package struct LoopError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    package enum Code: Sendable, Hashable {
        /// The loop has been stopped.
        case stopped
        /// The system has no more threads or descriptors to give, or refused them.
        case startFailed
        /// The descriptor cannot be watched: it is closed, or a plain file.
        case watchFailed
    }
    package let code: Code
    /// What was tried, and what came back.
    package let message: String
    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
