import HTTP3Engine
import IOLoop
import QUICEngine
import TransportCore

/// The UDP side of a server: one socket, and all connections of QUIC on it. Used on the loop.
final class DatagramDoor: ReadinessHandler {
    let host: Host
    private var socket: UDPSocket?
    private let listener: QUICListener
    private let local: QUICAddress
    private let room = DatagramBuffer()
    private var outgoing = DatagramBatch([UInt8](repeating: 0, count: 1 << 16))
    /// What the system had no room for.
    private var waiting: [DatagramBatch] = []
    private var connections: [ObjectIdentifier: H3Carrier] = [:]
    private var dice: FaultDice
    private let faults: TestServer.DatagramFaults

    /// Batches that may wait for the system before nothing more is made.
    private static let backlog = 64

    init(_ host: Host, _ socket: UDPSocket, at address: IPAddress, port: Int, _ context: QUICContext) throws(QUICError)
    {
        self.host = host
        self.socket = socket
        local = QUICAddress(address, port: UInt16(clamping: port))
        faults = host.configuration.datagrams
        dice = FaultDice(seed: faults.seed)
        var options = QUICListenerOptions()
        options.retry = faults.asksForRetry ? .always : .never
        if faults.refusesVersion { options.versions = [QUICVersion(rawValue: 0x0A1A_2A3A)] }
        options.takesEarlyData = host.configuration.takesEarlyData
        options.connections = host.configuration.limits.connections
        options.connection.peerStreams = UInt64(clamping: host.configuration.maximumStreams)
        options.connection.streamWindow = UInt64(clamping: max(1, host.configuration.limits.unreadBody))
        options.connection.idleTimeout = host.configuration.limits.idle
        options.connection.handshakeTimeout = host.configuration.limits.handshake
        listener = try QUICListener(context, options: options)
    }

    func start() {
        watch()
    }

    func stop() {
        for carrier in connections.values {
            carrier.http.close(at: host.now)
            send(carrier)
            carrier.lost()
        }
        connections = [:]
        if let socket { host.loop.unwatch(socket.descriptor) }
        socket = nil
    }

    private func watch() {
        guard let socket else { return }
        let interest: Interest = waiting.isEmpty ? .read : [.read, .write]
        do { try host.loop.watch(socket.descriptor, interest, self) } catch { host.record.problem("\(error)") }
    }

