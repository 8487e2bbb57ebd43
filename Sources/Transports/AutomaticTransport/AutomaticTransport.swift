public import AltSvcTransport
public import CurlTransport
public import NativeH2Transport
public import QUICTransport
public import TransportCore

/// The transport that chooses: HTTP/3 where it is known and alive, else HTTP/2 or HTTP/1.1 as ALPN says, and libcurl for
/// what both lack. What `Session()` uses.
///
/// HTTP/3 is never in the way: a request waits for it 300 ms at most, once, where UDP goes nowhere; see
/// ``AltSvcTransport``. Of each origin it is remembered what worked. The choice falls before any byte is sent, and is
/// told to ``Exchange/onEvent`` in a sentence.
///
/// Who makes the transport shuts it down, or drops it. Threads start when they are needed.
public final class AutomaticTransport: Transport {
    /// What is remembered, what is allowed, and the settings of the transports underneath.
    public struct Configuration: Sendable {
        /// Where origins speak HTTP/3: remembered in memory by default, as long as the transport lives.
        public var cache: any AltSvcCache
        /// Whether HTTP/3 is tried at every `https` origin, known or not: no.
        public var assumesHTTP3: Bool
        /// Which protocols may be used for which origin: whatever each call allows.
        public var policy: ProtocolPolicy?
        /// Tells the time.
        public var clock: any HTTPClock
        /// The settings for HTTP/1.1 and HTTP/2.
        public var native = NativeH2Transport.Configuration()
        /// The settings for HTTP/3. A connection whose peer owes an answer for 5 s is given up, unless it is said
        /// otherwise: there are others to carry the requests.
        public var quic: QUICTransport.Configuration
        /// The settings for what libcurl has to carry.
        public var curl = CurlTransport.Configuration()

        /// The defaults, or what is given.
        public init(
            cache: any AltSvcCache = MemoryAltSvcCache(), assumesHTTP3: Bool = false, policy: ProtocolPolicy? = nil,
            clock: any HTTPClock = SystemClock()
        ) {
            self.cache = cache
            self.assumesHTTP3 = assumesHTTP3
            self.policy = policy
            self.clock = clock
            quic = QUICTransport.Configuration()
            quic.answerTimeout = .seconds(5)
        }

        /// Limits of the pools of all transports; setting them sets each.
        public var pool: PoolLimits {
            get { native.pool }
            set {
                native.pool = newValue
                quic.pool = newValue
                curl.pool = newValue
            }
        }
    }

    private let composition: Composition<QUICTransport, NativeH2Transport, CurlTransport>

    /// A transport.
    public init(configuration: Configuration = Configuration()) {
        let racing = AltSvcTransport(
            fast: QUICTransport(configuration: configuration.quic),
            steady: NativeH2Transport(configuration: configuration.native), cache: configuration.cache,
            configuration: .init(assumesHTTP3: configuration.assumesHTTP3, clock: configuration.clock))
        let curl = configuration.curl
        composition = Composition(racing, policy: configuration.policy) { CurlTransport(configuration: curl) }
    }

    /// What was learned of where origins speak HTTP/3.
    public var cache: any AltSvcCache { composition.racing.cache }

    /// What one of the transports can do over the protocols; the one that can is chosen.
    public func capabilities(over protocols: ProtocolSet) -> Capabilities { composition.capabilities(over: protocols) }

    /// Carries one exchange; see ``Transport``.
    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        try await composition.send(exchange)
    }

    /// The machine is on another network; see ``AltSvcTransport/networkChanged(to:)``.
    public func networkChanged(to name: String? = nil) { composition.racing.networkChanged(to: name) }

    /// See ``Transport/shutdown(by:)``; what was learned is written down at the end.
    public func shutdown(by deadline: Instant?) async { await composition.shutdown(by: deadline) }
}
