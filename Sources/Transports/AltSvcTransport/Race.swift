import Synchronization
import TransportCore

/// A race under way, for who need not know between which transports.
protocol RunningRace: AnyObject, Sendable {
    /// Whether it was decided for the steady connection, while the fast one is still being tried.
    var isDecided: Bool { get }
    /// What is to be said of it in one sentence now.
    var note: String { get }
    /// Begins it.
    func start()
    /// How it ends, for an exchange that waits for it. Throws only what is about the exchange itself.
    func outcome(for exchange: Exchange, since start: Instant) async throws(TransportError) -> RaceOutcome
    /// Ends it; those who wait get ``TransportError/Code/closed``.
    func cancel()
}

/// How a race ended for those who waited, and what happened while the winner was opened.
struct RaceOutcome: Sendable {
    enum Winner: Sendable {
        case fast(Route)
        case steady
        case failed(TransportError)
    }
    var winner: Winner
    var note: String
    var events: [ExchangeEvent] = []
}

/// Opens two connections against each other, as ``RaceRules`` says, for all requests to an origin that come meanwhile.
/// One task, which owns its attempts; the transport cancels it when it ends.
final class Race<Fast: Preconnecting, Steady: Preconnecting>: RunningRace {
    private typealias Waiter = CheckedContinuation<RaceOutcome?, Never>

    private struct State {
        var outcome: RaceOutcome?
        var note: String
        var waiters: [UInt64: Waiter] = [:]
        var count: UInt64 = 0
        var task: Task<Void, Never>?
        /// The alternative that is being tried.
        var trying: RouteDecision.Candidate?
        /// Those that failed, and were not marked yet.
        var failed: [(service: AltService, reason: String)] = []
        /// What became of the last that was marked.
        var lastFailure: String?
        var lastSteadyError: TransportError?
        var isCancelled = false
    }

    private enum Arrival: Sendable {
        case fast(RouteDecision.Candidate, ConnectionInfo, Duration)
        case fastFailed
        case steady(Duration)
        case steadyFailed(TransportError)
        case headStartOver
        case timeUp
    }

    private let fast: Fast
    private let steady: Steady
    private let mind: RouteMind
    private let candidates: [RouteDecision.Candidate]
    private let exchange: Exchange
    private let isProbe: Bool
    private let headStart: Duration
    private let timeLimit: Duration
    private let clock: any HTTPClock
    private let fastEvents = AttemptLog()
    private let steadyEvents = AttemptLog()
    private let state: Mutex<State>

    /// A race for `exchange` and all that come while it lasts.
    init(
        _ fast: Fast, _ steady: Steady, _ mind: RouteMind, _ candidates: [RouteDecision.Candidate],
        for exchange: Exchange,
        isProbe: Bool, headStart: Duration, timeLimit: Duration
    ) {
        self.fast = fast
        self.steady = steady
        self.mind = mind
        self.candidates = candidates
        self.exchange = exchange
        self.isProbe = isProbe
        self.headStart = headStart
        self.timeLimit = timeLimit
        clock = mind.clock
        let place = candidates.first.map { "\($0.service)" } ?? "HTTP/3"
        let note =
            isProbe
            ? candidates.first.map { WhyNot.probing($0.service).description } ?? ""
            : "HTTP/3 at \(place) is tried at once, and TCP \(headStart.wholeMilliseconds) ms later"
        state = Mutex(State(note: note))
    }

    var isDecided: Bool { isProbe || state.withLock { $0.outcome != nil } }
    var note: String { state.withLock { $0.note } }

    func start() {
        let task = Task { await self.run() }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }

    // MARK: Running

