package import HTTPTypes

/// How a request stream ended. Every stream that was opened ends in exactly one.
package struct HTTP3Closing: Equatable, Sendable, CustomStringConvertible {
    /// Who ended the stream.
    package enum Cause: UInt8, Sendable, CaseIterable {
        /// Both sides ended their message.
        case complete
        /// We reset it on the owner's wish.
        case localReset
        /// The peer sent RESET_STREAM, or ended its direction before a whole message.
        case peerReset
        /// The peer's GOAWAY says that it was not, and will not be, acted on (RFC 9114 §5.2).
        case goAway
        /// The peer's message is malformed (RFC 9114 §4.1.2); we reset it.
        case malformed
        /// The peer's head or trailer section exceeds our limits; we reset it.
        case headTooLarge
        /// The peer sent more informational responses than we take; we reset it.
        case tooManyInformational
        /// It was sent as early data, which the server did not take: it may be sent again on this connection.
        case earlyDataRejected
        /// The whole connection failed or ended.
        case connection
    }

    package var cause: Cause
    /// The code that was sent or received.
    package var code: HTTP3ErrorCode
    /// Whether any byte of our head was handed out as output.
    package var wasSent: Bool

    package init(_ cause: Cause, code: HTTP3ErrorCode, wasSent: Bool) {
        self.cause = cause
        self.code = code
        self.wasSent = wasSent
    }

    /// Whether the peer certainly did not act on the request, so that any method may be sent again: it never left,
    /// is not below GOAWAY's identifier, was rejected (RFC 9114 §4.1.1), or was early data that was not taken.
    package var isUnprocessed: Bool {
        !wasSent || cause == .goAway || cause == .earlyDataRejected
            || (cause == .peerReset && code == .requestRejected)
    }

    /// Whether the server asks for the request over HTTP/1.1 (RFC 9114 §8.1, H3_VERSION_FALLBACK).
    package var wantsOlderVersion: Bool { cause == .peerReset && code == .versionFallback }

    /// What happened, in words.
    package var description: String {
        switch cause {
        case .complete: "complete"
        case .localReset: "reset by us with \(code)"
        case .peerReset: "reset by the peer with \(code)"
        case .goAway: "not taken on by the peer, which goes away"
        case .malformed: "the peer's message is malformed (\(code))"
        case .headTooLarge: "the peer's head or trailers exceed the limit"
        case .tooManyInformational: "the peer sent too many informational responses"
        case .earlyDataRejected: "sent as early data, which the peer did not take"
        case .connection: wasSent ? "the connection ended" : "the connection ended before the head was sent"
        }
    }
}
