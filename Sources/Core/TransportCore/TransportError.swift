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
        case input, queue, resolve, connect, tls, send, head, body
    }

    /// The answer of a proxy that refused.
    public struct ProxyAnswer: Sendable, Hashable {
        public var status: HTTPResponse.Status
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
        case hostNotFound
        case resolveFailed
        case addressRefused
        case connectionRefused
        case connectFailed
        case tlsFailed
        case certificateInvalid
        case pinMismatch
        case clientCertificateInvalid
        /// Another protocol was chosen by ALPN than the caller allows.
        case protocolRefused
        case proxyRefused
        case proxyFailed
        // Timeouts, one for each phase
        case resolveTimeout, connectTimeout, tlsTimeout, poolTimeout, firstByteTimeout, idleReadTimeout
        case idleWriteTimeout, attemptTimeout, totalTimeout
        // While the exchange is under way
        case sendFailed
        case connectionClosed
        case connectionReset
        case malformedResponse
        case headTooLarge
        case bodyTruncated
        case streamReset
        case streamRefused
        case goAway
        case protocolViolation
        /// The caller's body threw an error.
        case bodyFailed
        case bodyLengthMismatch
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
