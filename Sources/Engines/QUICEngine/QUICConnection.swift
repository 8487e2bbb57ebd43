package import Wire

/// One connection of QUIC (RFC 9000, 9001, 9002), either side of it, without sockets, tasks or clocks.
///
/// The owner feeds datagrams to ``receive(_:ecn:path:at:)``, takes ``nextEvent()`` until it is nil, sends what
/// ``nextOutput(into:at:)`` gives until that is nil, and calls ``expire(at:)`` when ``deadline`` has passed. Any call
/// may make output or events, and moves the deadline, so all three are asked for after each turn. Nothing that a peer
/// sends throws or traps: it ends in ``QUICEvent/ended(_:)``. Not safe for use by two threads at once.
package final class QUICConnection {
    package let role: QUICRole
    package let context: QUICContext
    package let options: QUICOptions

    /// Client: a connection to `host` over `path`; the first output is there at once.
    ///
    /// `host` is asked for (SNI; never an address) and verified by the context's policy. With `ticket` the session is
    /// resumed; with `earlyData` too, streams may be opened at once if the ticket allows (``sendsEarlyData``). `token`
    /// is one of ``QUICEvent/newToken(_:)``, or empty.
    package init(
        _ context: QUICContext, host: String?, path: QUICPath, options: QUICOptions = QUICOptions(),
        ticket: QUICTicket? = nil, earlyData: Bool = false, token: [UInt8] = [], at now: Instant
    ) throws(QUICError) {
        self.context = context
        self.options = options
        role = .client
    }

    // MARK: In

    /// Takes a datagram. `path` is nil where it came over the path in use, as with a connected socket.
    package func receive(_ datagram: Span<UInt8>, ecn: QUICECN = .none, path: QUICPath? = nil, at now: Instant) {}

    /// Takes datagrams of `segment` bytes each, the last perhaps shorter, as `UDP_GRO` hands them out.
    package func receive(
        _ datagrams: Span<UInt8>, segment: Int, ecn: QUICECN = .none, path: QUICPath? = nil, at now: Instant
    ) {}

    /// What happened, oldest first; nil when nothing is left.
    package func nextEvent() -> QUICEvent? { nil }

    // MARK: Out

    /// Puts the next datagrams at the start of `buffer`, which is made 64 KiB long if it is shorter. Nil if there is
    /// nothing to send now. Call again until then; what was handed out counts as sent.
    package func nextOutput(into buffer: inout [UInt8], at now: Instant) -> QUICBatch? { nil }

    /// Appends what there is of qlog (JSON text sequences, `.sqlog`), if ``QUICOptions/qlog`` asks for it.
    package func nextQlog(into text: inout [UInt8]) {}

    // MARK: Time

    /// When ``expire(at:)`` is to be called; nil if at no time.
    package var deadline: Instant? { nil }

    /// Does what is due at `now`: resends, gives up, keeps alive. Output may follow.
    package func expire(at now: Instant) {}

    /// Asks the peer for a sign of life; ``lastHeard`` moves when it comes.
    package func ping(at now: Instant) {}

    /// When a datagram that the peer's keys vouch for came last.
    package var lastHeard: Instant { Instant(nanoseconds: 0) }

    /// Since when the peer owes an answer: when the oldest datagram that asks for one was sent after ``lastHeard``;
    /// nil if nothing is under way.
    package var waitingSince: Instant? { nil }

    /// Round trips, congestion window, counts.
    package var statistics: QUICStatistics? { nil }

    // MARK: State

    /// What the handshake settled; nil before its end.
    package private(set) var handshake: QUICHandshake?
    /// Whether the handshake is confirmed.
    package var isConfirmed: Bool { false }
    /// Client: whether streams may be opened before the handshake is done.
    package var sendsEarlyData: Bool { false }
    /// How the connection ended; nil while it lives.
    package private(set) var closing: QUICClosing?
    /// The way that datagrams take now.
    package var path: QUICPath? { nil }
    /// How many more streams in both directions the peer lets us open.
    package var availableStreams: Int { 0 }

    // MARK: Wishes

    /// Ends the connection: CONNECTION_CLOSE with a code of the application is the last output.
    package func close(_ code: UInt64, reason: String = "", at now: Instant) {}

    /// Ends the connection without a word: what the owner knows made it useless. Nothing more is sent.
    package func abandon(_ closing: QUICClosing) {}

    /// Changes the keys (RFC 9001 §6). False if it is too early: the handshake is not confirmed, or the last change.
    @discardableResult
    package func updateKeys(at now: Instant) -> Bool { false }

    /// Client: goes on from another local address, with a new connection id and after validation (RFC 9000 §9.2).
    /// Throws `migrationRefused` if the peer forbids it or has given no connection id for it.
    package func migrate(to local: QUICAddress, at now: Instant) throws(QUICError) {}

    /// Client: goes on from another local address as if a NAT had changed it: the peer has to notice.
    package func rebind(to local: QUICAddress) {}
}
