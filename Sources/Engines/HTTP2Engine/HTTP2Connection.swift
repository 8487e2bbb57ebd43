internal import CNGHTTP2
internal import DequeModule
internal import Fields
package import HTTPTypes
package import Wire

/// One connection of HTTP/2 (RFC 9113), either side of it, without sockets, tasks or clocks.
///
/// The owner feeds what arrives to ``receive(_:at:)``, takes ``nextEvent()`` until it is nil, writes what
/// ``nextOutput(into:)`` gives, and calls ``expire(at:)`` when ``deadline`` has passed. Any call may make output or
/// events, so both are asked for after each. Nothing that a peer sends throws or traps: it ends in
/// ``HTTP2Event/closed(_:_:)`` for the stream concerned, or in ``HTTP2Event/failed(_:)``, before which every open
/// stream was closed. Not safe for use by two threads at once.
package final class HTTP2Connection {
    package let role: HTTP2Role
    package let options: HTTP2Options
    let session: NGHTTP2Session
    /// Heads are put together in here; kept for its memory.
    var heads = HeadBytes()
    var pulse: Pulse
    private var window: ReceiveWindow
    /// What a new stream's window is.
    var initialWindow: Int32
    /// Output that was made to see what nghttp2 decided.
    private var pending: [UInt8] = []
    private var failure: HTTP2Error?
    /// Whether GOAWAY went out, or is about to, on the owner's wish.
    private var isClosing = false
    /// Whether the owner said that the peer sends nothing more.
    private var hasEnded = false

    /// Begins a connection: the preface and SETTINGS are the first output.
    package init(_ role: HTTP2Role, options: HTTP2Options = HTTP2Options(), at now: Instant) throws(HTTP2Error) {
        guard let made = NGHTTP2Session(role: role, options: options, at: now) else {
            throw HTTP2Error(.libraryFailure, "a session of nghttp2 could not be made")
        }
        self.role = role
        self.options = options
        session = made
        initialWindow = options.streamWindow
        pulse = Pulse(options: options, at: now)
        window = ReceiveWindow(
            size: max(65_535, options.connectionWindow), limit: options.connectionWindowLimit, at: now)
        var settings: [(id: UInt32, value: UInt32)] = [
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue, UInt32(clamping: options.streamWindow)),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue, UInt32(clamping: options.headBytes)),
        ]
        if options.maxFrameSize != 16_384 {
            settings.append((NGHTTP2_SETTINGS_MAX_FRAME_SIZE.rawValue, options.maxFrameSize))
        }
        if options.headerTableSize != 4_096 {
            settings.append((NGHTTP2_SETTINGS_HEADER_TABLE_SIZE.rawValue, options.headerTableSize))
        }
        switch role {
        case .client:
            settings.append((NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue, 0))
            if options.firstStreamID != 1 { session.setNextStreamID(options.firstStreamID) }
        case .server:
            settings.append((NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue, options.maxConcurrentStreams))
            if options.enableConnectProtocol {
                settings.append((NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL.rawValue, 1))
            }
        }
        let result = session.submitSettings(settings)
        guard result == 0 else {
            throw HTTP2Error(.libraryFailure, "SETTINGS were refused: \(NGHTTP2Session.words(for: result))")
        }
        session.setWindow(id: 0, window.size)
    }

    // MARK: In

    /// Takes bytes that arrived. After a failure, or ``receiveEnd(at:)``, they are dropped.
    package func receive(_ bytes: Span<UInt8>, at now: Instant) {
        guard failure == nil, !hasEnded, bytes.count > 0 else { return }
        session.inbox.now = now
        session.inbox.flood.fill(at: now)
        if let code = session.receive(bytes) { return fail(afterReceiving: code) }
        pulse.heard(at: now)
        settle(at: now)
        if session.inbox.flood.isExceeded { return flooded() }
        // Whether nghttp2 has decided to end the connection shows in its output only.
        let mayBeOver = role == .server || !session.allowsRequests
        if mayBeOver, session.wantsWrite { gather(into: &pending, upTo: 1 << 16) }
    }

    /// Says that the peer sends nothing more: its half of the connection is closed. Open streams end.
    package func receiveEnd(at now: Instant) {
        guard failure == nil, !hasEnded else { return }
        hasEnded = true
        session.inbox.now = now
        let count = session.inbox.streams.openCount
        let asked = session.inbox.hasPeerSettings ? "" : " before it sent SETTINGS"
        let message =
            count == 0
            ? "the peer closed the connection\(asked)"
            : "the peer closed the connection\(asked) with \(count) streams open"
        end(HTTP2Error(.connectionLost, message), code: .noError)
    }

    /// What happened, oldest first; nil when nothing is left.
    @inline(__always)
    package func nextEvent() -> HTTP2Event? {
        guard let event = session.inbox.events.popFirst() else { return nil }
        if case .closed(let stream, _) = event { session.inbox.streams.release(stream) }
        return event
    }

    // MARK: Out

    /// Appends what is to be sent, until `output` holds about `limit` bytes (64 KiB if not said). True if more may
    /// wait: then call again when those were written.
    @discardableResult
    package func nextOutput(into output: inout [UInt8], limit: Int = 64 << 10) -> Bool {
        if !pending.isEmpty {
            if output.isEmpty { swap(&output, &pending) } else { output.append(contentsOf: pending) }
            pending.removeAll(keepingCapacity: true)
        }
        return gather(into: &output, upTo: limit)
    }

    /// Whether there may be output.
    package var hasOutput: Bool { !pending.isEmpty || session.wantsWrite }

    @discardableResult
    private func gather(into output: inout [UInt8], upTo limit: Int) -> Bool {
        swap(&session.inbox.output, &output)
        defer { swap(&session.inbox.output, &output) }
        do throws(NGHTTP2Session.LibraryFailure) {
            while session.inbox.output.count < limit {
                let more = try session.gather()
                if !session.inbox.trailersDue.isEmpty { sendDueTrailers() } else if !more { break }
            }
        } catch {
            end(HTTP2Error(.libraryFailure, NGHTTP2Session.words(for: error.code)), code: .internalError)
            return false
        }
        if let code = session.inbox.sentGoAway, code != .noError || session.inbox.libraryCode != 0 { violated(code) }
        return session.inbox.output.count >= limit && session.wantsWrite
    }

    // MARK: Time

    /// When ``expire(at:)`` is to be called; nil if at no time.
    package var deadline: Instant? {
        failure == nil && !hasEnded ? pulse.deadline(whileBusy: session.inbox.streams.openCount > 0) : nil
    }

    /// Does what is due at `now`: asks the peer for a sign of life, or gives it up.
    package func expire(at now: Instant) {
        guard failure == nil, !hasEnded else { return }
        session.inbox.now = now
        switch pulse.expire(at: now, whileBusy: session.inbox.streams.openCount > 0) {
        case nil: break
        case .ping(let payload): session.submitPing(payload)
        case .gaveUpPing(let waited):
            session.terminate(.noError)
            end(HTTP2Error(.pingTimeout, "no answer to a PING came within \(waited)"), code: .cancel)
        case .gaveUpSettings(let waited):
            session.terminate(.settingsTimeout)
            let error = HTTP2Error(
                .settingsTimeout, "the peer did not acknowledge SETTINGS within \(waited)", wireCode: .settingsTimeout)
            end(error, code: .settingsTimeout)
        }
    }

    /// Sends a PING; its answer is ``HTTP2Event/pingAcknowledged(_:roundTrip:)`` with the same number.
    @discardableResult
    package func ping(at now: Instant) -> UInt64 {
        let payload = pulse.ping(.owner, at: now)
        session.submitPing(payload)
        return payload
    }

    /// The shortest round trip that was seen; nil before any.
    package var roundTrip: Duration? { pulse.roundTrip }

    // MARK: State

    /// Why the connection is over; nil while it lives.
    package var error: HTTP2Error? { failure }

    /// What the peer allows; the defaults of RFC 9113 §6.5.2 until its SETTINGS came.
    package var peerSettings: HTTP2PeerSettings { session.inbox.peer }

    /// Whether the peer's SETTINGS came.
    package var hasPeerSettings: Bool { session.inbox.hasPeerSettings }

    /// Streams that are open: opened, and not closed yet.
    package var openStreams: Int { session.inbox.streams.openCount }

    /// How many more streams may be opened now. Nought for good once the connection closes.
    package var availableStreams: Int {
        guard takesStreams else { return 0 }
        return max(0, Int(clamping: session.inbox.peer.maxConcurrentStreams) - openStreams)
    }

    /// Whether the connection may ever open another stream.
    package var takesStreams: Bool {
        role == .client && failure == nil && !hasEnded && !isClosing && session.inbox.goAwayLast == nil
            && session.inbox.sentGoAway == nil && session.nextStreamID <= 0x7FFF_FFFF
    }

    /// Whether the connection is done: it failed, or it closes and no stream is left.
    package var isOver: Bool {
        failure != nil || hasEnded
            || (openStreams == 0 && (isClosing || session.inbox.goAwayLast != nil) && !hasOutput)
    }

    // MARK: The end

    /// Sends GOAWAY. Streams that are open go on; a server refuses those that come later (RFC 9113 §6.8).
    package func goAway(_ code: HTTP2ErrorCode = .noError, debug: [UInt8] = []) {
        guard failure == nil else { return }
        isClosing = true
        if role == .server { session.inbox.lastTaken = session.lastProcessedStream }
        session.submitGoAway(lastStream: session.lastProcessedStream, code: code, debug: debug)
    }

    /// Server: asks the client to open no more streams; those on their way are still taken. ``goAway(_:debug:)``
    /// follows a round trip later.
    package func announceShutdown() {
        guard failure == nil, role == .server else { return }
        session.submitShutdownNotice()
    }

    /// Ends the connection at once: GOAWAY is the last output, and all streams close.
    package func close(_ code: HTTP2ErrorCode = .noError) {
        guard failure == nil else { return }
        isClosing = true
        session.terminate(code)
        end(HTTP2Error(.closing, "the connection was closed by its owner", wireCode: code), code: .cancel)
    }

    private func fail(afterReceiving code: Int32) {
        let words = NGHTTP2Session.words(for: code)
        let error: HTTP2Error
        switch code {
        case Int32(NGHTTP2_ERR_FLOODED.rawValue), Int32(NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue):
            error = HTTP2Error(.flood, "the peer sends without end: \(words)", wireCode: .enhanceYourCalm)
            session.terminate(.enhanceYourCalm)
        case Int32(NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue):
            error = HTTP2Error(.protocolViolation, "the peer did not begin with HTTP/2's preface")
        default: error = HTTP2Error(.libraryFailure, "nghttp2 could not go on: \(words)")
        }
        end(error, code: .protocolError)
    }

    private func flooded() {
        session.terminate(.enhanceYourCalm)
        let message = "the peer sent more than \(options.idleFrames) frames that carry nothing"
        end(HTTP2Error(.flood, message, wireCode: .enhanceYourCalm), code: .enhanceYourCalm)
    }

    /// nghttp2 found the peer to break a rule of the connection, and has sent GOAWAY.
    private func violated(_ code: HTTP2ErrorCode) {
        guard failure == nil, !isClosing else { return }
        let library = session.inbox.libraryCode
        var message = "the peer broke a rule of HTTP/2"
        if library != 0 { message += ": \(NGHTTP2Session.words(for: library))" }
        end(HTTP2Error(code == .enhanceYourCalm ? .flood : .protocolViolation, message, wireCode: code), code: code)
    }

    private func end(_ error: HTTP2Error, code: HTTP2ErrorCode) {
        guard failure == nil else { return }
        failure = error
        for slot in session.inbox.streams.openSlots { session.inbox.close(slot, .connection, code) }
        session.inbox.events.append(.failed(error))
    }

    // MARK: Windows

    /// Does what the callbacks of `receive` asked for.
    private func settle(at now: Instant) {
        // The connection's window opens with arrival: so streams whose readers stall do not hold up the others, and
        // each stream's own window is what bounds memory.
        if session.inbox.connectionReceived >= window.threshold { openWindow(at: now) }
        if session.inbox.settingsAcknowledged {
            session.inbox.settingsAcknowledged = false
            pulse.settingsAcknowledged(at: now)
        }
        if let payload = session.inbox.receivedPing {
            session.inbox.receivedPing = nil
            if let roundTrip = pulse.acknowledged(payload, at: now) {
                session.inbox.events.append(.pingAcknowledged(payload, roundTrip: roundTrip))
            }
        }
        for slot in session.inbox.streams.faulty {
            let isFlood = session.inbox.streams[slot].marks.contains(.tooManyInformational)
            session.submitReset(id: session.inbox.streams[slot].id, code: isFlood ? .enhanceYourCalm : .protocolError)
        }
        session.inbox.streams.faulty.removeAll()
    }

    /// Gives back to the connection's window what has arrived.
    private func openWindow(at now: Instant) {
        let received = session.inbox.connectionReceived
        session.consumeConnection(received)
        session.inbox.connectionReceived = 0
        if let size = window.wasRead(Int32(clamping: received), at: now, roundTrip: pulse.roundTrip) {
            session.setWindow(id: 0, size)
        }
        if let payload = pulse.pingForRoundTrip(at: now) { session.submitPing(payload) }
    }

    /// Says that `count` bytes of a stream's content were read or dropped, which lets the peer send as many more.
    /// Harmless after the stream's end.
    package func consume(_ count: Int, of stream: HTTP2Stream, at now: Instant) {
        guard count > 0, failure == nil, session.inbox.streams.holds(stream),
            session.inbox.streams[stream.slot].state.canReceive
        else { return }
        session.inbox.streams[stream.slot].consumed += Int32(clamping: count)
        let consumed = session.inbox.streams[stream.slot].consumed
        guard consumed >= session.inbox.streams[stream.slot].window.threshold else { return }
        session.inbox.streams[stream.slot].consumed = 0
        session.consumeStream(id: stream.id, Int(consumed))
        if let payload = pulse.pingForRoundTrip(at: now) { session.submitPing(payload) }
        let roundTrip = pulse.roundTrip
        if let size = session.inbox.streams[stream.slot].window.wasRead(consumed, at: now, roundTrip: roundTrip) {
            session.setWindow(id: stream.id, size)
            // One stream alone must be able to fill its window.
            if let whole = window.grow(toAtLeast: size > .max / 2 ? .max : size + size / 2) {
                session.setWindow(id: 0, whole)
            }
        }
        // It travels in the same packet.
        if session.inbox.connectionReceived >= window.threshold / 2 { openWindow(at: now) }
    }

    private func sendDueTrailers() {
        let due = session.inbox.trailersDue
        session.inbox.trailersDue.removeAll()
        for slot in due {
            guard let trailers = session.inbox.streams[slot].queue.trailers else { continue }
            heads.clear()
            // Checked when they were given.
            try? heads.add(trailers)
            _ = session.submitTrailers(heads, id: session.inbox.streams[slot].id)
        }
    }

    /// Throws unless calls still make sense.
    func requireLife() throws(HTTP2Error) {
        if let failure { throw HTTP2Error(.closing, "the connection is over: \(failure.message)") }
    }

}
