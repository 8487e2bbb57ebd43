import HTTPTypes

extension TestServer {
    /// What no good server does. Where it stands in the steps of a reply is when it happens.
    public enum Fault: Sendable {
        // The exchange
        /// Ends the stream with a code, after what was said before: RST_STREAM (RFC 9113 §6.4), RESET_STREAM and
        /// STOP_SENDING (RFC 9114 §4.1.1). On HTTP/1.1 the connection is reset.
        case reset(StreamCode)
        /// Asks the client to send no more of the request: STOP_SENDING (RFC 9000 §3.5); RST_STREAM with NO_ERROR
        /// behind a complete response (RFC 9113 §8.1). On HTTP/1.1 no more is read.
        case stopSending(StreamCode)
        /// Does nothing more about this exchange.
        case stall
        /// A head of any names and values, as no check has seen it: `:status` first, unless it is to be wrong.
        /// Everything of this exchange that follows goes out around the engine, too.
        case rawHead([(name: String, value: String)])
        // The connection
        /// GOAWAY (RFC 9113 §6.8, RFC 9114 §5.2). On HTTP/1.1 nothing.
        case goAway(LastStream, StreamCode = .noError)
        /// Closes the connection in an orderly way, once what was said before has been sent.
        case close
        /// Ends the connection without the goodbye of TLS or QUIC, once what was said before has been sent.
        case truncate
        /// Resets the connection: TCP's RST; what is under way is lost.
        case resetConnection
        /// Neither reads nor sends anything more on this connection, which stays open.
        case blackhole
        /// Bytes that go out as they are, inside TLS: a head with faults, frames, or garbage. On HTTP/1.1 the
        /// connection is closed when the reply has ended. Over HTTP/3 they go onto the stream of the request.
        case raw([UInt8])
        /// Frames of no use, so many of them.
        case flood(Flood, count: Int)
    }

    /// Which stream a GOAWAY names as the last that is acted on.
    public enum LastStream: Sendable, Hashable {
        /// The stream of this very exchange.
        case this
        /// The one before: this exchange is not acted on.
        case previous
        /// None at all.
        case none
        /// The highest number there is: a warning that the end is near.
        case warning
        /// This number.
        case number(UInt64)
    }

    /// Something to send without end.
    public enum Flood: Sendable, Hashable, CaseIterable {
        /// PING frames (HTTP/2); 102 responses elsewhere.
        case ping
        /// SETTINGS frames (HTTP/2); 102 responses on HTTP/1.1.
        case settings
        /// DATA frames without content on the stream of the request; on HTTP/1.1, once the head is out, chunks of
        /// one byte.
        case emptyData
        /// CONTINUATION frames without content (HTTP/2); 102 responses elsewhere.
        case continuation
        /// Responses of status 102.
        case informational
        /// Frames of a kind that nobody knows (RFC 9113 §5.5, RFC 9114 §9); 102 responses on HTTP/1.1.
        case unknown
    }

    /// Why a stream or a connection ends, whatever the version of HTTP (RFC 9113 §7, RFC 9114 §8.1).
    public enum StreamCode: Sendable, Hashable {
        /// NO_ERROR.
        case noError
        /// CANCEL, H3_REQUEST_CANCELLED.
        case cancel
        /// REFUSED_STREAM, H3_REQUEST_REJECTED: nothing was done.
        case refused
        /// INTERNAL_ERROR.
        case internalError
        /// PROTOCOL_ERROR, H3_GENERAL_PROTOCOL_ERROR.
        case protocolError
        /// ENHANCE_YOUR_CALM, H3_EXCESSIVE_LOAD.
        case excessiveLoad
        /// HTTP_1_1_REQUIRED, H3_VERSION_FALLBACK.
        case versionFallback
        /// Another number.
        case number(UInt64)

        var http2: HTTP2ErrorCode {
            switch self {
            case .noError: .noError
            case .cancel: .cancel
            case .refused: .refusedStream
            case .internalError: .internalError
            case .protocolError: .protocolError
            case .excessiveLoad: .enhanceYourCalm
            case .versionFallback: HTTP2ErrorCode(rawValue: 0xD)
            case .number(let number): HTTP2ErrorCode(rawValue: UInt32(truncatingIfNeeded: number))
            }
        }

        var http3: UInt64 {
            switch self {
            case .noError: 0x100
            case .cancel: 0x10C
            case .refused: 0x10B
            case .internalError: 0x102
            case .protocolError: 0x101
            case .excessiveLoad: 0x107
            case .versionFallback: 0x110
            case .number(let number): number
            }
        }
    }

    /// What becomes of a connection as such, before any request: by its number, in the order of accepting.
    public enum ConnectionPlan: Sendable {
        /// It is served.
        case serve
        /// It is served, and shows this certificate.
        case certificate(TestCertificate)
        /// It is closed at once.
        case close
        /// It is reset at once.
        case reset
        /// It is accepted, and nothing more happens.
        case stall
        /// It is sent these bytes before anything else, whatever the client says, and then closed.
        case garbage([UInt8])
        /// When the first bytes of TLS are here, something goes wrong in the handshake.
        case handshake(HandshakeFault)
    }

    /// What goes wrong in a handshake.
    public enum HandshakeFault: Sendable {
        /// No answer comes.
        case stall
        /// The connection is closed.
        case close
        /// The connection is reset.
        case reset
        /// Bytes come that are not TLS.
        case garbage
        /// A fatal alert (RFC 8446 §6.2).
        case alert(UInt8)
    }
}
