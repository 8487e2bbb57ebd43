import IOLoop
import TLSEngine
import TransportCore

/// One accepted connection of TCP: finds out what the client speaks, and carries bytes to it, inside TLS or not.
/// Used on the loop.
final class Connection: ReadinessHandler {
    let number: Int
    let host: Host
    private let plan: TestServer.ConnectionPlan
    private var socket: ServerSocket?
    private var tls: TLSConnection?
    private(set) var tlsInfo: ConnectionInfo.TLSInfo?
    private var carrier: (any StreamCarrier)?
    /// What came before it was known what is spoken.
    private var early: [UInt8] = []
    private var stage = Stage.sniffing
    private var closing: Ending?
    private var isDeaf = false

    /// Content that waits for TLS, and bytes that wait for the socket.
    private var plain: [UInt8] = []
    private var output: [UInt8] = []
    private var written = 0
    private var isBlocked = false
    private var isPumping = false
    private var hasInputEnded = false
    private var interest: Interest = []

    private let accepted: Instant
    /// When the client last sent or took anything.
    private var lastMove: Instant
    private var restingSince: Instant?

    private enum Stage { case sniffing, handshake, talking, lingering, closed }
    /// How it is to end, when all that was said has been sent.
    enum Ending { case orderly, truncated, reset }

    /// Bytes that may wait for the socket before nothing more is made: 256 KiB.
    static let backlog = 256 << 10
    /// How long the client's last bytes are read, and dropped, after we have closed our side: 5 s.
    private static let linger = Duration.seconds(5)

    init(_ socket: ServerSocket, _ number: Int, _ plan: TestServer.ConnectionPlan, _ host: Host) {
        self.socket = socket
        self.number = number
        self.plan = plan
        self.host = host
        accepted = host.now
        lastMove = accepted
    }

    func start() {
        switch plan {
        case .close: return closeNow()
        case .reset: return reset()
        case .stall: return
        case .garbage(let bytes):
            stage = .talking
            output = bytes
            closing = .orderly
            flush()
        case .serve, .certificate, .handshake: break
        }
        watch()
    }

