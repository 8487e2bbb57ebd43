import Synchronization

/// A gate between a test and what it scripts: either side opens it, the other waits for that. It never closes again.
///
///     let halfway = Checkpoint()
///     let server = try TestServer([[.head(.ok), .body("half"), .hold(halfway), .body(" whole"), .end]])
///     …
///     halfway.open()
public final class Checkpoint: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [@Sendable () -> Void] = []
    }
    private let state = Mutex(State())

    /// A closed gate.
    public init() {}

    /// Whether it was opened.
    public var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Lets go on all that wait; again has no effect.
    public func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for action in waiting { action() }
    }

    /// Returns when it is open, or when the task is cancelled.
    public func opened() async {
        let wait = Wait()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait.begin(continuation)
                whenOpen { wait.end() }
            }
        } onCancel: {
            wait.end()
        }
    }

    /// Calls `action` once it is open: at once if it is, else on the thread that opens it.
    func whenOpen(_ action: @escaping @Sendable () -> Void) {
        let isOpen = state.withLock { state in
            if !state.isOpen { state.waiting.append(action) }
            return state.isOpen
        }
        if isOpen { action() }
    }
}

/// One wait that ends once, whoever ends it.
final class Wait: Sendable {
    private enum State { case idle, waiting(CheckedContinuation<Void, Never>), ended }
    private let state = Mutex(State.idle)

    func begin(_ continuation: CheckedContinuation<Void, Never>) {
        let hasEnded = state.withLock { state in
            if case .ended = state { return true }
            state = .waiting(continuation)
            return false
        }
        if hasEnded { continuation.resume() }
    }

    func end() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .ended }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }
}
