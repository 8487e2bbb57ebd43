import IOLoop
import Synchronization
import TransportCore

/// A relay of datagrams between clients and one server on loopback, which does to them what networks do: loses, delays,
/// reorders and doubles them, moves to another port, goes silent. Needs no privileges.
///
/// What happens to the n-th datagram of a direction is decided by the plan's seed and n alone.
package final class UDPRelay: Sendable {
    /// What happens to datagrams of one direction. Shares are of all datagrams, from 0 to 1.
    package struct Way: Sendable {
        /// Lost.
        package var loss = 0.0
        /// Sent twice.
        package var doubled = 0.0
        /// Held back until the next one has passed.
        package var reordered = 0.0
        /// How long each takes; 1 ms is the least that differs from nothing.
        package var delay = Duration.zero
        /// How many pass before none does any more.
        package var passes = Int.max

        package init(
            loss: Double = 0, doubled: Double = 0, reordered: Double = 0, delay: Duration = .zero, passes: Int = .max
        ) {
            self.loss = loss
            self.doubled = doubled
            self.reordered = reordered
            self.delay = delay
            self.passes = passes
        }

        /// Whether datagrams that came together can go on together.
        var isEven: Bool { loss == 0 && doubled == 0 && reordered == 0 && passes == .max }
    }

    /// What happens to datagrams.
    package struct Plan: Sendable {
        package var seed: UInt64
        package var toServer: Way
        package var toClient: Way

        package init(seed: UInt64 = 1, toServer: Way = Way(), toClient: Way = Way()) {
            self.seed = seed
            self.toServer = toServer
            self.toClient = toClient
        }

        /// The same both ways.
        package init(seed: UInt64 = 1, both way: Way) { self.init(seed: seed, toServer: way, toClient: way) }
    }

    /// A direction.
    package enum Direction: Int, Sendable { case toServer, toClient }

    /// The port that clients send to, on 127.0.0.1.
    package let port: UInt16
    private let loop: IOLoop
    private let core: RelayCore

    /// A relay to a server's port on 127.0.0.1.
    package init(to server: UInt16, _ plan: Plan = Plan()) throws(TestKitError) {
        guard let loopback = IPAddress("127.0.0.1") else { throw TestKitError("127.0.0.1 is no address") }
        let started = Result { () throws(LoopError) in try IOLoop.start(name: "relay") }
        guard case .success(let loop) = started else { throw TestKitError("starting the relay's thread failed") }
        guard case .success(let socket) = UDPSocket.bind(to: .ip(loopback, port: 0)),
            case .ip(_, let port)? = socket.localEndpoint
        else {
            loop.stop()
            throw TestKitError("making a socket for the relay failed")
        }
        self.port = UInt16(port)
        self.loop = loop
        core = RelayCore(loop, socket, server: .ip(loopback, port: Int(server)), plan)
        loop.enqueue { [core] in core.start() }
    }

    deinit { loop.stop() }

    /// A URL of the server by way of the relay.
    package func url(_ path: String) -> String { "https://localhost:\(port)\(path)" }

    private func run<Value: Sendable>(_ body: @escaping @Sendable (RelayCore) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            loop.enqueue { [core] in continuation.resume(returning: body(core)) }
        }
    }

    /// Follows another plan from now on; counts begin anew.
    package func follow(_ plan: Plan) async { await run { $0.follow(plan) } }

    /// Loses everything from now on, in the directions given; both if none is.
    package func blackhole(_ direction: Direction? = nil) async {
        await run { core in
            if direction != .toClient { core.ways[0].passes = 0 }
            if direction != .toServer { core.ways[1].passes = 0 }
        }
    }

    /// Sends from other ports to the server from now on, as a NAT does that has forgotten: what the server sends to
    /// the old ones is lost.
    package func rebind() async { await run { $0.rebind() } }

    /// Sends bytes of the test's own to every client, or to the server in every client's name.
    package func inject(_ bytes: [UInt8], _ direction: Direction) async { await run { $0.inject(bytes, direction) } }

    /// Datagrams that came in a direction, lost ones among them.
    package func count(_ direction: Direction) async -> Int { await run { $0.counts[direction.rawValue] } }

    /// Returns when so many datagrams have come in a direction since the plan began.
    package func came(_ count: Int, _ direction: Direction) async {
        await withCheckedContinuation { continuation in
            loop.enqueue { [core] in core.wait(count, direction) { continuation.resume() } }
        }
    }
}

/// The relay's state. Used on its loop; hence `@unchecked`.
private final class RelayCore: ReadinessHandler, @unchecked Sendable {
    /// A client, and the socket that speaks for it to the server.
    private final class Client {
        let address: SocketAddress
        var socket: UDPSocket
        init(_ address: SocketAddress, _ socket: UDPSocket) { (self.address, self.socket) = (address, socket) }
    }

    private unowned let loop: IOLoop
    private let front: UDPSocket
    private let server: Endpoint
    private let buffer = DatagramBuffer()
    private var clients: [Endpoint: Client] = [:]
    private var bySocket: [Int32: Client] = [:]
    private var draws: [Draw]
    var ways: [UDPRelay.Way]
    private(set) var counts = [0, 0]
    private var passed = [0, 0]
    private var held: [(DatagramBatch, Client)?] = [nil, nil]
    private var waiters: [(count: Int, direction: UDPRelay.Direction, done: () -> Void)] = []

