import Synchronization
import Threads
package import TransportCore

/// The system's resolver, `getaddrinfo`, on a few threads of its own.
///
/// Answers are kept for 60 s, at most 1,024 of them; failures are not. Tasks that ask the same at the same time share one
/// lookup. A task that is cancelled is answered at once: its lookup is struck off if it waits for a thread and nobody
/// else wants it; one that is under way cannot be called back, so it ends in its own time, and its answer is kept.
package final class SystemResolver: Resolver {
    /// Finds addresses, best first, and may block.
    package typealias Lookup = @Sendable (String, AddressFamily) throws(ResolveError) -> [IPAddress]

    private typealias Waiter = CheckedContinuation<Result<ResolvedHost, ResolveError>, Never>

    /// A lookup that waits for a thread or is under way.
    private struct Flight {
        var ticket: ThreadPool.Ticket
        var waiters: [UInt64: Waiter]
    }
    private struct State {
        var cache = AddressCache()
        var flights: [AddressQuestion: Flight] = [:]
        var asked: UInt64 = 0
    }
    private let state = Mutex(State())
    private let clock: any HTTPClock
    private let lookup: Lookup
    private let threads: ThreadPool
    private let recordResolver: RecordResolver

    /// The one that everything uses which has no resolver of its own.
    package static let shared = SystemResolver()

    /// A resolver with a cache of its own.
    package convenience init(clock: any HTTPClock = SystemClock()) {
        self.init(clock: clock, lookup: AddressLookup.system)
    }

    /// A resolver that looks up with `lookup`, on at most four threads that end after `linger` without work.
    package convenience init(clock: any HTTPClock, linger: Duration = .seconds(1), lookup: @escaping Lookup) {
        self.init(clock: clock, linger: linger, lookup: lookup) { question throws(ResolveError) in
            try RecordLookup.system(question)
        }
    }

    init(
        clock: any HTTPClock, linger: Duration = .seconds(1), lookup: @escaping Lookup,
        recordLookup: @escaping RecordResolver.Lookup
    ) {
        self.clock = clock
        self.lookup = lookup
        threads = ThreadPool(name: "tern-resolver", limit: 4, linger: linger)
        recordResolver = RecordResolver(clock: clock, lookup: recordLookup)
    }

    /// Asks the DNS servers of the system; see ``Resolver/records(_:at:)``.
    package func records(_ type: UInt16, at name: String) async throws(ResolveError) -> [UInt8]? {
        try await recordResolver.records(RecordQuestion(name: name, type: type))
    }

    package func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        let question = AddressQuestion(host: host, family: family)
        let (known, number) = state.withLock { state in
            state.asked += 1
            return (state.cache.find(question, at: clock.now), state.asked)
        }
        if let known { return known }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in join(question, number, waiter) }
        } onCancel: {
            leave(question, number)
        }
        return try answer.get()
    }

    /// Waits with the others for the answer, or starts the lookup.
    private func join(_ question: AddressQuestion, _ number: UInt64, _ waiter: Waiter) {
        let answer = state.withLock { state -> Result<ResolvedHost, ResolveError>? in
            // Looked at under the lock: `leave` comes either before, and this is true, or after, and finds the waiter.
            if Task.isCancelled { return .failure(cancelled(question)) }
            if let known = state.cache.find(question, at: clock.now) { return .success(known) }
            guard state.flights[question] == nil else {
                state.flights[question]?.waiters[number] = waiter
                return nil
            }
            do throws(ThreadError) {
                let ticket = try threads.submit { [self] in land(question) }
                state.flights[question] = Flight(ticket: ticket, waiters: [number: waiter])
                return nil
            } catch {
                return .failure(ResolveError(.unavailable, message: "looking up \(question.host): \(error)"))
            }
        }
        if let answer { waiter.resume(returning: answer) }
    }

    /// Gives a task that was cancelled its answer.
    private func leave(_ question: AddressQuestion, _ number: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiter = state.flights[question]?.waiters.removeValue(forKey: number) else { return nil }
            if let flight = state.flights[question], flight.waiters.isEmpty, threads.withdraw(flight.ticket) {
                state.flights[question] = nil
            }
            return waiter
        }
        waiter?.resume(returning: .failure(cancelled(question)))
    }

    /// Looks up, on a thread of the pool, and answers all who wait.
    private func land(_ question: AddressQuestion) {
        let found = Result { () throws(ResolveError) in
            let addresses = try lookup(question.host, question.family)
            guard !addresses.isEmpty else {
                let message = "looking up \(question.host)\(question.family.words): there is no address"
                throw ResolveError(.notFound, message: message)
            }
            return addresses
        }
        let (answer, waiters) = state.withLock { state in
            let answer = found.map { state.cache.insert($0, for: question, at: clock.now) }
            return (answer, state.flights.removeValue(forKey: question)?.waiters ?? [:])
        }
        for waiter in waiters.values { waiter.resume(returning: answer) }
    }

    private func cancelled(_ question: AddressQuestion) -> ResolveError {
        ResolveError(.cancelled, message: "looking up \(question.host) was cancelled")
    }
}
