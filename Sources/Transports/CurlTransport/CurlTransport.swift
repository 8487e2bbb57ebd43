import Driving
public import TransportCore

/// A transport on libcurl: HTTP/1.1 and HTTP/2, proxies of every kind, Unix sockets.
///
/// Each loop is one thread that drives libcurl by its sockets and timers; pools of connections belong to it. Who makes
/// the transport shuts it down, or drops it: then connections are closed and the threads end, as soon as the last body
/// that is still read has ended.
public final class CurlTransport: Transport {
    /// How many connections are kept, and by how many threads they are served.
    public struct Configuration: Sendable, Hashable {
        /// Limits of the pool, for each loop.
        public var pool: PoolLimits
        /// Threads that move bytes, each with a pool of its own; at least one. 1 by default.
        public var loops: Int

        /// The defaults, or what is given.
        public init(pool: PoolLimits = PoolLimits(), loops: Int = 1) {
            self.pool = pool
            self.loops = loops
        }
    }

    private let loops: LoopOwner

    /// The installed libraries, as `--version` shows them: `libcurl/7.88.1 OpenSSL/3.0.17`.
    public static var libraries: String { "libcurl/\(CurlLibrary.version) \(CurlLibrary.tlsVersion)" }

    /// A transport; its threads start with the first exchange.
    public init(configuration: Configuration = Configuration()) {
        loops = LoopOwner(name: "tern-curl", loops: configuration.loops) { Driver($0, configuration.pool) }
    }

    /// What the installed libcurl can do, found at run time, with the reasons for what it cannot.
    public func capabilities(over protocols: ProtocolSet) -> Capabilities { CurlCapabilities.over(protocols) }

    /// Carries one exchange; see ``Transport``.
    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        let features = exchange.requiredFeatures
        try CurlTransport.check(exchange, features)
        let framing = try RequestFraming(exchange.request)
        let driver = try loops.driver(for: exchange)
        let state = ExchangeState(
            exchange, framing: framing, pinsHTTP1: features.rawValue & CurlCapabilities.onlyOverHTTP1.rawValue != 0,
            keeper: loops)
        return try await driver.carry(state)
    }

    /// See ``Transport/shutdown(by:)``.
    public func shutdown(by deadline: Instant?) async { await loops.shutDown(by: deadline) }

    /// Refuses, before anything is done, what libcurl cannot do.
    private static func check(_ exchange: Exchange, _ features: Feature) throws(TransportError) {
        let protocols = exchange.route.connect.protocols
        guard features.rawValue & ~CurlCapabilities.features(over: protocols).rawValue == 0 else {
            try CurlCapabilities.over(protocols).check(exchange)
            throw unsupported(exchange, "none of \(protocols) is there")
        }
        if exchange.route.origin.scheme == .http, protocols.isDisjoint(with: [.http1, .http2PriorKnowledge]) {
            throw unsupported(exchange, "http: URLs need HTTP/1.1, or HTTP/2 by prior knowledge")
        }
        if exchange.route.origin.scheme == .https,
            CurlCapabilities.usable(protocols).isDisjoint(with: [.http1, .http2])
        {
            throw unsupported(exchange, "https: URLs need HTTP/1.1 or HTTP/2")
        }
    }

    private static func unsupported(_ exchange: Exchange, _ reason: String) -> TransportError {
        exchange.unsupported("\(reason) [libcurl \(CurlLibrary.version)]")
    }
}
