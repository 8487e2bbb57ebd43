internal import CNGHTTP2
package import HTTPTypes

/// How a stream ended. Every stream that was opened ends in exactly one.
package struct HTTP2Closing: Equatable, Sendable, CustomStringConvertible {
    /// Who ended the stream.
    package enum Cause: UInt8, Sendable, CaseIterable {
        /// Both sides ended their message.
        case complete
        /// We reset it on the owner's wish.
        case localReset
        /// The peer sent RST_STREAM.
        case peerReset
        /// The peer's GOAWAY says that it was not, and will not be, acted on (RFC 9113 §6.8).
        case goAway
        /// The peer's message is malformed (RFC 9113 §8.1.1); we reset it.
        case malformed
        /// The peer's head or trailer section exceeds our limits; we reset it.
        case headTooLarge
        /// The peer sent more informational responses than we take; we reset it.
        case tooManyInformational
        /// The whole connection failed or ended.
        case connection
    }

    package var cause: Cause
    /// The code that was sent or received.
    package var code: HTTP2ErrorCode
    /// Whether any byte of our head was handed out as output.
    package var wasSent: Bool
    /// nghttp2's code for a malformed message; nought if there is none.
    var libraryCode: Int32

    package init(_ cause: Cause, code: HTTP2ErrorCode, wasSent: Bool, libraryCode: Int32 = 0) {
        self.cause = cause
        self.code = code
        self.wasSent = wasSent
        self.libraryCode = libraryCode
    }

    /// Whether the peer certainly did not act on the request, so that any method may be sent again: it never left,
    /// it is above GOAWAY's last stream, or it was refused (RFC 9113 §8.7).
    package var isUnprocessed: Bool {
        !wasSent || cause == .goAway || (cause == .peerReset && code == .refusedStream)
    }

    /// What happened, in words.
    package var description: String {
        switch cause {
        case .complete: "complete"
        case .localReset: "reset by us with \(code)"
        case .peerReset: "reset by the peer with \(code)"
        case .goAway: "not taken on by the peer, which goes away"
        case .malformed:
            libraryCode == 0
                ? "the peer's message is malformed (\(code))"
                : "the peer's message is malformed: \(NGHTTP2Session.words(for: libraryCode)) (\(code))"
        case .headTooLarge: "the peer's head or trailers exceed the limit"
        case .tooManyInformational: "the peer sent too many informational responses"
        case .connection: wasSent ? "the connection ended" : "the connection ended before the head was sent"
        }
    }
}
