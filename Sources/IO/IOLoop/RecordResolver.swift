import Synchronization
import Threads
import TransportCore

/// Questions to the DNS for records, on two threads of their own: a server that does not answer must not hold up the
/// lookups of addresses.
///
/// Answers and failures are kept for 60 s, at most 1,024 of them. Tasks that ask the same at the same time share one
/// question. A task that is cancelled is answered at once.
final class RecordResolver: Sendable {
    typealias Lookup = @Sendable (RecordQuestion) throws(ResolveError) -> [UInt8]
    private typealias Answer = Result<[UInt8], ResolveError>
    private typealias Waiter = CheckedContinuation<Answer, Never>

    private struct Kept {
        var answer: Answer
        var expiry: Instant
    }
    private struct State {
        var kept: [RecordQuestion: Kept] = [:]
        var flights: [RecordQuestion: [UInt64: Waiter]] = [:]
        var asked: UInt64 = 0
    }
    private let state = Mutex(State())
    private let clock: any HTTPClock
    private let lookup: Lookup
    private let threads: ThreadPool

    private static let timeToLive = Duration.seconds(60)
    private static let capacity = 1_024

    init(clock: any HTTPClock, lookup: @escaping Lookup) {
        self.clock = clock
        self.lookup = lookup
        threads = ThreadPool(name: "tern-records", limit: 2)
    }

    func records(_ question: RecordQuestion) async throws(ResolveError) -> [UInt8] {
        let number = state.withLock { state in
            state.asked += 1
            return state.asked
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in join(question, number, waiter) }
        } onCancel: {
            state.withLock { $0.flights[question]?.removeValue(forKey: number) }?
                .resume(returning: .failure(RecordResolver.cancelled(question)))
        }
        return try answer.get()
    }

    private func join(_ question: RecordQuestion, _ number: UInt64, _ waiter: Waiter) {
        let answer = state.withLock { state -> Answer? in
            // Looked at under the lock: the handler comes either before, and this is true, or after.
            if Task.isCancelled { return .failure(RecordResolver.cancelled(question)) }
            if let kept = state.kept[question], kept.expiry > clock.now { return kept.answer }
            guard state.flights[question] == nil else {
                state.flights[question]?[number] = waiter
                return nil
            }
            do throws(ThreadError) {
                try threads.submit { [self] in land(question) }
                state.flights[question] = [number: waiter]
                return nil
            } catch {
                return .failure(ResolveError(.unavailable, message: "asking for \(question.name): \(error)"))
            }
        }
        if let answer { waiter.resume(returning: answer) }
    }

    private func land(_ question: RecordQuestion) {
        let answer = Result { () throws(ResolveError) in try lookup(question) }
        let waiters = state.withLock { state in
            if state.kept.count >= RecordResolver.capacity { state.kept = [:] }
            state.kept[question] = Kept(answer: answer, expiry: clock.now.advanced(by: RecordResolver.timeToLive))
            return state.flights.removeValue(forKey: question) ?? [:]
        }
        for waiter in waiters.values { waiter.resume(returning: answer) }
    }

    private static func cancelled(_ question: RecordQuestion) -> ResolveError {
        ResolveError(.cancelled, message: "asking the DNS for \(question.name) was cancelled")
    }
}
