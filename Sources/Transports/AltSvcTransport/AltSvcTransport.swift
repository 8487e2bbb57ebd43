import Synchronization
public import TransportCore

/// HTTP/3 where it is known and alive, and another transport everywhere else: a transport of two.
///
/// Learns from `Alt-Svc` fields (RFC 7838), and from HTTPS records in the DNS (RFC 9460), where an origin speaks HTTP/3.
/// Before it is used for the first time, its connection races against one of the other transport, which starts a little
/// later: so it costs nothing where UDP goes nowhere but that delay, once. What is raced is the connection, never the
/// request. A request that HTTP/3 has certainly not carried is sent over the other transport; nothing else is ever sent
/// twice. Why HTTP/3 was used for an exchange, or was not, is told to ``Exchange/onEvent`` in a sentence.
///
/// Shutting it down shuts both transports down.
public final class AltSvcTransport<Fast: Preconnecting, Steady: Preconnecting>: Transport {
    /// What is tried, and for how long.
    public struct Configuration: Sendable {
        /// Whether HTTP/3 is tried at an origin's own place where nothing is known of it: no.
        public var assumesHTTP3: Bool
        /// How long a connection of HTTP/3 may take before it counts as broken: 4 s. Nobody waits for it longer than the
        /// head start, 300 ms at most.
        public var timeLimit: Duration
        /// Tells the time.
        public var clock: any HTTPClock

        /// The defaults, or what is given.
        public init(
            assumesHTTP3: Bool = false, timeLimit: Duration = .seconds(4), clock: any HTTPClock = SystemClock()
        ) {
            self.assumesHTTP3 = assumesHTTP3
            self.timeLimit = timeLimit
            self.clock = clock
        }
    }

    /// Carries HTTP/3.
    public let fast: Fast
    /// Carries everything else.
    public let steady: Steady
    /// What was learned.
    public let cache: any AltSvcCache

    /// Tells the time.
    package var clock: any HTTPClock { configuration.clock }

    private let configuration: Configuration
    private let fastFeatures: Feature
    private let state = Mutex(State())

    private struct State {
        var minds: [Route: RouteMind] = [:]
        var last: RouteMind?
    }

    /// Routes that are thought of at once; beyond them those that rest are forgotten.
    private static var limit: Int { 4_096 }

    /// A transport of two, which it shuts down; a cache in memory of its own if none is given.
    public init(
        fast: Fast, steady: Steady, cache: any AltSvcCache = MemoryAltSvcCache(),
        configuration: Configuration = Configuration()
    ) {
        self.fast = fast
        self.steady = steady
        self.cache = cache
        self.configuration = configuration
        fastFeatures = fast.capabilities(over: .http3).features
    }

    deinit { for mind in state.withLock({ $0.minds }).values { mind.close() } }

    /// What the steady transport can, and HTTP/3 where it may be chosen; what HTTP/3 lacks is sent otherwise.
    public func capabilities(over protocols: ProtocolSet) -> Capabilities {
        guard protocols != .http3 else { return fast.capabilities(over: protocols) }
        var capabilities = steady.capabilities(over: protocols)
        guard protocols.contains(.http3), fastFeatures.contains(.http3) else { return capabilities }
        capabilities.features.insert(.http3)
        capabilities.gaps.removeAll { $0.feature == .http3 }
        return capabilities
    }