    init(_ loop: IOLoop, _ front: UDPSocket, server: Endpoint, _ plan: UDPRelay.Plan) {
        self.loop = loop
        self.front = front
        self.server = server
        draws = [Draw(state: plan.seed), Draw(state: ~plan.seed)]
        ways = [plan.toServer, plan.toClient]
    }

    func start() { try? loop.watch(front.descriptor, .read, self) }

    func follow(_ plan: UDPRelay.Plan) {
        draws = [Draw(state: plan.seed), Draw(state: ~plan.seed)]
        ways = [plan.toServer, plan.toClient]
        counts = [0, 0]
        passed = [0, 0]
    }

    func wait(_ count: Int, _ direction: UDPRelay.Direction, _ done: @escaping () -> Void) {
        if counts[direction.rawValue] >= count { done() } else { waiters.append((count, direction, done)) }
    }

    func rebind() {
        for client in clients.values {
            guard case .success(let socket) = UDPSocket.connect(to: server) else { continue }
            loop.unwatch(client.socket.descriptor)
            bySocket[client.socket.descriptor] = nil
            client.socket = socket
            adopt(client)
        }
    }

    private func adopt(_ client: Client) {
        bySocket[client.socket.descriptor] = client
        try? loop.watch(client.socket.descriptor, .read, self)
    }

    func inject(_ bytes: [UInt8], _ direction: UDPRelay.Direction) {
        for client in clients.values { send(DatagramBatch(bytes), client, direction) }
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        if descriptor == front.descriptor {
            receiveFromClients()
        } else if let client = bySocket[descriptor] {
            receiveFromServer(client)
        }
    }

    private func receiveFromClients() {
        for _ in 0..<64 {
            let (received, source) = buffer.receiveWithSource(from: front)
            guard case .datagrams(_, let ecn) = received else {
                if case .failed = received { continue }
                return
            }
            guard let source else { continue }
            if clients[source] == nil {
                guard let address = SocketAddress(source), case .success(let socket) = UDPSocket.connect(to: server)
                else { continue }
                let client = Client(address, socket)
                clients[source] = client
                adopt(client)
            }
            if let client = clients[source] { take(client, .toServer, ecn) }
        }
    }

    private func receiveFromServer(_ client: Client) {
        for _ in 0..<64 {
            switch buffer.receive(from: client.socket) {
            case .datagrams(_, let ecn): take(client, .toClient, ecn)
            case .wait: return
            case .failed: break
            }
        }
    }

    private func take(_ client: Client, _ direction: UDPRelay.Direction, _ ecn: UInt8) {
        if ways[direction.rawValue].isEven {
            let batch = buffer.batch(ecn: ecn)
            counts[direction.rawValue] += batch.segment > 0 ? (batch.bytes.count - 1) / batch.segment + 1 : 1
            pass(batch, client, direction)
        } else {
            buffer.forEach { span in
                let bytes = unsafe [UInt8](unsafeUninitializedCapacity: span.count) { room, count in
                    for index in span.indices { unsafe room[index] = span[index] }
                    count = span.count
                }
                counts[direction.rawValue] += 1
                decide(DatagramBatch(bytes, ecn: ecn), client, direction)
            }
        }
        waiters.removeAll { waiter in
            guard counts[waiter.direction.rawValue] >= waiter.count else { return false }
            waiter.done()
            return true
        }
    }

    private func decide(_ datagram: DatagramBatch, _ client: Client, _ direction: UDPRelay.Direction) {
        let index = direction.rawValue
        let way = ways[index]
        let (isLost, isDoubled, isHeld) = (
            draws[index].next() < way.loss, draws[index].next() < way.doubled, draws[index].next() < way.reordered
        )
        guard passed[index] < way.passes, !isLost else { return }
        passed[index] += 1
        if isHeld, held[index] == nil {
            held[index] = (datagram, client)
            return
        }
        pass(datagram, client, direction)
        if isDoubled { pass(datagram, client, direction) }
        if let (late, itsClient) = held[index] {
            held[index] = nil
            pass(late, itsClient, direction)
        }
    }

    private func pass(_ batch: DatagramBatch, _ client: Client, _ direction: UDPRelay.Direction) {
        let delay = ways[direction.rawValue].delay
        guard delay > .zero else { return send(batch, client, direction) }
        _ = loop.schedule(at: SystemClock().now.advanced(by: delay)) { [unowned self] in
            send(batch, client, direction)
        }
    }

    private func send(_ batch: DatagramBatch, _ client: Client, _ direction: UDPRelay.Direction) {
        var batch = batch
        switch direction {
        case .toServer: _ = client.socket.send(&batch)
        case .toClient:
            batch.destination = client.address
            _ = front.send(&batch)
        }
    }
}

/// Numbers from 0 to 1, the same for a seed in every run (SplitMix64).
private struct Draw {
    var state: UInt64

    mutating func next() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ (value >> 31)) >> 11) / Double(UInt64(1) << 53)
    }
}
