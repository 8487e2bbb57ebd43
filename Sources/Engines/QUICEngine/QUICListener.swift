package import Wire

/// What a server does for addresses that were not validated (RFC 9000 §8.1).
package enum QUICRetryPolicy: Sendable { case never, always }

/// Settings of a listener.
package struct QUICListenerOptions: Sendable {
    /// Whether each client has to prove its address with Retry first. A token of NEW_TOKEN spares it.
    package var retry = QUICRetryPolicy.never
    /// Whether clients are given a token for later connections.
    package var sendsNewTokens = true
    /// Tickets that a client is given after the handshake: 1.
    package var tickets = 1
    /// Whether early data is taken; each ticket's only once.
    package var takesEarlyData = false
    /// Whether packets of unknown connections are answered with a stateless reset (RFC 9000 §10.3).
    package var sendsStatelessResets = true
    /// Versions that are taken.
    package var versions: [QUICVersion] = [.v1]
    /// Connections at once; beyond it clients get no answer: 10,000.
    package var connections = 10_000
    /// Of each connection.
    package var connection: QUICOptions

    package init() {
        connection = QUICOptions()
        connection.peerStreams = 100
    }
}

/// The server's side of a UDP socket: it finds the connection of each datagram, takes on new ones, and answers what
/// belongs to none.
package final class QUICListener {
    package let context: QUICContext
    package let options: QUICListenerOptions

    /// A listener whose tokens and resets depend on `secret`, 32 bytes; random if nil. Two listeners with the same
    /// secret honour each other's tokens.
    package init(
        _ context: QUICContext, options: QUICListenerOptions = QUICListenerOptions(), secret: [UInt8]? = nil
    ) throws(QUICError) {
        self.context = context
        self.options = options
    }

    /// Where a datagram belongs.
    package enum Verdict {
        /// To this connection: feed it.
        case connection(QUICConnection)
        /// To this new one: attach HTTP/3, then feed it.
        case accepted(QUICConnection)
        /// To none; there may be an answer in ``QUICListener/nextOutput(into:)``.
        case settled
    }

    /// Looks where a datagram belongs. All datagrams that `UDP_GRO` merged belong to the same.
    package func route(_ datagram: Span<UInt8>, path: QUICPath, at now: Instant) -> Verdict { .settled }

    /// The next answer that belongs to no connection: Version Negotiation, Retry, stateless reset. As
    /// ``QUICConnection/nextOutput(into:at:)``.
    package func nextOutput(into buffer: inout [UInt8]) -> QUICBatch? { nil }

    /// Forgets a connection that is over, or that is to vanish: its packets belong to none from now on.
    package func forget(_ connection: QUICConnection) {}

    /// Connections that are known.
    package var count: Int { 0 }
}
