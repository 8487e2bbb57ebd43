import Glibc
import Synchronization
import Threads

/// Writes the lines of many tasks to a descriptor, on a thread of its own, and as they are finished or in their turn.
/// Whoever writes waits while more than a buffer's worth has not gone out: memory does not grow with the output.
final class LineOutput: Sendable {
    /// Bytes that may wait to be written: 1 MiB.
    private static let room = 1_024 * 1_024

    /// Bytes that go out at once: 64 KiB.
    private static let enough = 65_536
    /// How long fewer may wait, in microseconds.
    private static let pause: UInt32 = 500

    private typealias Waiter = CheckedContinuation<Void, Never>

    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
        var isUrgent = false
        var failure: String?
        /// Those that wait for room, or for the end.
        var waiters: [Waiter] = []
        var turn = 1
        var turns: [Int: Waiter] = [:]
    }

    private let descriptor: Int32
    private let isOrdered: Bool
    private let thread = ThreadPool(name: "tern-output", limit: 1)
    private let state = Mutex(State())

    init(descriptor: Int32, isOrdered: Bool) {
        self.descriptor = descriptor
        self.isOrdered = isOrdered
    }

    /// Why nothing can be written any more.
    var failure: String? { state.withLock { $0.failure } }

    /// Writes `line`, the answer to the `turn`-th line that was begun.
    ///
    /// - Parameter isLast: whether no other answer is to be expected soon. Else a little time passes, so that answers
    ///   go out together: to wake a thread for each costs more than to carry out a request.
    func write(_ line: [UInt8], turn: Int, isLast: Bool) async {
        if isOrdered { await self.turn(turn) }
        let (isFull, begins) = state.withLock { state in
            if state.failure == nil { state.waiting += line }
            state.isUrgent = isLast
            let begins = !state.isWriting && !state.waiting.isEmpty
            state.isWriting = state.isWriting || begins
            return (state.waiting.count > Self.room, begins)
        }
        if begins { begin() }
        if isOrdered { pass(turn) }
        if isFull { await wait { $0.waiting.count > Self.room } }
    }

    /// Waits until all is written.
    func finish() async {
        while state.withLock({ $0.isWriting }) { await wait { $0.isWriting } }
    }

    private func wait(while isUnfinished: @Sendable (borrowing State) -> Bool) async {
        await withCheckedContinuation { (waiter: Waiter) in
            let isDone = state.withLock { state in
                let isDone = !isUnfinished(state)
                if !isDone { state.waiters.append(waiter) }
                return isDone
            }
            if isDone { waiter.resume() }
        }
    }

    private func turn(_ turn: Int) async {
        await withCheckedContinuation { (waiter: Waiter) in
            let isNext = state.withLock { state in
                if state.turn != turn { state.turns[turn] = waiter }
                return state.turn == turn
            }
            if isNext { waiter.resume() }
        }
    }

    private func pass(_ turn: Int) {
        let next = state.withLock { state in
            state.turn = turn + 1
            return state.turns.removeValue(forKey: turn + 1)
        }
        next?.resume()
    }

    private func begin() {
        do { try thread.submit { [self] in flush() } } catch { stop("\(error)") }
    }

    /// Writes until nothing waits.
    private func flush() {
        while true {
            let canWait = state.withLock { !$0.isUrgent && !$0.waiting.isEmpty && $0.waiting.count < Self.enough }
            if canWait { usleep(Self.pause) }
            let (bytes, waiters) = state.withLock { state in
                let bytes = state.waiting
                state.waiting = []
                state.isWriting = !bytes.isEmpty
                defer { state.waiters = [] }
                return (bytes, state.waiters)
            }
            for waiter in waiters { waiter.resume() }
            if bytes.isEmpty { return }
            do { try Output(descriptor: descriptor).write(bytes) } catch { return stop("\(error)") }
        }
    }

    private func stop(_ failure: String) {
        let waiters = state.withLock { state in
            state.failure = failure
            state.waiting = []
            state.isWriting = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
