import Synchronization

/// One piece of work that many tasks wait for. A task that is cancelled stops waiting; the work goes on for the
/// others.
final class Flight<Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Value, any Error>, Never>
    private struct State {
        var result: Result<Value, any Error>?
        var waiters: [Int: Waiter] = [:]
        /// Those that were cancelled before they began to wait.
        var cancelled: Set<Int> = []
        var nextID = 0
    }
    private let state = Mutex(State())

    /// What the work gives, when it is done.
    func value() async throws -> Value {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let known = state.withLock { state -> Result<Value, any Error>? in
                    if let result = state.result { return result }
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    state.waiters[id] = waiter
                    return nil
                }
                if let known { waiter.resume(returning: known) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let waiter = state.waiters.removeValue(forKey: id) { return waiter }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.resume(returning: .failure(CancellationError()))
        }.get()
    }

    /// The work is done: wakes all that wait.
    func finish(_ result: Result<Value, any Error>) {
        let waiters = state.withLock { state in
            state.result = result
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }
}
