/// Carries one HTTP exchange. The seam between `Session` and everything that moves bytes.
///
/// The rules that every transport keeps. In brackets: how the names of the cases of `TransportConformance` begin that
/// try them.
///
/// - **One answer.** Each `send` ends in one response or in one error. 1xx responses go to
///   ``Exchange/onEvent`` and are never the final one (RFC 9110 §15.2) [`answer`, `informational`].
/// - **One exchange.** No redirect, retry, cookie, cache or decoding happens below this line, and a request
///   is never put on the wire twice. The exception is rejected 0-RTT data, sent again on the same connection
///   (RFC 8470 §4). A transport composed of others may send again only what is ``RetrySafety/notSent``
///   [`connection`, `goaway`, `stream`].
/// - **Delivery.** ``Delivery/prompt`` returns when the final head is in and the body follows;
///   ``Delivery/whole(upTo:)`` returns once with everything, or live when the cap is passed [`delivery`].
/// - **Backpressure.** Unread bytes of a body are bounded by ``Limits/unreadBody`` [`backpressure`].
/// - **Cancelling or dropping** a response ends that exchange, at once and in every phase, and spares its
///   neighbours on the same connection [`cancel`, `timeout`].
/// - **Truncation is an error** on every protocol (RFC 9112 §8, RFC 9113 §8.1.1, RFC 9114 §4.1.2)
///   [`truncation`].
/// - **What is lacking is refused** before any byte is sent: a request that needs a feature which the transport
///   has not got over the protocols that may be chosen ends in ``TransportError/Code/unsupported`` [`life`].
/// - **Field values** from the peer keep their order and are never joined; an invalid one is an error, no trap
///   [`answer`, `framing`, `http2`, `flood`].
public protocol Transport: Sendable {
    /// What the transport can do whichever of `protocols` is chosen in the end.
    func capabilities(over protocols: ProtocolSet) -> Capabilities

    /// Carries one exchange. Not isolated to any actor; safe to call from many tasks at once.
    func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse

    /// Refuses new exchanges, lets those under way end, cancels what is left at `deadline`, closes everything.
    /// `nil` waits as long as it takes. A second call waits for the first.
    func shutdown(by deadline: Instant?) async
}

/// Erases a transport's type: for libraries that store a session, and for choice at run time.
public struct AnyTransport: Transport {
    /// The transport inside.
    public let base: any Transport

    /// Wraps `base`; a transport that is erased already is not wrapped twice.
    public init(_ base: some Transport) { self.base = (base as? AnyTransport)?.base ?? base }

    public func capabilities(over protocols: ProtocolSet) -> Capabilities { base.capabilities(over: protocols) }

    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        try await base.send(exchange)
    }

    public func shutdown(by deadline: Instant?) async { await base.shutdown(by: deadline) }
}