    // MARK: In

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        if readiness.contains(.write) { sendWaiting() }
        guard readiness.contains(.read), let socket else { return }
        // Some at a time: TCP wants its turn, too.
        for _ in 0..<32 {
            let (received, source) = room.receiveWithSource(from: socket)
            guard case .datagrams(_, let mark) = received else { break }
            guard case .ip(let address, let port)? = source else { continue }
            let path = QUICPath(local: local, remote: QUICAddress(address, port: UInt16(clamping: port)))
            let ecn = QUICECN(rawValue: mark)
            if faults.isHarmless {
                room.lend { datagrams, segment in take(datagrams, segment, ecn, path) }
            } else {
                room.forEach { datagram in takeFaultily(datagram, ecn, path) }
            }
        }
        sendAnswers()
    }

    private func takeFaultily(_ datagram: Span<UInt8>, _ ecn: QUICECN, _ path: QUICPath) {
        if faults.blackhole || dice.falls(in: faults.loss) { return }
        guard faults.delay > .zero else { return take(datagram, datagram.count, ecn, path) }
        let bytes = datagram.array
        _ = host.loop.schedule(at: host.now.advanced(by: faults.delay)) { [weak self] in
            guard let self, socket != nil else { return }
            take(bytes.span, bytes.count, ecn, path)
            sendAnswers()
        }
    }

    private func take(_ datagrams: Span<UInt8>, _ segment: Int, _ ecn: QUICECN, _ path: QUICPath) {
        guard segment > 0 else { return }
        let first = datagrams.extracting(0..<min(segment, datagrams.count))
        let carrier: H3Carrier
        switch listener.route(first, path: path, at: host.now) {
        case .settled: return
        case .connection(let quic):
            guard let known = connections[ObjectIdentifier(quic)] else { return }
            carrier = known
        case .accepted(let quic):
            guard let made = accept(quic, path) else { return }
            carrier = made
        }
        guard !carrier.isDeaf else { return }
        host.record.count(carrier.number, received: datagrams.count, sent: 0)
        carrier.http.receive(datagrams, segment: segment, ecn: ecn, path: path, at: host.now)
        carrier.pump()
    }

    private func accept(_ quic: QUICConnection, _ path: QUICPath) -> H3Carrier? {
        do {
            let number = host.record.accepted(from: .ip(path.remote.ip, port: Int(path.remote.port)))
            let carrier = try H3Carrier(number, quic, self)
            connections[ObjectIdentifier(quic)] = carrier
            host.record.connection(number) { $0.version = .http3 }
            return carrier
        } catch {
            listener.forget(quic)
            host.record.problem("a connection of QUIC could not begin: \(error)")
            return nil
        }
    }

    // MARK: Out

    /// Sends what a connection has to say, and sees to its timer and its end.
    func settle(_ carrier: H3Carrier) {
        send(carrier)
        if carrier.http.error != nil || carrier.http.quic.closing != nil {
            forget(carrier)
        } else {
            carrier.arm()
        }
    }

    private func send(_ carrier: H3Carrier) {
        guard !carrier.isDeaf else { return }
        while waiting.count < DatagramDoor.backlog,
            let batch = carrier.http.nextOutput(into: &outgoing.bytes, at: host.now)
        {
            host.record.count(carrier.number, received: 0, sent: batch.count)
            send(batch)
        }
    }

    /// Forgets a connection: what comes for it from now on is answered with a stateless reset.
    func forget(_ carrier: H3Carrier) {
        guard connections[ObjectIdentifier(carrier.http.quic)] != nil else { return }
        connections[ObjectIdentifier(carrier.http.quic)] = nil
        listener.forget(carrier.http.quic)
        carrier.lost()
    }

    private func sendAnswers() {
        guard !faults.blackhole else { return }
        while let batch = listener.nextOutput(into: &outgoing.bytes) { send(batch) }
    }

    private func send(_ batch: QUICBatch) {
        let place = Endpoint.ip(batch.path.remote.ip, port: Int(batch.path.remote.port))
        outgoing.destination = SocketAddress(place)
        guard !faults.isHarmless else {
            outgoing.fill(
                batch.count, segment: batch.datagrams > 1 ? batch.segment : 0, ecn: batch.ecn.rawValue)
            return transmit()
        }
        guard !faults.blackhole else { return }
        for start in stride(from: 0, to: batch.count, by: max(1, batch.segment)) where !dice.falls(in: faults.loss) {
            let bytes = Array(outgoing.bytes[start..<min(batch.count, start + batch.segment)])
            let one = DatagramBatch(bytes, segment: 0, ecn: batch.ecn.rawValue, to: outgoing.destination)
            guard faults.delay > .zero else {
                transmit(one)
                continue
            }
            _ = host.loop.schedule(at: host.now.advanced(by: faults.delay)) { [weak self] in self?.transmit(one) }
        }
    }

    private func transmit() {
        guard let socket else { return }
        if !waiting.isEmpty {
            waiting.append(outgoing.rest)
        } else if socket.send(&outgoing) == .wait {
            waiting.append(outgoing.rest)
            watch()
        }
    }

    private func transmit(_ batch: DatagramBatch) {
        var batch = batch
        if let socket, waiting.isEmpty, socket.send(&batch) != .wait { return }
        waiting.append(batch.rest)
        watch()
    }

    private func sendWaiting() {
        guard let socket else { return }
        while !waiting.isEmpty {
            if socket.send(&waiting[0]) == .wait { return }
            waiting.removeFirst()
        }
        watch()
        for carrier in Array(connections.values) { settle(carrier) }
    }
}

/// SplitMix64: the same faults for the same seed.
struct FaultDice {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func falls(in share: Double) -> Bool {
        guard share > 0 else { return false }
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return Double(bits >> 11) / Double(1 << 53) < share
    }
}
