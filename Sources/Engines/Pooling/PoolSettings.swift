/// How many connections a pool opens, and how long it keeps them.
package struct PoolSettings: Hashable, Sendable {
    /// Connections that stand or are being opened, in all: 32.
    package var connections: Int
    /// Connections that carry many exchanges at once: 1, and more, up to `connections`, when their streams are full.
    package var multiplexed: Int
    /// How long a connection without an exchange is kept.
    package var idle: Duration
    /// How old a connection may become before it takes no more exchanges.
    package var age: Duration
    /// How long nothing is opened after an attempt failed while other connections stand: 1 s. Without it a server
    /// that takes only so many connections is asked again and again.
    package var pause: Duration = .seconds(1)

    package init(
        connections: Int = 32, multiplexed: Int = 1, idle: Duration = .seconds(60), age: Duration = .seconds(600)
    ) {
        self.connections = max(1, connections)
        self.multiplexed = max(1, multiplexed)
        self.idle = idle
        self.age = age
    }
}

/// What is known of the protocol before a connection stands.
package enum PoolKind: Hashable, Sendable {
    /// Each connection carries one exchange at a time: as many are opened as exchanges wait.
    case exclusive
    /// Each carries many: one is opened after the other.
    case multiplexed
    /// The handshake will tell. One goes ahead.
    case unknown
}

/// A connection of one pool. The slot is small and used again after the connection's end, so that a driver keeps its
/// connections in an array; the generation tells apart who had the same slot.
package struct PooledConnection: Hashable, Sendable {
    package let slot: Int32
    let generation: UInt32
}

/// An exchange that waits for a connection. As with ``PooledConnection``, the slot is used again.
package struct WaiterTicket: Hashable, Sendable {
    package let slot: Int32
    let generation: UInt32
}

/// The answer to who asks for a connection.
package enum PoolAnswer: Hashable, Sendable {
    /// Here is one. `uses` exchanges had it before.
    case granted(PooledConnection, uses: Int)
    /// Wait: ``PoolDecision/grant(_:_:uses:)`` or ``PoolDecision/refuse(_:)`` follows.
    case queued(WaiterTicket)
}

/// What the pool's owner is to do.
package enum PoolDecision: Hashable, Sendable {
    /// Open a connection; say how it went with `opened` or `closed`.
    case open(PooledConnection)
    /// Give up the attempt to open it: nobody waits any more. The pool has forgotten it.
    case abandon(PooledConnection)
    /// The exchange that waited longest gets this connection.
    case grant(WaiterTicket, PooledConnection, uses: Int)
    /// The exchange gets none: the last attempt failed and no connection is left.
    case refuse(WaiterTicket)
    /// Close the connection, which carries nothing. The pool has forgotten it.
    case close(PooledConnection, CloseReason)

    /// Why a connection is closed.
    package enum CloseReason: Hashable, Sendable { case idle, aged, retired }
}
