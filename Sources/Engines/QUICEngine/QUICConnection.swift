internal import CQUIC
internal import DequeModule
internal import TLSEngine
package import Wire

/// One connection of QUIC (RFC 9000, 9001, 9002), either side of it, without sockets, tasks or clocks.
///
/// The owner feeds datagrams to ``receive(_:ecn:path:at:)``, takes ``nextEvent()`` until it is nil, sends what
/// ``nextOutput(into:at:)`` gives until that is nil, and calls ``expire(at:)`` when ``deadline`` has passed. Any call
/// may make output or events, and moves the deadline, so all three are asked for after each turn. Nothing that a peer
/// sends throws or traps: it ends in ``QUICEvent/ended(_:)``. Not safe for use by two threads at once.
@safe
package final class QUICConnection {
    package let role: QUICRole
    package let context: QUICContext
    package let options: QUICOptions
    /// Server: the connection by the listener's count.
    let number: UInt64
    var handle: QUICHandle
    private let host: String?
    /// What HTTP/3 does to a connection of C that was made.
    private var attachment: ((OpaquePointer) -> Bool)?
    private var opening: QUICHandle.Opening?
    /// The path that was told last, in both forms.
    private var knownPath: (c: tern_path, path: QUICPath)
    private var now: Instant

    /// Client: a connection to `host` over `path`; the first output is there at once.
    ///
    /// `host` is asked for (SNI; never an address) and verified by the context's policy. With `ticket` the session is
    /// resumed; with `earlyData` too, streams may be opened at once if the ticket allows (``sendsEarlyData``). `token`
    /// is one of ``QUICEvent/newToken(_:)``, or empty.
    package init(
        _ context: QUICContext, host: String?, path: QUICPath, options: QUICOptions = QUICOptions(),
        ticket: QUICTicket? = nil, earlyData: Bool = false, token: [UInt8] = [], at now: Instant
    ) throws(QUICError) {
        if context.tls.settings.verifiesPeer {
            guard let host else {
                throw QUICError(.badSettings, "a client that verifies its peer must be told who that is to be")
            }
            do throws(TLSError) { _ = try PeerName(host) } catch { throw QUICError(error) }
        }
        let opening = QUICHandle.Opening(
            version: options.version, host: host, ticket: ticket, earlyData: earlyData, token: token)
        handle = try QUICHandle(client: QUICInbox(context: context, host: host), options, opening, path, at: now)
        self.context = context
        self.options = options
        self.host = host
        self.opening = opening
        self.now = now
        role = .client
        number = 0
        knownPath = (tern_path(path), path)
    }

    /// Server: a connection that a listener takes on.
    init(_ listener: QUICListener, _ initial: QUICInitial, _ path: QUICPath, number: UInt64, at now: Instant)
        throws(QUICError)
    {
        let inbox = QUICInbox(context: listener.context, host: nil, routes: listener.routes, number: number)
        handle = try QUICHandle(server: inbox, listener.options, secret: listener.secret, initial, path, at: now)
        context = listener.context
        options = listener.options.connection
        host = nil
        self.number = number
        self.now = now
        role = .server
        knownPath = (tern_path(path), path)
    }

    /// Lets HTTP/3 begin on the connection: now, and again should it begin anew with another version. Nought of what
    /// `attachment` does may keep the pointer.
    package func attach(_ attachment: @escaping (OpaquePointer) -> Bool) -> Bool {
        unsafe self.attachment = attachment
        return unsafe attachment(handle.quic)
    }

    /// Ends HTTP/3's part in the connection, and the connection with it: its callbacks' place goes away.
    package func detach() {
        unsafe attachment = nil
        handle.finish()
    }

    /// The connection for calls of C, not to be kept.
    package var pointer: OpaquePointer {
        @inline(__always) get { unsafe handle.quic }
    }

    // MARK: In

    /// Takes a datagram. `path` is nil where it came over the path in use, as with a connected socket.
    package func receive(_ datagram: Span<UInt8>, ecn: QUICECN = .none, path: QUICPath? = nil, at now: Instant) {
        receive(datagram, segment: datagram.count, ecn: ecn, path: path, at: now)
    }

    /// Takes datagrams of `segment` bytes each, the last perhaps shorter, as `UDP_GRO` hands them out.
    package func receive(
        _ datagrams: Span<UInt8>, segment: Int, ecn: QUICECN = .none, path: QUICPath? = nil, at now: Instant
    ) {
        guard datagrams.count > 0 else { return }
        self.now = now
        handle.receive(datagrams, segment: max(1, segment), ecn: ecn, path: path.map(forC), at: now)
        settle()
    }

    private func forC(_ path: QUICPath) -> tern_path {
        if path != knownPath.path { knownPath = (tern_path(path), path) }
        return knownPath.c
    }

    /// What happened, oldest first; nil when nothing is left.
    package func nextEvent() -> QUICEvent? { handle.inbox.events.popFirst() }

    // MARK: Out

    /// Puts the next datagrams at the start of `buffer`, which is made 64 KiB long if it is shorter. Nil if there is
    /// nothing to send now. Call again until then; what was handed out counts as sent.
    ///
    /// After a quantum, nil comes though more may wait; ``deadline`` is then now. So the owner looks at what has come
    /// in before it goes on, and does not overrun the peer's buffers.
    package func nextOutput(into buffer: inout [UInt8], at now: Instant) -> QUICBatch? {
        if buffer.count < 1 << 16 { buffer.append(contentsOf: repeatElement(0, count: 1 << 16 - buffer.count)) }
        self.now = now
        let batch = handle.write(into: &buffer, datagrams: max(1, min(64, options.batchDatagrams)), at: now)
        settle()
        guard let batch else { return nil }
        if !batch.path.isSame(as: knownPath.c) {
            guard let path = QUICPath(batch.path) else { return nil }
            knownPath = (batch.path, path)
        }
        return QUICBatch(
            count: batch.count, segment: batch.segment, ecn: QUICECN(rawValue: UInt8(truncatingIfNeeded: batch.ecn)),
            path: knownPath.path)
    }

    /// Appends what there is of qlog (JSON text sequences, `.sqlog`), if ``QUICOptions/qlog`` asks for it.
    package func nextQlog(into text: inout [UInt8]) {
        guard !handle.inbox.qlog.isEmpty else { return }
        text.append(contentsOf: handle.inbox.qlog)
        handle.inbox.qlog.removeAll(keepingCapacity: true)
    }

    /// Gives up the connection's state and appends the end of qlog. Nothing is sent or received after it.
    package func finish(qlog text: inout [UInt8]) {
        handle.finish()
        nextQlog(into: &text)
    }

    // MARK: Time

    /// When ``expire(at:)`` is to be called; nil if at no time.
    package var deadline: Instant? {
        let expiry = handle.expiry
        return expiry == .max ? nil : Instant(nanoseconds: Int64(clamping: expiry))
    }

    /// Does what is due at `now`: resends, gives up, keeps alive. Output may follow.
    package func expire(at now: Instant) {
        self.now = now
        handle.expire(at: now)
        settle()
    }

    /// Asks the peer for a sign of life; ``lastHeard`` moves when it comes. Does nothing before the handshake's end.
    package func ping(at now: Instant) { handle.ping(at: now) }

    /// When something came from the peer last; the start of the connection if nothing did.
    package var lastHeard: Instant { Instant(nanoseconds: Int64(clamping: handle.statistics.heard_at)) }

    /// Since when the peer owes an answer: when the first datagram after ``lastHeard`` went out that asks for one;
    /// nil if nothing is under way.
    package var waitingSince: Instant? {
        let since = handle.statistics.waiting_since
        return since == 0 ? nil : Instant(nanoseconds: Int64(clamping: since))
    }

    /// Round trips, congestion window, counts.
    package var statistics: QUICStatistics {
        let measured = handle.statistics
        func duration(_ nanoseconds: UInt64) -> Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
        return QUICStatistics(
            latestRoundTrip: duration(measured.latest_rtt), shortestRoundTrip: duration(measured.min_rtt),
            smoothedRoundTrip: duration(measured.smoothed_rtt), congestionWindow: Int(clamping: measured.window),
            bytesInFlight: Int(clamping: measured.in_flight), datagram: measured.datagram,
            received: Int(clamping: measured.received), sent: Int(clamping: measured.sent))
    }

    // MARK: State

    /// What the handshake settled; nil before its end.
    package private(set) var handshake: QUICHandshake?
    /// Whether the handshake is confirmed.
    package var isConfirmed: Bool { role == .server ? handshake != nil : handle.inbox.isConfirmed }
    /// Client: whether streams may be opened before the handshake is done.
    package var sendsEarlyData: Bool { handle.sendsEarlyData }
    /// How the connection ended; nil while it lives.
    package private(set) var closing: QUICClosing?
    /// The way that datagrams take now.
    package var path: QUICPath? { handle.path }
    /// How many more streams in both directions the peer lets us open.
    package var availableStreams: Int { handle.streamsLeft }

    // MARK: Wishes

    /// Ends the connection: CONNECTION_CLOSE with a code of the application is the last output.
    package func close(_ code: UInt64, reason: String = "", at now: Instant) {
        handle.close(code, reason: Array(reason.utf8.prefix(200)), at: now)
        settle()
    }

    /// Ends the connection without a word: what the owner knows made it useless. Nothing more is sent.
    package func abandon(_ closing: QUICClosing) {
        guard self.closing == nil else { return }
        handle.abandon()
        end(closing)
    }

    /// Changes the keys (RFC 9001 §6). False if it is too early: the handshake is not confirmed, or the last change.
    @discardableResult
    package func updateKeys(at now: Instant) -> Bool {
        defer { settle() }
        return handle.updateKeys(at: now)
    }

    /// Client: goes on from another local address, with a new connection id and after validation (RFC 9000 §9.2).
    /// Throws `migrationRefused` if the peer forbids it or has given no connection id for it.
    package func migrate(to local: QUICAddress, at now: Instant) throws(QUICError) {
        guard let words = handle.migrate(to: local, at: now) else { return }
        throw QUICError(.migrationRefused, "the connection cannot migrate to \(local): \(words)")
    }

    /// Client: goes on from another local address as if a NAT had changed it: the peer has to notice.
    package func rebind(to local: QUICAddress) { handle.rebind(to: local) }

    // MARK: After each call

    /// Does what callbacks left undone, since they may not call back.
    @inline(__always)
    private func settle() {
        if handle.inbox.needsSettling { settleInbox() }
        if closing == nil, handle.isOver { settleEnd() }
    }

    private func settleInbox() {
        if let position = handle.inbox.handshakePosition {
            handle.inbox.handshakePosition = nil
            let settled = handle.handshake
            handshake = settled
            handle.inbox.events.insert(.handshakeDone(settled), at: min(position, handle.inbox.events.count))
            opening = nil
        }
        if handle.inbox.streamsChanged {
            handle.inbox.streamsChanged = false
            handle.inbox.events.append(.streamsAvailable(handle.streamsLeft))
        }
    }

    private func settleEnd() {
        let outcome = handle.outcome
        if outcome.kind == Int32(TERN_VERSIONS), beginAnew() { return }
        end(QUICClosing(outcome, handle.inbox, role: role, host: host, afterHandshake: handshake != nil))
    }

    private func end(_ closing: QUICClosing) {
        self.closing = closing
        handle.inbox.events.append(.ended(closing))
    }

    /// Whether one of the offered versions is ours, and the handshake begins anew with it (RFC 9000 §6.2).
    private func beginAnew() -> Bool {
        guard var opening, opening.original == nil, opening.version != .v1, handle.inbox.versions.contains(.v1),
            let path = handle.path
        else { return false }
        let refused = opening.version
        opening.original = refused
        opening.version = .v1
        opening.earlyData = false
        do throws(QUICError) {
            try handle.restart(options, opening, path, at: now)
        } catch {
            return false
        }
        self.opening = opening
        handle.inbox.events.append(.versionChanged(from: refused, to: .v1))
        if let attachment = unsafe attachment { return unsafe attachment(handle.quic) }
        return true
    }
}

