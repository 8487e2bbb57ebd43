internal import Wire

/// Which side of a connection an engine is.
package enum QUICRole: Sendable { case client, server }

/// A version of QUIC by its number on the wire (RFC 9000 §15).
package struct QUICVersion: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// RFC 9000.
    package static let v1 = QUICVersion(rawValue: 1)
    /// A number that no version will ever have: it makes a server say what it speaks (RFC 9000 §6.3).
    package static let reserved = QUICVersion(rawValue: 0x1A2A_3A4A)

    package var description: String { "0x" + String(rawValue, radix: 16) }
}

/// Limits and wishes of one connection. Each cap bounds memory or work that a peer can ask for.
package struct QUICOptions: Sendable {
    /// The version that a client tries first.
    package var version = QUICVersion.v1
    /// Bytes that wait on a new stream: 256 KiB.
    package var streamWindow: UInt64 = 256 << 10
    /// Bytes to which a stream's window grows when its reader keeps up: 8 MiB.
    package var streamWindowLimit: UInt64 = 8 << 20
    /// Bytes that may be under way on the whole connection at first: 1 MiB.
    package var connectionWindow: UInt64 = 1 << 20
    /// Bytes to which the connection's window grows: 16 MiB.
    package var connectionWindowLimit: UInt64 = 16 << 20
    /// Streams in both directions that the peer may have open at once: for a server 100, for a client none, since
    /// HTTP/3 lets no server open one.
    package var peerStreams: UInt64 = 0
    /// Streams in one direction that the peer may have open at once: 3, as HTTP/3 needs (RFC 9114 §6.2).
    package var peerUnidirectionalStreams: UInt64 = 3
    /// How long nothing may arrive before the connection is given up: 30 s (RFC 9000 §10.1); nil for ever. The
    /// shorter of both sides' holds.
    package var idleTimeout: Duration? = .seconds(30)
    /// How long the handshake may take: 10 s.
    package var handshakeTimeout: Duration? = .seconds(10)
    /// How long the connection may be silent before a PING keeps it alive; nil, the default, sends none.
    package var keepAlive: Duration?
    /// Bytes of the largest datagram that we take: 65,527, the largest there is. With GRO the buffer takes any.
    package var maxReceivedDatagram: UInt64 = 65_527
    /// Bytes of the largest datagram that we send, once the path was found to carry it: 1,452.
    package var maxSentDatagram: Int = 1_452
    /// Whether larger datagrams are tried (RFC 8899).
    package var discoversPathMTU = true
    /// Whether what happens is told in qlog's JSON (see ``QUICConnection/nextQlog(into:)``).
    package var qlog = false
    /// Datagrams of one batch: 64, the most that `UDP_SEGMENT` takes.
    package var batchDatagrams = 64

    package init() {}
}
