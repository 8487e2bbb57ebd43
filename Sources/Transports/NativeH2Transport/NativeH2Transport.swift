import IOLoop
import Synchronization
public import TransportCore

/// A transport of our own: HTTP/2 on nghttp2, HTTP/1.1, TLS on OpenSSL, all in our own loop.
///
/// Each loop is one thread with its own pools. Over `https`, ALPN chooses HTTP/2 or HTTP/1.1 on the connection that
/// stands; over `http`, HTTP/1.1 is spoken, or HTTP/2 by prior knowledge. Who makes the transport shuts it down, or
/// drops it: then connections are closed and the threads end, as soon as the last body that is still read has ended.
public final class NativeH2Transport: Transport, Preconnecting {
    /// How many connections are kept, by how many threads they are served, and how their life is watched.
    public struct Configuration: Sendable, Hashable {
        /// Limits of the pool, for each loop.
        public var pool: PoolLimits
        /// Threads that move bytes, each with a pool of its own; at least one. 1 by default.
        public var loops: Int
        /// How long nothing may come over HTTP/2 while exchanges are under way before a PING asks for a sign of life
        /// (RFC 9113 §6.7). `nil`, the default, never asks: some servers take offence.
        public var keepAlive: Duration?
        /// How long the answer to that PING may take before the connection counts as dead: 10 s.
        public var keepAliveTimeout: Duration

        /// The defaults, or what is given.
        public init(
            pool: PoolLimits = PoolLimits(), loops: Int = 1, keepAlive: Duration? = nil,
            keepAliveTimeout: Duration = .seconds(10)
        ) {
            self.pool = pool
            self.loops = loops
            self.keepAlive = keepAlive
            self.keepAliveTimeout = keepAliveTimeout
        }
    }

    private let core: Core

    /// A transport; its threads start with the first exchange.
    public init(configuration: Configuration = Configuration()) { core = Core(configuration) }

    /// What this transport can do, and the reasons for what it cannot.
    public func capabilities(over protocols: ProtocolSet) -> Capabilities { NativeCapabilities.over(protocols) }

    /// Carries one exchange; see ``Transport``.
    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        try await carry(exchange, onlyConnects: false)
    }

    /// Opens a connection ahead; see ``Preconnecting``. With several loops it is one of the loop whose turn it is.
    public func preconnect(for exchange: Exchange) async throws(TransportError) -> ConnectionInfo {
        try await carry(exchange, onlyConnects: true).connection
    }

    @inline(__always)
    private func carry(
        _ exchange: Exchange, onlyConnects: Bool
    ) async throws(TransportError) -> TransportResponse {
        try NativeH2Transport.check(exchange)
        let framing = try RequestFraming(exchange.request)
        let driver = try core.driver(for: exchange)
        let state = NativeExchange(exchange, framing: framing, keeper: core, onlyConnects: onlyConnects)
        await withTaskCancellationHandler {
            await Waiter.wait { waiter in
                state.waiter = waiter
                if !driver.push(.start(state)) {
                    state.outcome = .failure(NativeH2Transport.closed(exchange))
                    waiter.resume()
                }
            }
        } onCancel: {
            driver.push(.cancel(state))
        }
        return try state.result()
    }

    /// See ``Transport/shutdown(by:)``.
    public func shutdown(by deadline: Instant?) async { await core.shutDown(by: deadline) }

    static func closed(_ exchange: Exchange) -> TransportError {
        TransportError(
            .closed, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
            message: "\(exchange.request.method.rawValue) \(exchange.route.origin): the transport was shut down")
    }

    /// Refuses, before anything is done, what this transport cannot do.
    private static func check(_ exchange: Exchange) throws(TransportError) {
        let protocols = exchange.route.connect.protocols
        guard exchange.requiredFeatures.isSubset(of: NativeCapabilities.features(over: protocols)) else {
            try NativeCapabilities.over(protocols).check(exchange)
            throw unsupported(exchange, "none of \(protocols) is there")
        }
        switch exchange.route.origin.scheme {
        case .http where protocols.isDisjoint(with: [.http1, .http2PriorKnowledge]):
            throw unsupported(exchange, "http: URLs need HTTP/1.1, or HTTP/2 by prior knowledge")
        case .https where protocols.isDisjoint(with: [.http1, .http2]):
            throw unsupported(exchange, "https: URLs need HTTP/1.1 or HTTP/2")
        default: break
        }
        if exchange.request.method == .connect { throw unsupported(exchange, "tunnels are made for proxies alone") }
    }

    private static func unsupported(_ exchange: Exchange, _ reason: String) -> TransportError {
        TransportError(
            .unsupported, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
            message: "\(exchange.request.method.rawValue) \(exchange.route.origin) over "
                + "\(exchange.route.connect.protocols): \(reason)")
    }
}

/// The loops and drivers of a transport: kept alive by it and by the bodies that are still read.
final class Core: Sendable {
    private struct State {
        var drivers: [Driver] = []
        var isClosed = false
        var turn = 0
    }
    private let state = Mutex(State())
    private let configuration: NativeH2Transport.Configuration

    init(_ configuration: NativeH2Transport.Configuration) { self.configuration = configuration }

    deinit {
        for driver in state.withLock({ $0.drivers }) {
            // The message keeps the driver until it has closed everything.
            driver.push(.shutDown(Driver.ShutDown(by: Instant(nanoseconds: .min)) { _ = driver }))
        }
    }

    /// The driver that carries `exchange`; starts the loops with the first.
    func driver(for exchange: Exchange) throws(TransportError) -> Driver {
        let driver = try state.withLock { (state) throws(TransportError) in
            guard !state.isClosed else { throw NativeH2Transport.closed(exchange) }
            if state.drivers.isEmpty { state.drivers = try start(exchange) }
            guard state.drivers.count > 1 else { return state.drivers.first }
            state.turn = (state.turn + 1) % state.drivers.count
            return state.drivers[state.turn]
        }
        guard let driver else { throw NativeH2Transport.closed(exchange) }
        return driver
    }

    private func start(_ exchange: Exchange) throws(TransportError) -> [Driver] {
        var drivers: [Driver] = []
        do {
            for number in 0..<max(1, configuration.loops) {
                drivers.append(Driver.start(on: try IOLoop.start(name: "tern-h2-\(number)"), configuration))
            }
        } catch {
            for driver in drivers { driver.loop.stop() }
            throw TransportError(
                .libraryFailure, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
                message: "starting the transport's thread: \(error)", underlying: error)
        }
        return drivers
    }

    func shutDown(by deadline: Instant?) async {
        let drivers = state.withLock { state in
            state.isClosed = true
            return state.drivers
        }
        await withDiscardingTaskGroup { group in
            for driver in drivers { group.addTask { await Core.shutDown(driver, by: deadline) } }
        }
    }

    private static func shutDown(_ driver: Driver, by deadline: Instant?) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let wish = Driver.ShutDown(by: deadline) { continuation.resume() }
            if !driver.push(.shutDown(wish)) { continuation.resume() }
        }
    }
}
