internal import DequeModule
internal import Fields
package import HTTPTypes
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
    let handle: HTTP3Handle
    /// Heads are put together in here; kept for its memory.
    var heads = HeadBytes()
    /// Whether GOAWAY went out on the owner's wish.
    private var isClosing = false

    /// Speaks HTTP/3 on a connection that was made or accepted just now: before its first datagram is fed or taken.
    package init(_ quic: QUICConnection, options: HTTP3Options = HTTP3Options()) throws(HTTP3Error) {
        self.quic = quic
        self.options = options
        handle = HTTP3Handle(quic, HTTP3Inbox(role: quic.role, options: options))
        guard handle.attach() else {
            throw HTTP3Error(.outOfOrder, "HTTP/3 cannot begin on a connection that is used already")
        }
    }

    package var role: QUICRole { quic.role }

    // MARK: In and out

    /// Takes a datagram, or with `segment` several of that size, the last perhaps shorter, as `UDP_GRO` hands them
    /// out. `path` is nil where they came over the path in use, as with a connected socket.
    package func receive(
        _ datagrams: Span<UInt8>, segment: Int? = nil, ecn: QUICECN = .none, path: QUICPath? = nil, at now: Instant
    ) {
        quic.receive(datagrams, segment: segment ?? datagrams.count, ecn: ecn, path: path, at: now)
        settle()
    }

    /// What happened, oldest first; nil when nothing is left.
    package func nextEvent() -> HTTP3Event? {
        settle()
        while let event = quic.nextEvent() {
            switch event {
            case .ended(let closing): end(closing)
            case .data, .reset, .stopSending, .closed: continue
            default: return .quic(event)
            }
        }
        guard let event = handle.inbox.events.popFirst() else { return nil }
        if case .closed(let stream, _) = event { handle.inbox.streams.release(stream.slot, .closedTaken) }
        return event
    }

    /// Puts the next datagrams at the start of `buffer`: see ``QUICConnection/nextOutput(into:at:)``.
    package func nextOutput(into buffer: inout [UInt8], at now: Instant) -> QUICBatch? {
        quic.nextOutput(into: &buffer, at: now)
    }

    /// When ``expire(at:)`` is to be called; nil if at no time.
    package var deadline: Instant? { quic.deadline }

    /// Does what is due at `now`.
    package func expire(at now: Instant) { quic.expire(at: now) }

    /// Gives up the streams that the peer's GOAWAY leaves out: they may be sent elsewhere (RFC 9114 §5.2).
    private func settle() {
        guard handle.inbox.goAwayDue, let first = handle.inbox.goAwayID else { return }
        handle.inbox.goAwayDue = false
        for slot in handle.inbox.streams.openSlots where handle.inbox.streams[slot].id >= first {
            handle.reset(handle.inbox.streams[slot].id, .requestCancelled)
            handle.inbox.close(slot, .goAway, .requestRejected)
        }
    }

    private func end(_ closing: QUICClosing) {
        for slot in handle.inbox.streams.openSlots {
            handle.inbox.close(slot, .connection, HTTP3ErrorCode(wire: closing.code))
        }
        for slot in handle.inbox.streams.heldSlots { handle.inbox.streams.release(slot, .gone) }
        let error = HTTP3Error(closing)
        self.error = error
        handle.inbox.events.append(.failed(error))
    }

    // MARK: State

    /// Why the connection is over; nil while it lives, or while the events that led to it were not taken.
    package private(set) var error: HTTP3Error?
    /// What the peer allows; the defaults until its SETTINGS came.
    package var peerSettings: HTTP3PeerSettings { handle.inbox.peer }
    /// Whether the peer's SETTINGS came.
    package var hasPeerSettings: Bool { handle.inbox.hasPeerSettings }
    /// Streams that are open: opened, and not closed yet.
    package var openStreams: Int { handle.inbox.streams.openCount }
    /// How many more streams may be opened now. Nought for good once the connection closes.
    package var availableStreams: Int { takesStreams && handle.isReady ? quic.availableStreams : 0 }
    /// Whether the connection may ever open another stream.
    package var takesStreams: Bool {
        role == .client && quic.closing == nil && !isClosing && handle.inbox.goAwayID == nil
    }
    /// Whether the connection is done: it ended, or it closes and no stream is left.
    package var isOver: Bool {
        quic.closing != nil || (openStreams == 0 && (isClosing || handle.inbox.goAwayID != nil))
    }

    // MARK: The end

    /// Sends GOAWAY: the peer opens no more streams, those that are open go on (RFC 9114 §5.2). A server rejects those
    /// that come later.
    package func goAway() {
        isClosing = true
        handle.goAway(isFinal: true)
    }

    /// Server: asks the client to open no more streams; those on their way are still taken. ``goAway()`` follows a
    /// round trip later.
    package func announceShutdown() { handle.goAway(isFinal: false) }

    /// Ends the connection at once: CONNECTION_CLOSE is the last output, and all streams close.
    package func close(_ code: HTTP3ErrorCode = .noError, reason: String = "", at now: Instant) {
        isClosing = true
        quic.close(code.rawValue, reason: reason, at: now)
    }
}

extension HTTP3Error {
    /// The connection ended.
    init(_ closing: QUICClosing) {
        let detail = closing.reason.isEmpty ? "" : ": \(closing.reason)"
        let code = HTTP3ErrorCode(wire: closing.code)
        let message =
            switch closing.cause {
            case .peerApplication: "the peer closed the connection with \(code)\(detail)"
            case .applicationViolation: "the peer broke a rule of HTTP/3, \(code)"
            default: closing.description
            }
        self.init(.connectionEnded, message, closing: closing)
    }
}