    private func run() async {
        let start = clock.now
        var rules = RaceRules(isProbe: isProbe)
        await withTaskGroup(of: Arrival.self) { group in
            group.addTask { await self.tryFast(from: start) }
            group.addTask {
                try? await self.clock.sleep(until: start.advanced(by: self.timeLimit))
                return .timeUp
            }
            if !isProbe {
                group.addTask {
                    try? await self.clock.sleep(until: start.advanced(by: self.headStart))
                    return .headStartOver
                }
            }
            while !rules.isOver, let arrival = await group.next(), !Task.isCancelled {
                take(arrival, &rules, from: start) { group.addTask { await self.trySteady() } }
            }
            group.cancelAll()
        }
        mind.ended(self)
        settle(RaceOutcome(winner: .failed(closed), note: ""))
    }

    private func take(_ arrival: Arrival, _ rules: inout RaceRules, from start: Instant, _ startSteady: () -> Void) {
        var event: RaceRules.Event
        var won: (RouteDecision.Candidate, ConnectionInfo, Duration)?
        var steadyError: TransportError?
        switch arrival {
        case .fast(let candidate, let connection, let took):
            event = .fastStood
            won = (candidate, connection, took)
        case .fastFailed: event = .fastFailed
        case .steady(let took):
            event = .steadyStood
            mind.steadyStood(took: took)
        case .steadyFailed(let error):
            event = .steadyFailed
            steadyError = error
            state.withLock { $0.lastSteadyError = error }
        case .headStartOver: event = .headStartOver
        case .timeUp: event = .fastTimeUp
        }
        let elapsed = start.duration(to: clock.now)
        if let (candidate, connection, took) = won {
            let note =
                "HTTP/3 used: \(candidate.service) stood after \(took.wholeMilliseconds) ms"
                + (isProbe ? ", tried again after it had failed" : rules.isDecided ? ", later than TCP" : "")
            if !mind.adopt(candidate, connection, took: took, isAsked: !rules.isDecided, note: note) {
                event = .fastFailed
                state.withLock {
                    $0.failed.append((candidate.service, "its connection is open and silent"))
                }
            } else {
                markFailed()
            }
        }
        for action in rules.happened(event) {
            // Before anybody who waited goes on, and after what failed is known.
            if rules.isOver, action != .markBroken, action != .giveUpFast { mind.ended(self) }
            switch action {
            case .startSteady: startSteady()
            case .useFast:
                guard let (candidate, _, took) = won else { break }
                let note = "HTTP/3 used: \(candidate.service) stood first, after \(took.wholeMilliseconds) ms"
                settle(RaceOutcome(winner: .fast(candidate.route), note: note, events: fastEvents.events))
            case .useSteady:
                settle(RaceOutcome(winner: .steady, note: lossNote(after: elapsed), events: steadyEvents.events))
            case .fail:
                let error = steadyError ?? state.withLock { $0.lastSteadyError } ?? closed
                settle(RaceOutcome(winner: .failed(error), note: lossNote(after: elapsed), events: steadyEvents.events))
            case .markBroken: markFailed(timeUp: event == .fastTimeUp)
            // What is not over when the race is gets cancelled with it, and what stands rests in its pool.
            case .giveUpSteady, .giveUpFast, .keepFast, .end: break
            }
        }
    }

    /// Why TCP was taken.
    private func lossNote(after elapsed: Duration) -> String {
        state.withLock { state in
            if let reason = state.lastFailure { return "HTTP/3 not used: \(reason)" }
            let place = candidates.first.map { "\($0.service)" } ?? "it"
            return "HTTP/3 not used: \(place) did not stand after \(elapsed.wholeMilliseconds) ms, and TCP did"
        }
    }

    /// Tells the cache of the alternatives that failed.
    private func markFailed(timeUp: Bool = false) {
        var failed = state.withLock { state in
            defer { state.failed = [] }
            return state.failed
        }
        if timeUp, let candidate = state.withLock({ $0.trying }) {
            failed.append((candidate.service, "it did not stand within \(timeLimit.wholeMilliseconds) ms"))
        }
        for (service, reason) in failed {
            let seconds = mind.markBroken(service)
            state.withLock { $0.lastFailure = "\(service): \(reason); it is left alone for \(seconds) s" }
        }
    }

    // MARK: The attempts

