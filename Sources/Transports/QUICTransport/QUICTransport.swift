import Driving
import IOLoop
public import TransportCore

/// HTTP/3 over QUIC, on ngtcp2 and nghttp3, in our own loop.
///
/// Each loop is one thread with its own connections; each connection has one UDP socket. `https` alone is spoken, and
/// no proxy carries it. Who makes the transport shuts it down, or drops it: then connections are closed and the threads
/// end, as soon as the last body that is still read has ended.
public final class QUICTransport: Transport, Preconnecting {
    /// How many connections are kept, how their life is watched, and how much a peer may send ahead.
    public struct Configuration: Sendable, Hashable {
        /// Limits of the pool, for each loop.
        public var pool = PoolLimits()
        /// Threads that move datagrams, each with a pool of its own; at least one. 1 by default.
        public var loops = 1
        /// How long nothing may come before a connection is given up: 30 s (RFC 9000 §10.1). `nil` for ever; the
        /// peer's own limit holds all the same.
        public var idleTimeout: Duration? = .seconds(30)
        /// How long the peer may owe an answer to a datagram before the connection is given up: as long as
        /// ``idleTimeout`` allows, by default. A living peer acknowledges within a round trip; where another transport
        /// can carry the requests that follow, some seconds are enough.
        public var answerTimeout: Duration?
        /// How long a connection may be silent before a PING keeps it, and the mappings of routers on its way, alive.
        /// `nil`, the default, sends none.
        public var keepAlive: Duration?
        /// Bytes that a peer may send ahead on a new stream: 256 KiB.
        public var streamWindow = 256 << 10
        /// Bytes to which that grows while the reader keeps up: 8 MiB.
        public var streamWindowLimit = 8 << 20
        /// Bytes that a peer may send ahead on a new connection: 1 MiB.
        public var connectionWindow = 1 << 20
        /// Bytes to which that grows: 16 MiB.
        public var connectionWindowLimit = 16 << 20
        /// Whether a connection moves to another local address when the machine's addresses change or its way goes
        /// silent (RFC 9000 §9): yes.
        public var migrates = true
        /// How long datagrams are let gather while a large body comes in small batches: 50 µs, which halves the cost
        /// of receiving from servers that send one datagram at a time. `.zero` never waits.
        public var receiveCoalescing = Duration.microseconds(50)
        /// A folder where each connection writes its qlog (`NUMBER.sqlog`), for qvis; `nil` for what the environment's
        /// `QLOGDIR` says.
        public var qlogDirectory: String?

        /// The defaults.
        public init() {}
    }

    private let loops: LoopOwner

    /// A transport; its threads start with the first exchange.
    public init(configuration: Configuration = Configuration()) {
        var configuration = configuration
        configuration.qlogDirectory = configuration.qlogDirectory ?? QlogFile.environmentDirectory
        loops = LoopOwner(name: "tern-quic", loops: configuration.loops) { [configuration] in
            Driver($0, configuration)
        }
    }

    /// What this transport can do, and the reasons for what it cannot.
    public func capabilities(over protocols: ProtocolSet) -> Capabilities { QUICCapabilities.over(protocols) }

    /// Carries one exchange; see ``Transport``.
    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        try QUICCapabilities.check(exchange)
        let framing = try RequestFraming(exchange.request)
        let driver = try loops.driver(for: exchange)
        return try await driver.carry(QUICExchange(exchange, framing: framing, keeper: loops))
    }

    /// Opens a connection ahead; see ``Preconnecting``. It stands when its handshake is done: nothing goes early.
    public func preconnect(for exchange: Exchange) async throws(TransportError) -> ConnectionInfo {
        try QUICCapabilities.check(exchange)
        let state = QUICExchange(exchange, framing: try RequestFraming(exchange.request), keeper: loops)
        state.onlyConnects = true
        return try await loops.driver(for: exchange).carry(state).connection
    }

    /// See ``Transport/shutdown(by:)``.
    public func shutdown(by deadline: Instant?) async { await loops.shutDown(by: deadline) }
}
