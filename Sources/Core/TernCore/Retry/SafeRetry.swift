/// Sends a request again once, if that is provably safe and may help: what every session does by default.
///
/// - No byte reached a server that could act on it (``RetrySafety/notSent``): for every method.
/// - The connection had been used before and was found closed before any byte of a response (RFC 9112 §9.3.1): for
///   idempotent methods (RFC 9110 §9.2.2) and QUERY.
/// - A 421, on another connection (RFC 9110 §15.5.20), and a 425, without early data (RFC 8470 §5.2): for every
///   method, since the server says that it did not act.
///
/// Not after what a second try cannot change, such as an unknown host or a bad certificate; not after a timeout,
/// which would double the time that the caller allowed; never after another response.
public struct SafeRetry: RetryPolicy {
    /// The policy.
    public init() {}

    public func decide(_ attempt: FinishedAttempt) -> RetryDecision {
        guard attempt.number == 1 else { return .stop }
        switch attempt.outcome {
        case .answered(let status, _): return status.isMisrouted ? .retry(after: .zero) : .stop
        case .failed(let error):
            let isRepeated = !error.code.isTimeout && error.canBeRepeated(attempt.request.method)
            return isRepeated ? .retry(after: .zero) : .stop
        }
    }
}

extension HTTPRequest.Method {
    /// Whether sending it twice is the same as sending it once (RFC 9110 §9.2.2, RFC 10008 §2). Methods that are not
    /// known are not.
    var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .trace, .put, .delete: true
        default: rawValue == "QUERY"
        }
    }
}

extension TransportError {
    /// Whether it is provably safe, and not pointless, to send again what ended in this error.
    func canBeRepeated(_ method: HTTPRequest.Method) -> Bool {
        switch retrySafety {
        case .notSent: !code.isFinal
        case .maybeProcessed: isDeadConnection && method.isIdempotent
        case .processed: false
        }
    }

    /// Whether the connection was idle, and found closed when it was used again.
    private var isDeadConnection: Bool {
        reusedConnection && (code == .connectionClosed || code == .connectionReset)
    }
}

extension TransportError.Code {
    /// Whether a second try would end in the same way, or must not be made.
    var isFinal: Bool {
        switch self {
        case .badRequest, .unsupported, .closed, .hostNotFound, .addressRefused, .certificateInvalid, .pinMismatch,
            .clientCertificateInvalid, .protocolRefused, .olderVersionWanted, .proxyRefused, .bodyFailed,
            .bodyLengthMismatch,
            .headTooLarge, .attemptTimeout, .totalTimeout, .cancelled, .libraryFailure:
            true
        default: false
        }
    }

    /// Whether time ran out.
    var isTimeout: Bool {
        switch self {
        case .resolveTimeout, .connectTimeout, .tlsTimeout, .poolTimeout, .firstByteTimeout, .idleReadTimeout,
            .idleWriteTimeout, .attemptTimeout, .totalTimeout:
            true
        default: false
        }
    }
}
