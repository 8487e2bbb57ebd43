import Synchronization

/// Why blocking work has no result.
package enum BlockingError: Error, Sendable {
    case cancelled
    case noThread(ThreadError)
}

extension ThreadPool {
    private typealias Answer<Value> = Result<Value, BlockingError>

    /// Runs `work` on one of the threads and waits for its result, without holding a thread of Swift's pool.
    ///
    /// When the task is cancelled it returns at once. A system call cannot be called back: if `work` has begun it ends
    /// in its own time, and its result is dropped.
    package func run<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value
    ) async throws(BlockingError) -> Value {
        let call = BlockingCall<Value>()
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                call.begin(continuation)
                // Cancelled before there was anybody to tell.
                guard !Task.isCancelled else { return call.end(.failure(.cancelled)) }
                do throws(ThreadError) {
                    let ticket = try submit { call.end(.success(work())) }
                    call.submitted(ticket, to: self)
                } catch {
                    call.end(.failure(.noThread(error)))
                }
            }
        } onCancel: {
            call.end(.failure(.cancelled))
        }
        return try answer.get()
    }

    /// As ``run(_:)``, but sees the work through when the task is cancelled: for what must not be left half done.
    package func finish<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value
    ) async throws(ThreadError) -> Value {
        let answer = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, ThreadError>, Never>) in
            do throws(ThreadError) {
                try submit { continuation.resume(returning: .success(work())) }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try answer.get()
    }
}

/// Answers a waiting task once.
private final class BlockingCall<Value: Sendable>: Sendable {
    typealias Waiter = CheckedContinuation<Result<Value, BlockingError>, Never>

    private struct State {
        var waiter: Waiter?
        var queued: (ThreadPool, ThreadPool.Ticket)?
        var isOver = false
    }
    private let state = Mutex(State())

    func begin(_ waiter: Waiter) { state.withLock { $0.waiter = waiter } }

    func submitted(_ ticket: ThreadPool.Ticket, to pool: ThreadPool) {
        let isOver = state.withLock { state in
            if !state.isOver { state.queued = (pool, ticket) }
            return state.isOver
        }
        if isOver { pool.withdraw(ticket) }
    }

    func end(_ answer: Result<Value, BlockingError>) {
        let (waiter, queued) = state.withLock { state in
            // A cancellation that comes before `begin` has nobody to answer; `run` looks again after it.
            guard let waiter = state.waiter else { return (Waiter?.none, (ThreadPool, ThreadPool.Ticket)?.none) }
            defer { state = State(isOver: true) }
            return (waiter, state.queued)
        }
        if case .failure = answer, let (pool, ticket) = queued { pool.withdraw(ticket) }
        waiter?.resume(returning: answer)
    }
}