    /// Carries one exchange; see ``Transport``.
    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        let mind = mind(for: exchange.route)
        let step = mind.step(lacking: exchange.requiredFeatures.subtracting(fastFeatures)) {
            candidates, isProbe, headStart in
            Race(
                fast, steady, mind, candidates, for: exchange, isProbe: isProbe, headStart: headStart.duration,
                timeLimit: configuration.timeLimit)
        }
        switch step {
        case .steady(let note): return try await walk(exchange, mind, note)
        case .fast(let route, let note): return try await ride(exchange, over: route, mind, note)
        case .wait(let race): return try await wait(exchange, mind, race)
        }
    }

    /// The machine is on another network: on `name`, or on one without a name. Connections of HTTP/3 that stand are
    /// given up for new requests, and what was learned is forgotten or tried again as ``AltSvcCache`` says.
    public func networkChanged(to name: String? = nil) {
        cache.networkChanged(to: name)
        for mind in state.withLock({ $0.minds }).values { mind.networkChanged() }
    }

    /// See ``Transport/shutdown(by:)``; what was learned is written down at the end.
    public func shutdown(by deadline: Instant?) async {
        for mind in state.withLock({ $0.minds }).values { mind.close() }
        await withTaskGroup { group in
            group.addTask { await self.fast.shutdown(by: deadline) }
            group.addTask { await self.steady.shutdown(by: deadline) }
        }
        await cache.flush()
    }

    /// Returns when no question to the DNS about `route` is under way: for tests.
    package func lookupEnded(for route: Route) async { await mind(for: route).lookupEnded() }

    // MARK: The ways

    private func walk(
        _ exchange: Exchange, _ mind: RouteMind, _ note: String
    ) async throws(TransportError) -> TransportResponse {
        if exchange.onEvent != nil { tell(exchange, note) }
        let response = try await steady.send(exchange)
        learn(response, exchange, mind)
        return response
    }

    private func ride(
        _ exchange: Exchange, over route: Route, _ mind: RouteMind, _ note: String
    ) async throws(TransportError) -> TransportResponse {
        if exchange.onEvent != nil { tell(exchange, note) }
        var carried = exchange
        carried.route = route
        let failure: TransportError
        do throws(TransportError) {
            let response = try await fast.send(carried)
            if let note = mind.answered(over: response.connection, status: response.status) { tell(exchange, note) }
            learn(response, exchange, mind)
            return response
        } catch {
            failure = error
        }
        guard exchange.route.connect.protocols != .http3 else { throw failure }
        let consequence = mind.failed(failure)
        guard failure.canBeCarriedOtherwise(exchange), exchange.deadline.map({ configuration.clock.now < $0 }) ?? true
        else { throw failure }
        tell(
            exchange,
            "HTTP/3 not used: \(failure.description)" + (consequence.map { "; \($0)" } ?? "")
                + "; nothing was sent, and the request goes over TCP")
        let response = try await steady.send(exchange)
        learn(response, exchange, mind)
        return response
    }

    /// Waits for the race, and goes the way of the winner.
    private func wait(
        _ exchange: Exchange, _ mind: RouteMind, _ race: any RunningRace
    ) async throws(TransportError) -> TransportResponse {
        let clock = configuration.clock
        let start = clock.now
        exchange.onEvent?(ExchangeEvent(.queued, at: start))
        if exchange.onEvent != nil { tell(exchange, race.note) }
        let outcome = try await race.outcome(for: exchange, since: start)
        var exchange = exchange
        if let attempt = exchange.options.timeouts.attempt {
            exchange.options.timeouts.attempt = max(.milliseconds(1), attempt - start.duration(to: clock.now))
        }
        if let onEvent = exchange.onEvent {
            for event in outcome.events where event.at >= start { onEvent(event) }
            // It was queued here already.
            exchange.onEvent = { event in
                if case .queued = event.kind { return }
                onEvent(event)
            }
        }
        switch outcome.winner {
        case .fast(let route): return try await ride(exchange, over: route, mind, outcome.note)
        case .steady: return try await walk(exchange, mind, outcome.note)
        case .failed(let error):
            if exchange.onEvent != nil { tell(exchange, outcome.note) }
            throw error
        }
    }

    private func learn(_ response: TransportResponse, _ exchange: Exchange, _ mind: RouteMind) {
        for note in mind.learn(response) { tell(exchange, note) }
    }

    private func tell(_ exchange: Exchange, _ note: String) {
        exchange.onEvent?(ExchangeEvent(.note(note), at: configuration.clock.now))
    }

    private func mind(for route: Route) -> RouteMind {
        state.withLock { state in
            if let last = state.last, last.route === route { return last }
            if let known = state.minds[route] {
                state.last = known
                return known
            }
            if state.minds.count >= Self.limit { state.minds = state.minds.filter { $0.value.isBusy } }
            let mind = RouteMind(
                route, cache: cache, clock: configuration.clock, assumes: configuration.assumesHTTP3)
            state.minds[route] = mind
            state.last = mind
            return mind
        }
    }
}

extension TransportError {
    /// Whether the exchange that ended in this error may be sent over another transport: nothing of it has been sent,
    /// its body can still be read, and the reason was neither the request nor the caller.
    fileprivate func canBeCarriedOtherwise(_ exchange: Exchange) -> Bool {
        guard retrySafety == .notSent else { return false }
        switch code {
        case .badRequest, .closed, .cancelled, .attemptTimeout, .totalTimeout, .bodyFailed, .bodyLengthMismatch:
            return false
        default: break
        }
        switch phase {
        case .input, .queue, .resolve, .connect, .tls: return true
        case .send, .head, .body: return exchange.request.body.isReplayable
        }
    }
}