    /// Tries one alternative after the other.
    private func tryFast(from start: Instant) async -> Arrival {
        for candidate in candidates {
            state.withLock { $0.trying = candidate }
            let begun = clock.now
            do throws(TransportError) {
                let connection = try await fast.preconnect(for: attempt(over: candidate.route, fastEvents))
                return .fast(candidate, connection, begun.duration(to: clock.now))
            } catch {
                // The transport was shut down, or the race is over: nothing was experienced.
                guard !Task.isCancelled, error.code != .cancelled, error.code != .closed else { break }
                state.withLock {
                    $0.failed.append((candidate.service, error.description))
                    $0.trying = nil
                }
            }
        }
        return .fastFailed
    }

    private func trySteady() async -> Arrival {
        let begun = clock.now
        do throws(TransportError) {
            _ = try await steady.preconnect(for: attempt(over: mind.route, steadyEvents))
            return .steady(begun.duration(to: clock.now))
        } catch {
            return .steadyFailed(error)
        }
    }

    /// The exchange for which a connection is opened; its deadline is its own affair.
    private func attempt(over route: Route, _ log: AttemptLog) -> Exchange {
        var attempt = exchange
        attempt.route = route
        attempt.deadline = nil
        attempt.options.timeouts.attempt = nil
        attempt.onEvent = { log.add($0) }
        return attempt
    }

    // MARK: Those who wait

    private func settle(_ outcome: RaceOutcome) {
        let waiters = state.withLock { state in
            if state.outcome == nil {
                state.outcome = outcome
                if !isProbe { state.note = outcome.note }
            }
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: outcome) }
    }

    func outcome(for exchange: Exchange, since start: Instant) async throws(TransportError) -> RaceOutcome {
        var due = exchange.deadline
        var code = TransportError.Code.totalTimeout
        if let attempt = exchange.options.timeouts.attempt {
            let end = start.advanced(by: attempt)
            if due.map({ end < $0 }) ?? true { (due, code) = (end, .attemptTimeout) }
        }
        let outcome: RaceOutcome?
        if let due {
            outcome = await withTaskGroup(of: RaceOutcome?.self) { group in
                group.addTask { await self.wait() }
                group.addTask { [clock] in
                    try? await clock.sleep(until: due)
                    return nil
                }
                defer { group.cancelAll() }
                return await group.next() ?? nil
            }
        } else {
            outcome = await wait()
        }
        if let outcome { return outcome }
        let isCancelled = Task.isCancelled
        throw TransportError(
            isCancelled ? .cancelled : code, phase: .connect, retrySafety: .notSent,
            endpoint: exchange.route.origin.description,
            message: "\(exchange.request.method.rawValue) \(exchange.route.origin) "
                + (isCancelled ? "was cancelled" : "was not done in time: no connection stood yet"),
            elapsed: start.duration(to: clock.now))
    }

    /// The outcome; nil if the task is cancelled first.
    private func wait() async -> RaceOutcome? {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let (isReady, outcome) = state.withLock { state -> (Bool, RaceOutcome?) in
                    if let outcome = state.outcome { return (true, outcome) }
                    // Looked at under the lock: the handler comes before, and this is true, or after.
                    if Task.isCancelled { return (true, nil) }
                    state.waiters[id] = waiter
                    return (false, nil)
                }
                if isReady { waiter.resume(returning: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
        }
    }

    private var closed: TransportError {
        TransportError(
            .closed, phase: .queue, retrySafety: .notSent, endpoint: mind.route.origin.description,
            message: "\(exchange.request.method.rawValue) \(mind.route.origin): the transport was shut down")
    }
}

/// What an attempt told, for those who wait for it.
final class AttemptLog: Sendable {
    private let log = Mutex<[ExchangeEvent]>([])

    var events: [ExchangeEvent] { log.withLock { $0 } }

    func add(_ event: borrowing ExchangeEvent) {
        switch event.kind {
        case .resolved, .connected, .tlsDone, .note: break
        default: return
        }
        let event = copy event
        log.withLock { $0.append(event) }
    }
}
