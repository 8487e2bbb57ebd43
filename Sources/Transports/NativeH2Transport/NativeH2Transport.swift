import Driving
import IOLoop
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

    private let loops: LoopOwner

    /// A transport; its threads start with the first exchange.
    public init(configuration: Configuration = Configuration()) {
        loops = LoopOwner(name: "tern-h2", loops: configuration.loops) { Driver($0, configuration) }
    }

    /// What this transport can do, and the reasons for what it cannot.
    public func capabilities(over protocols: ProtocolSet) -> Capabilities { NativeCapabilities.over(protocols) }

    /// Carries one exchange; see ``Transport``.
    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        try NativeH2Transport.check(exchange)
        let framing = try RequestFraming(exchange.request)
        let driver = try loops.driver(for: exchange)
        return try await driver.carry(NativeExchange(exchange, framing: framing, keeper: loops))
    }

    /// Opens a connection ahead; see ``Preconnecting``. With several loops it is one of the loop whose turn it is.
    public func preconnect(for exchange: Exchange) async throws(TransportError) -> ConnectionInfo {
        try NativeH2Transport.check(exchange)
        let state = NativeExchange(exchange, framing: try RequestFraming(exchange.request), keeper: loops)
        state.onlyConnects = true
        return try await loops.driver(for: exchange).carry(state).connection
    }

    /// See ``Transport/shutdown(by:)``.
    public func shutdown(by deadline: Instant?) async { await loops.shutDown(by: deadline) }

    /// Refuses, before anything is done, what this transport cannot do.
    private static func check(_ exchange: Exchange) throws(TransportError) {
        let protocols = exchange.route.connect.protocols
        guard exchange.requiredFeatures.isSubset(of: NativeCapabilities.features(over: protocols)) else {
            try NativeCapabilities.over(protocols).check(exchange)
            throw exchange.unsupported("none of \(protocols) is there")
        }
        switch exchange.route.origin.scheme {
        case .http where protocols.isDisjoint(with: [.http1, .http2PriorKnowledge]):
            throw exchange.unsupported("http: URLs need HTTP/1.1, or HTTP/2 by prior knowledge")
        case .https where protocols.isDisjoint(with: [.http1, .http2]):
            throw exchange.unsupported("https: URLs need HTTP/1.1 or HTTP/2")
        default: break
        }
    }
}
