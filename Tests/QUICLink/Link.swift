package import QUICEngine
package import Wire

/// What both kinds of connection can do.
package protocol Endpoint: AnyObject {
    associatedtype Event
    func receive(_ bytes: [UInt8], ecn: QUICECN, path: QUICPath, at now: Instant)
    func nextEvent() -> Event?
    func nextOutput(into buffer: inout [UInt8], at now: Instant) -> QUICBatch?
    var deadline: Instant? { get }
    func expire(at now: Instant)
}

extension QUICConnection: Endpoint {
    package func receive(_ bytes: [UInt8], ecn: QUICECN, path: QUICPath, at now: Instant) {
        receive(bytes.span, ecn: ecn, path: path, at: now)
    }
}

/// A client and a listener's connections with a network between and a clock that only tests move.
package final class Link<End: Endpoint> {
    package private(set) var client: End
    package let listener: QUICListener
    package var network: Network
    package private(set) var now: Instant
    package private(set) var clientEvents: [End.Event] = []
    package private(set) var serverEvents: [End.Event] = []
    /// The server's connections, oldest first.
    package private(set) var servers: [End] = []
    /// Called with each event as it comes; may call the connection.
    package var onClient: (End.Event, End) -> Void = { _, _ in }
    package var onServer: (End.Event, End) -> Void = { _, _ in }

    private let wrap: (QUICConnection) throws -> End
    private var ends: [ObjectIdentifier: End] = [:]
    private var buffer: [UInt8] = []
    /// What connections were silent since; for the tests of vanished servers.
    private var vanished: Set<ObjectIdentifier> = []

    package init(
        _ client: End, _ listener: QUICListener, _ plan: NetworkPlan = NetworkPlan(), at now: Instant = Link.start,
        wrap: @escaping (QUICConnection) throws -> End
    ) {
        self.client = client
        self.listener = listener
        self.wrap = wrap
        self.now = now
        network = Network(plan)
    }

    package static var start: Instant { Instant(nanoseconds: 1_000_000_000) }

    /// Another client takes the place of the first; what is on its way stays.
    package func replace(_ client: End) {
        self.client = client
        clientEvents = []
    }

    /// The server's newest connection stops to take part.
    package func vanish() {
        if let last = servers.last { vanished.insert(ObjectIdentifier(last)) }
    }

    /// The listener forgets the newest connection, as if the server had started anew.
    package func forget(_ connection: QUICConnection) { listener.forget(connection) }

    /// Moves time on until `isDone`, nothing is left to do, or `limit` has passed. Whether `isDone` came true.
    @discardableResult
    package func run(for limit: Duration = .seconds(60), until isDone: () -> Bool = { false }) -> Bool {
        let end = now.advanced(by: limit)
        for _ in 0..<200_000 {
            flush()
            if isDone() { return true }
            var next = end
            for instant in [network.next, client.deadline] { next = min(next, instant ?? end) }
            for server in servers where !vanished.contains(ObjectIdentifier(server)) {
                next = min(next, server.deadline ?? end)
            }
            guard next < end else {
                now = end
                return false
            }
            now = max(now, next)
            for datagram in network.arrivals(at: now) { deliver(datagram) }
            if let deadline = client.deadline, deadline <= now { client.expire(at: now) }
            for server in servers where !vanished.contains(ObjectIdentifier(server)) {
                if let deadline = server.deadline, deadline <= now { server.expire(at: now) }
            }
        }
        return false
    }

    /// Moves time on without anything happening.
    package func sleep(_ duration: Duration) { now = now.advanced(by: duration) }

    private func deliver(_ datagram: Datagram) {
        guard datagram.toServer else {
            return client.receive(datagram.bytes, ecn: datagram.ecn, path: datagram.path, at: now)
        }
        feed(datagram.bytes, ecn: datagram.ecn, path: datagram.path)
    }

    /// Gives bytes to the server as if they had come from `path.remote`.
    package func feed(_ bytes: [UInt8], ecn: QUICECN = .none, path: QUICPath) {
        switch listener.route(bytes.span, path: path, at: now) {
        case .settled: break
        case .connection(let connection):
            guard let end = ends[ObjectIdentifier(connection)], !vanished.contains(ObjectIdentifier(end)) else { break }
            end.receive(bytes, ecn: ecn, path: path, at: now)
        case .accepted(let connection):
            guard let end = try? wrap(connection) else { break }
            ends[ObjectIdentifier(connection)] = end
            servers.append(end)
            end.receive(bytes, ecn: ecn, path: path, at: now)
        }
    }

    private func flush() {
        // What handlers do makes more output, and the other way round.
        for _ in 0..<64 {
            var isQuiet = true
            while let event = client.nextEvent() {
                clientEvents.append(event)
                onClient(event, client)
                isQuiet = false
            }
            for server in servers {
                while let event = server.nextEvent() {
                    serverEvents.append(event)
                    onServer(event, server)
                    isQuiet = false
                }
            }
            while let batch = client.nextOutput(into: &buffer, at: now) {
                network.send(buffer[0..<batch.count], batch, toServer: true, at: now)
                isQuiet = false
            }
            while let batch = listener.nextOutput(into: &buffer) {
                network.send(buffer[0..<batch.count], batch, toServer: false, at: now)
                isQuiet = false
            }
            for server in servers where !vanished.contains(ObjectIdentifier(server)) {
                while let batch = server.nextOutput(into: &buffer, at: now) {
                    network.send(buffer[0..<batch.count], batch, toServer: false, at: now)
                    isQuiet = false
                }
            }
            if isQuiet { return }
        }
    }
}
