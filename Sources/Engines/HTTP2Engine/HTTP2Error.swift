package import HTTPTypes

/// Why a connection of HTTP/2 failed, or why a call could not be carried out.
///
/// The message says what was tried or read, and what was wrong with it. Field values are never in it.
package struct HTTP2Error: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened.
    package enum Code: String, CaseIterable, Sendable {
        // The connection as a whole
        /// The peer broke a rule of the protocol; we sent GOAWAY with ``HTTP2Error/wireCode``.
        case protocolViolation
        /// The peer asks for work without end: PING, SETTINGS, empty frames (RFC 9113 §10.5).
        case flood
        /// The bytes ended while streams were open, or before the peer's SETTINGS.
        case connectionLost
        /// Nothing came back in time for a PING (RFC 9113 §6.7).
        case pingTimeout
        /// The peer did not acknowledge SETTINGS in time (RFC 9113 §6.5.3).
        case settingsTimeout
        /// nghttp2 failed in a way that should not occur: no memory, say.
        case libraryFailure
        // Calls by the owner of the connection
        /// The connection takes no new streams: GOAWAY went or came, or it failed.
        case closing
        /// All of the peer's streams are in use (RFC 9113 §5.1.2).
        case streamLimit
        /// The connection has no stream identifiers left (RFC 9113 §5.1.1).
        case streamIDsExhausted
        /// The message may not be sent over HTTP/2.
        case invalidMessage
        /// The head exceeds what the peer says it takes (RFC 9113 §10.5.1).
        case headTooLarge
        /// The call does not fit the state of the stream.
        case outOfOrder
    }

    package let code: Code
    package let message: String
    /// The code that went to the peer in GOAWAY, where one went.
    package let wireCode: HTTP2ErrorCode?

    package init(_ code: Code, _ message: String, wireCode: HTTP2ErrorCode? = nil) {
        self.code = code
        self.message = message
        self.wireCode = wireCode
    }

    package var description: String {
        wireCode.map { "\(code.rawValue): \(message) (\($0))" } ?? "\(code.rawValue): \(message)"
    }
}
