/// Why an exchange did not end in a response: what was tried, what came back, and whether it is safe to try again.
public struct TransportError: Error, Sendable, CustomStringConvertible {
    private final class Storage: Sendable {
        let code: Code
        let phase: Phase
        let retrySafety: RetrySafety
        let endpoint: String
        let message: String
        let elapsed: Duration?
        let reusedConnection: Bool
        let proxyAnswer: ProxyAnswer?
        let libraryCode: String?
        let underlying: (any Error)?

        init(
            _ code: Code, _ phase: Phase, _ retrySafety: RetrySafety, _ endpoint: String, _ message: String,
            _ elapsed: Duration?, _ reusedConnection: Bool, _ proxyAnswer: ProxyAnswer?, _ libraryCode: String?,
            _ underlying: (any Error)?
        ) {
            self.code = code
            self.phase = phase
            self.retrySafety = retrySafety
            self.endpoint = endpoint
            self.message = message
            self.elapsed = elapsed
            self.reusedConnection = reusedConnection
            self.proxyAnswer = proxyAnswer
            self.libraryCode = libraryCode
            self.underlying = underlying
        }
    }
    private let storage: Storage

    /// An error. `message` is one sentence without a full stop: what was tried, with what, and what came back.
    public init(
        _ code: Code, phase: Phase, retrySafety: RetrySafety, endpoint: String, message: String,
        elapsed: Duration? = nil, reusedConnection: Bool = false, proxyAnswer: ProxyAnswer? = nil,
        libraryCode: String? = nil, underlying: (any Error)? = nil
    ) {
        storage = Storage(
            code, phase, retrySafety, endpoint, message, elapsed, reusedConnection, proxyAnswer, libraryCode,
            underlying)
    }

    /// What happened. The raw values are stable.
    public var code: Code { storage.code }
    /// How far the exchange had come.
    public var phase: Phase { storage.phase }
    /// Whether the peer may have acted on the request.
    public var retrySafety: RetrySafety { storage.retrySafety }
    /// The origin, proxy or address concerned, without user information.
    public var endpoint: String { storage.endpoint }
    /// What was tried, and what came back.
    public var message: String { storage.message }
    /// Time since `send`, or since the start of the phase for a timeout of one.
    public var elapsed: Duration? { storage.elapsed }
    /// Whether the connection had carried an exchange before. Together with ``Code/connectionClosed`` or
    /// ``Code/connectionReset`` before any byte of a response: it was dead already (RFC 9112 §9.3.1).
    public var reusedConnection: Bool { storage.reusedConnection }
    /// What a proxy answered instead of opening a tunnel: 407 with its challenge, say.
    public var proxyAnswer: ProxyAnswer? { storage.proxyAnswer }
    /// The name or number that the library underneath gave: `CURLE_RECV_ERROR (56)`.
    public var libraryCode: String? { storage.libraryCode }
    /// The error that the caller's own body threw.
    public var underlying: (any Error)? { storage.underlying }

    /// The message, with the phase and what is known besides.
    public var description: String {
        var text = message
        if let elapsed { text += " after \(Int64(elapsed.milliseconds.rounded())) ms" }
        if let libraryCode { text += " [\(libraryCode)]" }
        return text
    }

    /// How far an exchange had come.
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        /// The request itself was looked at.
        case input
        /// It waited for its turn.
        case queue
        /// The host's addresses were looked up.
        case resolve
        /// A connection to one of them, or through the proxy, was being made.
        case connect
        /// The TLS handshake was under way.
        case tls
        /// The request was being sent.
        case send
        /// The request was sent, and the final head had not come.
        case head
        /// The head had come.
        case body
    }

    /// The answer of a proxy that refused.
    public struct ProxyAnswer: Sendable, Hashable {
        /// 407, 403, …
        public var status: HTTPResponse.Status
        /// Its fields, a challenge among them.
        public var fields: HTTPFields
        /// A refusal with its fields.
        public init(status: HTTPResponse.Status, fields: HTTPFields) {
            self.status = status
            self.fields = fields
        }
    }

    /// What happened.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        // Before anything is sent
        /// The request contradicts itself or holds what must not be sent.
        case badRequest
        /// The transport lacks what the request needs.
        case unsupported
        /// The transport was shut down.
        case closed
        /// The host has no address.
        case hostNotFound
        /// The resolver could not be asked, or gave no answer.
        case resolveFailed
        /// All of the host's addresses are refused by ``ConnectOptions/rules``.
        case addressRefused
        /// The peer refuses connections.
        case connectionRefused
        /// No connection could be made for another reason.
        case connectFailed
        /// The TLS handshake failed.
        case tlsFailed
        /// The peer's certificate is not trusted, out of date, or for another name.
        case certificateInvalid
        /// The peer has none of the keys or certificates in ``TLSOptions/pins``.
        case pinMismatch
        /// The client certificate or its key cannot be used.
        case clientCertificateInvalid
        /// Another protocol was chosen by ALPN than the caller allows.
        case protocolRefused
        /// The proxy answered, and did not open a tunnel; see ``TransportError/proxyAnswer``.
        case proxyRefused
        /// The proxy does not speak as it should, or could not reach the host.
        case proxyFailed
        // Timeouts, one for each phase
        /// ``Timeouts/resolve`` passed.
        case resolveTimeout
        /// ``Timeouts/connect`` passed.
        case connectTimeout
        /// ``Timeouts/tls`` passed.
        case tlsTimeout
        /// ``Timeouts/poolWait`` passed.
        case poolTimeout
        /// ``Timeouts/firstByte`` passed.
        case firstByteTimeout
        /// ``Timeouts/idleRead`` passed.
        case idleReadTimeout
        /// ``Timeouts/idleWrite`` passed.
        case idleWriteTimeout
        /// ``Timeouts/attempt`` passed.
        case attemptTimeout
        /// ``Exchange/deadline`` passed.
        case totalTimeout
        // While the exchange is under way
        /// The request could not be written to the connection.
        case sendFailed
        /// The peer closed the connection before a response had begun.
        case connectionClosed
        /// The connection broke.
        case connectionReset
        /// What came is not a valid HTTP message.
        case malformedResponse
        /// The head passes ``Limits/head`` or ``Limits/fields``.
        case headTooLarge
        /// The body ended before its time.
        case bodyTruncated
        /// The peer ended the stream with an error (RFC 9113 §5.4.2).
        case streamReset
        /// The peer did not begin with the request (RFC 9113 §8.7).
        case streamRefused
        /// The peer is shutting the connection down (RFC 9113 §6.8).
        case goAway
        /// The server asks for the request over HTTP/1.1 (H3_VERSION_FALLBACK, RFC 9114 §8.1), and has not acted on
        /// it: over this transport it will do so again.
        case olderVersionWanted
        /// The peer broke the rules of HTTP/2 or 3.
        case protocolViolation
        /// The caller's body threw an error.
        case bodyFailed
        /// The caller's body gave more or fewer bytes than were announced.
        case bodyLengthMismatch
        /// The task was cancelled, or the response was dropped.
        case cancelled
        /// The library underneath failed in a way that should not occur; the message has its words.
        case libraryFailure
    }
}

/// Whether it is safe to send a request again after an error (RFC 9110 §9.2.2, RFC 9113 §8.7).
public enum RetrySafety: String, Sendable, Hashable, CaseIterable {
    /// No byte of it reached a server that could act on it: safe for every method.
    case notSent
    /// It may have been acted on: safe for idempotent methods only.
    case maybeProcessed
    /// A response had begun: it was acted on.
    case processed
}
