package import QUICEngine

/// Why a connection of HTTP/3 failed, or why a call could not be carried out.
///
/// The message says what was tried or read, and what was wrong with it. Field values are never in it.
package struct HTTP3Error: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened.
    package enum Code: String, CaseIterable, Sendable {
        // The connection as a whole
        /// It ended; ``HTTP3Error/closing`` says how.
        case connectionEnded
        // Calls by the owner of the connection
        /// The handshake is not done, and early data cannot be sent: wait for ``QUICEvent/handshakeDone(_:)``.
        case notReady
        /// The connection takes no new streams: GOAWAY went or came, or it ended.
        case closing
        /// All of the peer's streams are in use (RFC 9000 §4.6): wait for ``QUICEvent/streamsAvailable(_:)``.
        case streamLimit
        /// The message may not be sent over HTTP/3.
        case invalidMessage
        /// The head exceeds what the peer says it takes (RFC 9114 §4.2.2).
        case headTooLarge
        /// The call does not fit the state of the stream.
        case outOfOrder
        /// nghttp3 failed in a way that should not occur: no memory, say.
        case libraryFailure
    }

    package let code: Code
    package let message: String
    /// How the connection ended, where that is the reason.
    package let closing: QUICClosing?

    package init(_ code: Code, _ message: String, closing: QUICClosing? = nil) {
        self.code = code
        self.message = message
        self.closing = closing
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