extension QUICClosing {
    init(_ outcome: tern_quic_outcome, _ inbox: QUICInbox, role: QUICRole, host: String?, afterHandshake: Bool) {
        let reason = unsafe withUnsafeBytes(of: outcome.reason) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let cause: Cause =
            switch Int(outcome.kind) {
            case TERN_CLOSED_BY_OWNER: .closedByOwner
            case TERN_IDLE: .idle
            case TERN_HANDSHAKE_TIMEOUT: .handshakeTimeout
            case TERN_PEER_TRANSPORT:
                // RFC 9001 §4.8: the code is 0x100 and TLS's alert.
                outcome.code >> 8 == 1
                    ? .tls(
                        TLSError(
                            alert: UInt8(truncatingIfNeeded: outcome.code), isByPeer: true, role: role.tls, host: host))
                    : .peerTransport
            case TERN_PEER_APPLICATION: .peerApplication
            case TERN_STATELESS_RESET: .statelessReset
            case TERN_VERSIONS: .versionNegotiation(inbox.versions)
            case TERN_TLS_FAILED:
                .tls(
                    inbox.refusal
                        ?? TLSError(
                            alert: UInt8(truncatingIfNeeded: outcome.code), isByPeer: false, role: role.tls, host: host,
                            words: outcome.tls_error == 0 ? nil : QUICHandle.words(ofTLS: outcome.tls_error)))
            case TERN_VIOLATION: .violation
            case TERN_APPLICATION_VIOLATION: .applicationViolation
            case TERN_DROPPED: .refused
            default: .libraryFailure
            }
        self.init(cause, code: outcome.code, reason: reason, afterHandshake: afterHandshake)
    }
}

extension QUICRole {
    var tls: TLSRole { self == .client ? .client : .server }
}
