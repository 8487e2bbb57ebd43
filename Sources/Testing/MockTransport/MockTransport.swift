import Synchronization
public import TransportCore

/// Answers exchanges without any network: for tests of code that talks HTTP.
///
///     let mock = MockTransport { _ in .json(#"{"name": "tern"}"#) }
///     let session = Session(transport: mock)
///     let response = try await session.get("https://api.test/bird")
///     #expect(mock.sent.map(\.request.url.path) == ["/bird"])
///
/// Keeps the rules of ``Transport``: delivery, deadlines and timeouts (on its clock), 1xx and the other events,
/// trailers, cancelling. What was sent is recorded, streamed bodies read to their end.
public final class MockTransport: Transport, Preconnecting {
    /// Makes the answer; a ``TransportError`` that it throws ends the exchange.
    public typealias Answer = @Sendable (SentExchange) async throws(TransportError) -> MockResponse
    /// Plays an attempt to open a connection: returns when it stands, or throws why it does not.
    public typealias Connect = @Sendable (Exchange) async throws(TransportError) -> Void

    private struct State {
        var sent: [SentExchange] = []
        var isClosed = false
        var isAborted = false
        var underWay = 0
        var drained: [CheckedContinuation<Void, Never>] = []
        var shutdowns = 0
        var connection: ConnectionInfo?
        var nextID: UInt64 = 0
        var preconnects: [Exchange] = []
    }

    private let answer: Answer
    private let table: ExpectationTable?
    private let able: Capabilities
    private let clock: any HTTPClock
    private let version: HTTPVersion
    private let remote: Endpoint?
    private let connect: Connect?
    private let state = Mutex(State())

    /// A transport that answers with what `answer` gives. It can do everything, unless `capabilities` says otherwise.
    /// `connect` plays what happens while a connection is opened, at once and well by default; `remote` is where it
    /// leads, as ``ConnectionInfo`` tells.
    public convenience init(
        clock: any HTTPClock = SystemClock(), version: HTTPVersion = .http2, capabilities: Capabilities? = nil,
        remote: Endpoint? = nil, connect: Connect? = nil, answer: @escaping Answer
    ) {
        self.init(clock, version, capabilities, remote, connect, nil, answer)
    }

    private init(
        _ clock: any HTTPClock, _ version: HTTPVersion, _ capabilities: Capabilities?, _ remote: Endpoint?,
        _ connect: Connect?, _ table: ExpectationTable?, _ answer: @escaping Answer
    ) {
        self.answer = answer
        self.version = version
        self.remote = remote
        self.connect = connect
        self.table = table
        self.clock = clock
        able = capabilities ?? Capabilities(features: Feature.named.reduce(into: []) { $0.formUnion($1.feature) })
    }

    /// A transport that gives `responses` in order, and fails with ``TransportError/Code/connectionRefused`` after the
    /// last.
    public convenience init(clock: any HTTPClock = SystemClock(), _ responses: [MockResponse]) {
        let script = Mutex(responses[...])
        self.init(clock: clock) { (sent) throws(TransportError) in
            guard let next = script.withLock({ $0.popFirst() }) else {
                throw TransportError(
                    .connectionRefused, phase: .connect, retrySafety: .notSent,
                    endpoint: sent.exchange.route.origin.description,
                    message: "the mock has no response left for \(sent.request)")
            }
            return next
        }
    }

    /// A transport that waits for `expectations`, each answered as it says; with `inOrder`, one after the other in the
    /// order of the list, else in any. A request that none of them stands for fails with
    /// ``TransportError/Code/connectionRefused``, and its error says what came and what was expected.
    /// ``verify()`` tells whether all came, and nothing else.
    public convenience init(
        clock: any HTTPClock = SystemClock(), version: HTTPVersion = .http2, capabilities: Capabilities? = nil,
        expecting expectations: [Expectation], inOrder: Bool = false
    ) {
        let table = ExpectationTable(expectations, inOrder: inOrder)
        self.init(clock, version, capabilities, nil, nil, table) { (sent) throws(TransportError) in
            try table.answer(sent)
        }
    }

