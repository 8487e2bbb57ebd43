/// A transport that can open a connection before there is something to send: what a race between two transports runs.
///
/// A request must never be on its way twice, so connections are raced and not requests: ``preconnect(for:)`` opens one,
/// and the exchange is then sent to the transport whose connection stood first.
public protocol Preconnecting: Transport {
    /// Opens the connection that would carry `exchange`, unless one stands that has room, and returns what is known of
    /// it. Sends nothing of the exchange. The connection rests in the transport's pool, and the next exchange over an
    /// equal route finds it there.
    ///
    /// The exchange's timeouts for resolving, connecting and TLS hold, and its deadline; ``Exchange/onEvent`` is told
    /// `resolved`, `connected` and `tlsDone`, and `ready` at the end. When the task is cancelled, an attempt that nobody
    /// else waits for is given up. Errors are as of ``Transport/send(_:)``, and ``RetrySafety/notSent`` all of them.
    func preconnect(for exchange: Exchange) async throws(TransportError) -> ConnectionInfo
}

extension AnyTransport {
    /// The transport inside, if it can open connections ahead.
    public var preconnecting: (any Preconnecting)? { base as? any Preconnecting }
}
