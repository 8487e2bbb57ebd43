internal import COpenSSL
internal import DequeModule
internal import Wire

/// One connection of TLS, either side of it, over bytes that the owner carries (RFC 8446, RFC 5246).
///
/// The owner feeds what arrives to ``receive(_:plaintext:)``, hands what it has to say to ``write(_:)``, sends what
/// ``nextOutput(into:)`` gives, and takes ``nextEvent()`` until it is nil. A client's first output is there at once.
/// Nothing that a peer sends throws or traps. Not safe for use by two threads at once.
package final class TLSConnection {
    package let context: TLSContext
    /// The name or address that the peer is to be, for messages.
    private let host: String?
    private let handle: ConnectionHandle
    private let store: TLSSessionStore?
    private let route: String
    private var events = Deque<TLSEvent>()
    private var state = State.handshake
    /// What waits to be encrypted: small pieces become one record.
    private var unsent: [UInt8] = []
    /// Whether close_notify went out.
    private var saidClose = false

    private enum State { case handshake, open, peerClosed, failed }

    /// Bytes of content in a full record (RFC 8446 §5.1).
    private static let record = 16_384
    /// Bytes from which a piece is encrypted where it lies.
    private static let large = 4_096

    /// A connection to or from `host`, a name or an address.
    ///
    /// A client asks for the name (SNI; never for an address) and verifies it. With `store` sessions are resumed and
    /// kept for `route`, which must say what tells one server from another beside `host` and the context: port, proxy.
    /// Nil resumes nothing.
    package init(
        _ context: TLSContext, host: String?, store: TLSSessionStore? = nil, route: String = ""
    ) throws(TLSError) {
        self.context = context
        self.host = host
        self.route = route
        self.store = context.role == .client && context.settings.resumesSessions ? store : nil
        handle = try ConnectionHandle(context)
        guard context.role == .client else { return }
        if let host {
            try handle.expect(host: host, verifies: context.settings.verifiesPeer)
        } else if context.settings.verifiesPeer {
            throw TLSError(.badSettings, "a client that verifies its peer must be told who that is to be")
        }
        if context.settings.asksForStaple, context.settings.verifiesPeer { handle.askForStaple() }
        if let session = self.store?.take(for: route, host: host, context: context) { handle.resume(session) }
        shakeHands()
    }

    /// What the handshake settled; nil before its end.
    package private(set) var handshake: TLSHandshake?

    /// Why the connection is of no more use; nil while it is.
    package private(set) var error: TLSError?

    // MARK: In

    /// Takes bytes that arrived. `plaintext` is lent what they decrypt to, in pieces of up to 64 KiB; before the first
    /// piece `handshakeDone` is among the events. `plaintext` may call `nextEvent`, `write` and `nextOutput`, and must
    /// not call `receive`.
    package func receive(_ bytes: Span<UInt8>, plaintext: (Span<UInt8>) -> Void) {
        guard state == .handshake || state == .open, bytes.count > 0 else { return }
        handle.lending(bytes) {
            if state == .handshake { shakeHands() }
            if state == .open { decrypt(bytes.count, plaintext) }
        }
        collect()
    }

    /// Says that no more bytes come.
    package func receiveEnd() {
        switch state {
        case .handshake:
            fail(TLSError(.closedInHandshake, "\(host ?? "the peer") closed the connection during the TLS handshake"))
        case .open:
            state = .peerClosed
            events.append(.closed(clean: false))
        case .peerClosed, .failed: break
        }
    }

    /// What happened, oldest first; nil when nothing is left.
    package func nextEvent() -> TLSEvent? { events.popFirst() }

    // MARK: Out

    /// Takes plaintext to send. What comes before the handshake's end waits for it; what comes after a failure or
    /// ``close()`` is dropped. Small pieces are put together until output is asked for.
    package func write(_ plaintext: Span<UInt8>) {
        guard !saidClose, state != .failed else { return }
        if unsent.isEmpty, plaintext.count >= Self.large, handshake != nil {
            encrypt(plaintext)
        } else {
            unsent.append(plaintext)
            if unsent.count >= Self.record { flush() }
        }
    }

    /// Appends what is to be sent to the peer.
    package func nextOutput(into output: inout [UInt8]) {
        flush()
        guard !handle.pipe.output.isEmpty else { return }
        if output.isEmpty {
            swap(&output, &handle.pipe.output)
        } else {
            output.append(contentsOf: handle.pipe.output)
        }
        handle.pipe.output.removeAll(keepingCapacity: true)
    }

    /// Whether there is output.
    package var hasOutput: Bool { !handle.pipe.output.isEmpty || (!unsent.isEmpty && handshake != nil) }

    /// Says that nothing more is sent: close_notify (RFC 8446 §6.1). The peer may go on.
    package func close() {
        guard !saidClose, state != .failed else { return }
        flush()
        saidClose = true
        if handshake != nil { handle.shutdown() }
    }

    // MARK: Steps

    private func shakeHands() {
        switch handle.handshake() {
        case .needsInput: break
        case .closed: fail(TLSError(.closedInHandshake, "\(host ?? "the peer") ended TLS during the handshake"))
        case .failed(let words): fail(words)
        case .done: finishHandshake()
        }
        collectKeyLog()
    }

    private func finishHandshake() {
        do throws(TLSError) {
            try handle.check(pins: context.settings.pins)
            if context.settings.asksForStaple, context.settings.verifiesPeer, context.role == .client {
                try handle.checkStaple()
            }
        } catch {
            // Our last flight holds our certificate, perhaps: it does not go to a peer that is not the right one.
            handle.pipe.output.removeAll()
            return fail(error)
        }
        let settled = handle.settled
        handshake = settled
        state = .open
        collectKeyLog()
        events.append(.handshakeDone(settled))
        flush()
    }

    private func decrypt(_ received: Int, _ plaintext: (Span<UInt8>) -> Void) {
        let capacity = min(4 * Self.record, received + 2 * Self.record)
        unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 16) { buffer in
            var count = 0
            func deliver() {
                guard count > 0 else { return }
                let bytes = unsafe UnsafeRawBufferPointer(buffer).bindMemory(to: UInt8.self)
                let span = unsafe Span(_unsafeElements: bytes)
                plaintext(span.extracting(0..<count))
                count = 0
            }
            while state == .open {
                // A whole record fits, or OpenSSL would hand it out in parts.
                if count > capacity - Self.record { deliver() }
                switch unsafe handle.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...])) {
                case .done(let length): count += length
                case .needsInput:
                    deliver()
                    return
                case .closed:
                    deliver()
                    state = .peerClosed
                    events.append(.closed(clean: true))
                case .failed(let words):
                    deliver()
                    fail(words)
                }
            }
        }
    }

    private func flush() {
        guard !unsent.isEmpty, handshake != nil, state != .failed else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &unsent)
        encrypt(bytes.span)
        bytes.removeAll(keepingCapacity: true)
        if unsent.isEmpty { swap(&bytes, &unsent) }
    }

    private func encrypt(_ plaintext: Span<UInt8>) {
        unsafe plaintext.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count, state != .failed {
                switch unsafe handle.write(UnsafeRawBufferPointer(rebasing: bytes[offset...])) {
                case .done(let count): offset += count
                case .failed(let words):
                    fail(words)
                case .needsInput, .closed:
                    // The pipe takes all, and renegotiation is off, so OpenSSL has nothing to wait for.
                    fail(TLSError(.libraryFailure, "OpenSSL would not encrypt"))
                }
            }
        }
    }

    private func fail(_ words: LibraryWords) {
        let settings = context.settings
        let verifies = context.role == .client ? settings.verifiesPeer : settings.clientCertificate != .notAsked
        let verdict = verifies && handshake == nil ? handle.verdict : 0
        let lacksCertificate = handle.pipe.lacksCertificate
        fail(TLSError(words, verdict: verdict, role: context.role, host: host, lacksCertificate: lacksCertificate))
    }

    private func fail(_ error: TLSError) {
        guard state != .failed else { return }
        state = .failed
        self.error = error
        unsent = []
        events.append(.failed(error))
    }

    private func collect() {
        collectKeyLog()
        guard let store else { return }
        for session in handle.takeSessions() { store.keep(session, for: route, host: host, context: context) }
    }

    private func collectKeyLog() {
        guard !handle.pipe.keyLog.isEmpty else { return }
        for line in handle.pipe.keyLog { events.append(.keyLog(line)) }
        handle.pipe.keyLog.removeAll()
    }
}
