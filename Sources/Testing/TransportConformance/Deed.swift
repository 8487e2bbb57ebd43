import Synchronization
import TransportCore

/// Runs something that may hang: what it comes to, or nil when the time is over. What hangs is cancelled and left
/// behind, since to wait for it would hang, too.
enum Deed {
    private final class Box: Sendable {
        private struct State {
            var result: Result<Void, any Error>?
            var isOver = false
            var continuation: CheckedContinuation<Result<Void, any Error>?, Never>?
        }
        private let state = Mutex(State())

        func end(_ result: Result<Void, any Error>?) {
            let continuation = state.withLock { state -> CheckedContinuation<Result<Void, any Error>?, Never>? in
                guard !state.isOver else { return nil }
                state.isOver = true
                state.result = result
                defer { state.continuation = nil }
                return state.continuation
            }
            continuation?.resume(returning: result)
        }

        func wait() async -> Result<Void, any Error>? {
            await withCheckedContinuation { continuation in
                let (isOver, result) = state.withLock { state in
                    if !state.isOver { state.continuation = continuation }
                    return (state.isOver, state.result)
                }
                if isOver { continuation.resume(returning: result) }
            }
        }
    }

    static func run(
        atMost limit: Duration, _ body: @escaping @Sendable () async throws -> Void
    ) async -> Result<Void, any Error>? {
        let box = Box()
        let task = Task {
            do {
                try await body()
                box.end(.success(()))
            } catch { box.end(.failure(error)) }
        }
        let alarm = Task {
            try await SystemClock().sleep(for: limit)
            box.end(nil)
        }
        let result = await box.wait()
        alarm.cancel()
        if result == nil { task.cancel() }
        return result
    }
}
