package import TLSEngine

/// How a connection ended.
package struct QUICClosing: Equatable, Sendable, CustomStringConvertible {
    /// What ended it.
    package enum Cause: Equatable, Sendable {
        /// Its owner called ``QUICConnection/close(_:reason:)``.
        case closedByOwner
        /// Nothing came within the idle timeout (RFC 9000 §10.1).
        case idle
        /// The handshake was not done in time.
        case handshakeTimeout
        /// The peer sent CONNECTION_CLOSE of the transport, with a code of RFC 9000 §20.1.
        case peerTransport
        /// The peer sent CONNECTION_CLOSE of the application: HTTP/3's codes, RFC 9114 §8.1.
        case peerApplication
        /// The peer does not know the connection (RFC 9000 §10.3): it may have started anew.
        case statelessReset
        /// The peer speaks none of our versions, but these.
        case versionNegotiation([QUICVersion])
        /// TLS failed: certificate, ALPN, alert. The code is 0x100 and the alert (RFC 9001 §4.8).
        case tls(TLSError)
        /// The peer broke a rule of QUIC, and we closed with a code of RFC 9000 §20.1.
        case violation
        /// The peer broke a rule of the application's protocol, and we closed with one of its codes.
        case applicationViolation
        /// A server refused the connection before it began, or nobody listens: said by the owner.
        case refused
        /// The library failed: no memory, say.
        case libraryFailure
    }

    package var cause: Cause
    /// The code that came or went; nought where neither.
    package var code: UInt64
    /// What the peer says of it, or the library; ASCII, at most 1,024 bytes.
    package var reason: String
    /// Whether the handshake had been done. If not, no request was processed unless it was sent as early data.
    package var afterHandshake: Bool

    package init(_ cause: Cause, code: UInt64 = 0, reason: String = "", afterHandshake: Bool) {
        self.cause = cause
        self.code = code
        self.reason = reason
        self.afterHandshake = afterHandshake
    }

    /// Whether the peer ended it.
    package var isByPeer: Bool {
        switch cause {
        case .peerTransport, .peerApplication, .statelessReset: true
        default: false
        }
    }

    /// What happened, in words.
    package var description: String {
        let detail = reason.isEmpty ? "" : ": \(reason)"
        let number = "0x" + String(code, radix: 16)
        return switch cause {
        case .closedByOwner: "the connection was closed by its owner"
        case .idle: "nothing came from the peer within the idle timeout"
        case .handshakeTimeout: "the QUIC handshake was not done in time"
        case .peerTransport: "the peer closed the connection with \(Self.name(ofTransport: code) ?? number)\(detail)"
        case .peerApplication: "the peer closed the connection with code \(number)\(detail)"
        case .statelessReset: "the peer no longer knows the connection (stateless reset)"
        case .versionNegotiation(let versions):
            "the peer speaks no version of QUIC that we do, but \(versions.map(\.description).joined(separator: ", "))"
        case .tls(let error): error.message
        case .violation: "the peer broke a rule of QUIC, \(Self.name(ofTransport: code) ?? number)\(detail)"
        case .applicationViolation: "the peer broke a rule of its protocol, code \(number)\(detail)"
        case .refused: "the connection was refused\(detail)"
        case .libraryFailure: "the QUIC library failed\(detail)"
        }
    }

    /// RFC 9000 §20.1.
    package static func name(ofTransport code: UInt64) -> String? {
        switch code {
        case 0x00: "NO_ERROR"
        case 0x01: "INTERNAL_ERROR"
        case 0x02: "CONNECTION_REFUSED"
        case 0x03: "FLOW_CONTROL_ERROR"
        case 0x04: "STREAM_LIMIT_ERROR"
        case 0x05: "STREAM_STATE_ERROR"
        case 0x06: "FINAL_SIZE_ERROR"
        case 0x07: "FRAME_ENCODING_ERROR"
        case 0x08: "TRANSPORT_PARAMETER_ERROR"
        case 0x09: "CONNECTION_ID_LIMIT_ERROR"
        case 0x0A: "PROTOCOL_VIOLATION"
        case 0x0B: "INVALID_TOKEN"
        case 0x0C: "APPLICATION_ERROR"
        case 0x0D: "CRYPTO_BUFFER_EXCEEDED"
        case 0x0E: "KEY_UPDATE_ERROR"
        case 0x0F: "AEAD_LIMIT_REACHED"
        case 0x10: "NO_VIABLE_PATH"
        case 0x11: "VERSION_NEGOTIATION_ERROR"
        case 0x100...0x1FF: "CRYPTO_ERROR with TLS alert \(code - 0x100)"
        default: nil
        }
    }
}
