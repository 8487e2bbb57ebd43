import Dispatch
import Synchronization

/// A place where threads of a pool stand until a test lets them go. Tasks wait for them without blocking.
package final class Gate: Sendable {
    private struct State {
        var entered = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())
    private let opened = DispatchSemaphore(value: 0)

    /// A closed gate.
    package init() {}

    /// Blocks the calling thread until the gate is opened for it.
    package func pass() {
        let ready = state.withLock { state in
            state.entered += 1
            let entered = state.entered
            defer { state.watchers.removeAll { $0.count <= entered } }
            return state.watchers.filter { $0.count <= entered }
        }
        for watcher in ready { watcher.continuation.resume() }
        opened.wait()
    }

    /// Returns when `count` threads have come to the gate.
    package func entered(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.entered < count { state.watchers.append((count, continuation)) }
                return state.entered >= count
            }
            if isReady { continuation.resume() }
        }
    }

    /// Lets `count` threads through.
    package func open(_ count: Int = 1) { for _ in 0..<count { opened.signal() } }
}