    /// Expectations that have not been met yet.
    public var pending: [Expectation] { table?.pending ?? [] }

    /// Throws if an expectation was not met, or a request came that nobody expected: with one sentence for each.
    public func verify() throws(MockMismatch) {
        let findings = table?.findings ?? []
        if !findings.isEmpty { throw MockMismatch(findings: findings) }
    }

    /// Everything that was sent, in order.
    public var sent: [SentExchange] { state.withLock { $0.sent } }
    /// How many times ``shutdown(by:)`` was called.
    public var shutdowns: Int { state.withLock { $0.shutdowns } }

    public func capabilities(over protocols: ProtocolSet) -> Capabilities { able }

    public func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse {
        try able.check(exchange)
        try enter(exchange)
        let run = MockRun(
            exchange, clock: clock, isAborted: { [weak self] in self?.state.withLock { $0.isAborted } ?? false },
            onEnd: { [weak self] in self?.leave() })
        do {
            run.emit(.queued)
            let connection = try await openConnection(for: exchange)
            let sent = try await run.sending()
            state.withLock { $0.sent.append(sent) }
            run.emit(.ready(connection, reused: false))
            run.emit(.requestSent)
            return try await run.receiving(try await answer(sent), over: connection)
        } catch {
            run.finish()
            throw error
        }
    }

    /// Opens the connection that `exchange` would use, unless one stands; see ``Preconnecting``.
    public func preconnect(for exchange: Exchange) async throws(TransportError) -> ConnectionInfo {
        try able.check(exchange)
        try enter(exchange)
        defer { leave() }
        state.withLock { $0.preconnects.append(exchange) }
        let connection = try await openConnection(for: exchange)
        exchange.onEvent?(ExchangeEvent(.ready(connection, reused: false), at: clock.now))
        return connection
    }

    /// What ``preconnect(for:)`` was asked for, in order.
    public var preconnects: [Exchange] { state.withLock { $0.preconnects } }

    /// The connection that stands, if one does.
    public var connection: ConnectionInfo? { state.withLock { $0.connection } }

    /// The connection is lost: the next exchange needs another one.
    public func dropConnection() {
        state.withLock { state in
            state.connection?.retire()
            state.connection = nil
        }
    }

    private func openConnection(for exchange: Exchange) async throws(TransportError) -> ConnectionInfo {
        if let known = connection { return known }
        if let connect {
            try await connect(exchange)
            exchange.onEvent?(ExchangeEvent(.connected, at: clock.now))
        }
        return state.withLock { state in
            if let known = state.connection { return known }
            let made = ConnectionInfo(id: state.nextID, version: version, local: nil, remote: remote)
            state.nextID += 1
            state.connection = made
            return made
        }
    }

    private func enter(_ exchange: Exchange) throws(TransportError) {
        let isOpen = state.withLock { state in
            if !state.isClosed { state.underWay += 1 }
            return !state.isClosed
        }
        guard isOpen else {
            throw TransportError(
                .closed, phase: .queue, retrySafety: .notSent, endpoint: exchange.route.origin.description,
                message: "the mock transport was shut down")
        }
    }

    private func leave() {
        let waiting = state.withLock { state in
            state.underWay -= 1
            guard state.underWay == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Refuses new exchanges and waits until those under way have ended. At `deadline` on the mock's clock they are
    /// cut off at their next step.
    public func shutdown(by deadline: Instant?) async {
        state.withLock { state in
            state.isClosed = true
            state.shutdowns += 1
        }
        guard let deadline else { return await drain() }
        await withTaskGroup { group in
            group.addTask { [clock] in try? await clock.sleep(until: deadline) }
            group.addTask { await self.drain() }
            await group.next()
            state.withLock { $0.isAborted = true }
            for continuation in state.withLock({ state in
                defer { state.drained = [] }
                return state.drained
            }) { continuation.resume() }
            group.cancelAll()
        }
    }

    private func drain() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.underWay == 0 || state.isAborted { return true }
                state.drained.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}