    // MARK: In

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        if readiness.contains(.write), isBlocked { flush() }
        if !readiness.isDisjoint(with: [.read, .error, .hangup]) { read() }
        pump()
    }

    private func read() {
        guard let socket, !isDeaf, !hasInputEnded else { return }
        switch host.buffer.read(from: socket) {
        case .bytes(let count):
            lastMove = host.now
            host.record.count(number, received: count, sent: 0)
            host.buffer.lend(count) { take($0) }
        case .wait: break
        case .end:
            hasInputEnded = true
            inputEnded()
            watch()
        case .failed: closeNow()
        }
    }

    private func take(_ bytes: Span<UInt8>) {
        switch stage {
        case .sniffing:
            early.append(contentsOf: bytes.array)
            sniff()
        case .handshake, .talking:
            guard let tls else {
                carrier?.receive(bytes)
                return
            }
            tls.receive(bytes) { plaintext in
                takeTLSEvents()
                takePlaintext(plaintext)
            }
            takeTLSEvents()
        case .lingering, .closed: break
        }
    }

    private func takePlaintext(_ bytes: Span<UInt8>) {
        if carrier == nil, stage == .talking {
            early.append(contentsOf: bytes.array)
            chooseClearProtocol()
        } else {
            carrier?.receive(bytes)
        }
    }

    private func inputEnded() {
        switch stage {
        case .sniffing: closeNow()
        case .handshake, .talking:
            tls?.receiveEnd()
            takeTLSEvents()
            carrier?.receiveEnd(clean: tls == nil)
            if carrier == nil { closeNow() }
        case .lingering: closeNow()
        case .closed: break
        }
    }

    // MARK: What is spoken

    private func sniff() {
        guard let first = early.first else { return }
        if first == 0x16 {
            switch plan {
            case .handshake(let fault): return failHandshake(fault)
            default: return beginTLS()
            }
        }
        stage = .talking
        chooseClearProtocol()
    }

    private func failHandshake(_ fault: TestServer.HandshakeFault) {
        stage = .talking
        early = []
        host.record.connection(number) { $0.failure = "the script failed the handshake: \(fault)" }
        switch fault {
        case .stall: isDeaf = true
        case .close: close(.truncated)
        case .reset: reset()
        case .garbage:
            output = Array("this is no TLS\r\n".utf8)
            close(.truncated)
        case .alert(let number):
            // A record of type alert, fatal (RFC 8446 §5.1, §6).
            output = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, number]
            close(.truncated)
        }
        watch()
    }

    private func beginTLS() {
        do {
            tls = try TLSConnection(host.context(for: plan), host: nil)
        } catch {
            host.record.problem("TLS could not begin: \(error)")
            return closeNow()
        }
        stage = .handshake
        let bytes = early
        early = []
        take(bytes.span)
    }

    private func takeTLSEvents() {
        while let event = tls?.nextEvent() {
            switch event {
            case .handshakeDone(let handshake): secured(handshake)
            case .keyLog: break
            case .closed(let clean):
                carrier?.receiveEnd(clean: clean)
            case .failed(let error):
                host.record.connection(number) { $0.failure = error.description }
                carrier?.receiveEnd(clean: false)
                // The alert still goes out.
                closing = .truncated
            }
        }
    }

    private func secured(_ handshake: TLSHandshake) {
        stage = .talking
        let info = ConnectionInfo.TLSInfo(
            version: handshake.version.flatMap { TLSVersion(rawValue: $0.rawValue) }, cipher: handshake.cipher,
            group: handshake.group, alpn: handshake.alpn, resumed: handshake.resumed,
            certificates: handshake.certificates)
        tlsInfo = info
        host.record.connection(number) { connection in
            connection.tls = info
            connection.serverName = handshake.serverName
        }
        switch handshake.alpn {
        case "h2": use(.http2)
        case "http/1.1": use(.http11)
        default: if host.configuration.protocols.contains(.http1) { use(.http11) } else { close(.orderly) }
        }
    }

    /// The preface of HTTP/2 (RFC 9113 §3.4); no method of HTTP/1.1 begins like it.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private func chooseClearProtocol() {
        let count = min(early.count, Connection.preface.count)
        let isPreface = early[..<count].elementsEqual(Connection.preface[..<count])
        if isPreface, count < 4 { return }
        let protocols = host.configuration.protocols
        if isPreface, protocols.contains(.http2PriorKnowledge) {
            use(.http2)
        } else if protocols.contains(.http1) {
            use(.http11)
        } else {
            return closeNow()
        }
        let bytes = early
        early = []
        carrier?.receive(bytes.span)
    }

    private func use(_ version: TransportCore.HTTPVersion) {
        host.record.connection(number) { $0.version = version }
        guard version == .http2 else {
            carrier = H1Carrier(self)
            return
        }
        do {
            carrier = try H2Carrier(self)
        } catch {
            host.record.problem("\(error)")
            closeNow()
        }
    }

    // MARK: Out

    /// Looks at what happened, and sends what there is to send.
    func pump() {
        guard !isPumping, socket != nil else { return }
        isPumping = true
        defer { isPumping = false }
        carrier?.pump()
        flush()
        if let carrier, stage == .talking {
            if carrier.isOver, closing == nil, !isBlocked {
                close(.orderly)
                flush()
            }
            restingSince = carrier.isIdle ? restingSince ?? host.now : nil
        }
        watch()
    }

    private func flush() {
        guard !isDeaf else { return }
        while socket != nil {
            gather()
            guard written < output.count else { break }
            guard send() else { return }
        }
        if socket != nil, closing != nil { finishClosing() }
    }

    private func gather() {
        guard output.count - written < Connection.backlog, stage != .lingering else { return }
        if let tls {
            if stage == .talking { carrier?.nextOutput(into: &plain) }
            if !plain.isEmpty {
                tls.write(plain.span)
                plain.removeAll(keepingCapacity: plain.count <= Connection.backlog)
            }
            tls.nextOutput(into: &output)
        } else {
            carrier?.nextOutput(into: &output)
        }
    }

    /// Hands output to the system; false if it takes no more now.
    private func send() -> Bool {
        guard let socket else { return false }
        let before = written
        let outcome = socket.write(output, from: &written)
        if written > before {
            lastMove = host.now
            host.record.count(number, received: 0, sent: written - before)
        }
        switch outcome {
        case .done:
            output.removeAll(keepingCapacity: output.count <= Connection.backlog)
            written = 0
            if isBlocked {
                isBlocked = false
                carrier?.drained()
            }
            return true
        case .wait:
            isBlocked = true
            return false
        case .failed:
            closeNow()
            return false
        }
    }

    private func watch() {
        guard let socket else { return }
        var wanted: Interest = []
        if !isDeaf, !hasInputEnded, carrier?.wantsInput ?? true, output.count - written < 2 * Connection.backlog {
            wanted.insert(.read)
        }
        if isBlocked, !isDeaf { wanted.insert(.write) }
        guard wanted != interest else { return }
        interest = wanted
        do { try host.loop.watch(socket.descriptor, wanted, self) } catch { closeNow() }
    }

    // MARK: The end

    /// Closes when all that was said has been sent.
    func close(_ ending: Ending) { if closing == nil { closing = ending } }

    private func finishClosing() {
        if closing == .orderly, let tls {
            tls.close()
            tls.nextOutput(into: &output)
            if written < output.count, !send() { return }
        }
        if closing == .reset { return reset() }
        closing = nil
        guard let socket else { return }
        carrier?.lost()
        carrier = nil
        if hasInputEnded { return closeNow() }
        // Closing with unread bytes would reset the connection, and take what was sent along.
        stage = .lingering
        socket.endWriting()
        lastMove = host.now
    }

    /// Neither reads nor writes from now on.
    func goDeaf() {
        isDeaf = true
        watch()
    }

    /// The peer gets a reset.
    func reset() {
        socket?.resetsWhenClosed()
        closeNow()
    }

    func closeNow() {
        guard let socket else { return }
        stage = .closed
        host.loop.unwatch(socket.descriptor)
        self.socket = nil
        let carrier = carrier
        self.carrier = nil
        carrier?.lost()
        host.record.connection(number) { $0.isOpen = false }
        host.closed(self)
    }

    /// Ends what has lasted too long.
    func expire(at now: Instant) {
        let limits = host.configuration.limits
        func isLate(_ since: Instant?, _ limit: Duration) -> Bool {
            since.map { $0.advanced(by: limit) <= now } ?? false
        }
        switch stage {
        case .sniffing, .handshake: if !isStalled, isLate(accepted, limits.handshake) { closeNow() }
        case .lingering: if isLate(lastMove, Connection.linger) { closeNow() }
        case .talking:
            guard !isDeaf else { return }
            if isBlocked, isLate(lastMove, limits.stalledWrite) { return closeNow() }
            if isLate(carrier?.headSince, limits.headTime) { return closeNow() }
            if carrier == nil, isLate(lastMove, limits.handshake) { return closeNow() }
            if isLate(restingSince, limits.idle) { close(.orderly) }
            carrier?.expire(at: now)
        case .closed: return
        }
        pump()
    }

    private var isStalled: Bool { if case .stall = plan { true } else { false } }
}
