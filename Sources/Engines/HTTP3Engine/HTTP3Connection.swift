package import QUICEngine
package import Wire

/// HTTP/3 (RFC 9114) on a connection of QUIC, either side of it, without sockets, tasks or clocks.
///
/// The same verbs as ``QUICConnection``, which it drives: feed datagrams to ``receive(_:segment:ecn:path:at:)``, take
/// ``nextEvent()`` until it is nil, send what ``nextOutput(into:at:)`` gives until that is nil, call ``expire(at:)``
/// when ``deadline`` has passed. What a peer sends wrongly ends in ``HTTP3Event/closed(_:_:)`` for the stream
/// concerned, or in ``HTTP3Event/failed(_:)``, before which every open stream was closed. Not safe for use by two
/// threads at once.
package final class HTTP3Connection {
    /// The connection below. Close, ping, migrate, and look at the handshake there; events are taken here.
    package let quic: QUICConnection
    package let options: HTTP3Options

    /// Speaks HTTP/3 on a connection that was made or accepted just now: before its first datagram is fed or taken.
    package init(_ quic: QUICConnection, options: HTTP3Options = HTTP3Options()) throws(HTTP3Error) {
        self.quic = quic
        self.options = options
    }

    package var role: QUICRole { quic.role }

    // MARK: In and out

    /// Takes a datagram, or with `segment` several of that size, the last perhaps shorter, as `UDP_GRO` hands them
    /// out. `path` is nil where they came over the path in use, as with a connected socket.
    package func receive(
        _ datagrams: Span<UInt8>, segment: Int? = nil, ecn: QUICECN = .none, path: QUICPath? = nil, at now: Instant
    ) {
        quic.receive(datagrams, segment: segment ?? datagrams.count, ecn: ecn, path: path, at: now)
    }

    /// What happened, oldest first; nil when nothing is left.
    package func nextEvent() -> HTTP3Event? { nil }

    /// Puts the next datagrams at the start of `buffer`: see ``QUICConnection/nextOutput(into:at:)``.
    package func nextOutput(into buffer: inout [UInt8], at now: Instant) -> QUICBatch? {
        quic.nextOutput(into: &buffer, at: now)
    }

    /// When ``expire(at:)`` is to be called; nil if at no time.
    package var deadline: Instant? { quic.deadline }

    /// Does what is due at `now`.
    package func expire(at now: Instant) { quic.expire(at: now) }

    // MARK: State

    /// Why the connection is over; nil while it lives.
    package var error: HTTP3Error? { nil }
    /// What the peer allows; the defaults until its SETTINGS came.
    package var peerSettings: HTTP3PeerSettings { HTTP3PeerSettings() }
    /// Whether the peer's SETTINGS came.
    package var hasPeerSettings: Bool { false }
    /// Streams that are open: opened, and not closed yet.
    package var openStreams: Int { 0 }
    /// How many more streams may be opened now. Nought for good once the connection closes.
    package var availableStreams: Int { 0 }
    /// Whether the connection may ever open another stream.
    package var takesStreams: Bool { false }
    /// Whether the connection is done: it ended, or it closes and no stream is left.
    package var isOver: Bool { false }

    // MARK: The end

    /// Sends GOAWAY: the peer opens no more streams, those that are open go on (RFC 9114 §5.2).
    package func goAway() {}

    /// Ends the connection at once: CONNECTION_CLOSE is the last output, and all streams close.
    package func close(_ code: HTTP3ErrorCode = .noError, reason: String = "", at now: Instant) {}
}
