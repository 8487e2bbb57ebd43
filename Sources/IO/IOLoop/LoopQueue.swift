import DequeModule
import Synchronization

/// What other threads hand to a loop: a queue that wakes the loop only if it sleeps.
///
/// The flag `isAsleep` lives under the same lock as the queue, so that no wake-up is lost: the loop sets it only if it
/// finds the queue empty, in one critical section; whoever appends later sees the flag, clears it and writes the
/// eventfd. Whoever appends earlier is seen by the loop, which then does not sleep. As the first one clears the flag,
/// a burst costs one write. A write that comes late, when the loop was up for another reason, costs an empty turn.
/// While code runs on the loop's thread the flag is down, so the loop never wakes itself.
struct LoopQueue: ~Copyable, Sendable {
    enum Work: Sendable {
        case action(@Sendable () -> Void)
        case job(UnownedJob)
        case batch(any QueuedBatch)
    }

    enum Offer {
        case refused
        case accepted
        /// The loop sleeps: the caller must call this, after it has let go of its own locks.
        case wakes(WakeUp)
    }

    // Not private: Swift 6.3.1 then ends with a broken module.
    struct State {
        var work: Deque<Work> = []
        var isAsleep = false
        var wakeUp: WakeUp?
    }
    private let state: Mutex<State>

    init(wakeUp: WakeUp) { state = Mutex(State(wakeUp: wakeUp)) }

    /// Appends `work`, unless the queue is closed. What is accepted will run.
    func offer(_ work: Work) -> Offer {
        state.withLock { state in
            guard let wakeUp = state.wakeUp else { return .refused }
            state.work.append(work)
            guard state.isAsleep else { return .accepted }
            state.isAsleep = false
            return .wakes(wakeUp)
        }
    }

    /// Appends `work`, and wakes the loop if need be. False once the queue is closed.
    func append(_ work: Work) -> Bool {
        switch offer(work) {
        case .refused: return false
        case .accepted: return true
        case .wakes(let wakeUp):
            wakeUp()
            return true
        }
    }

    /// Puts what waits into `batch`, which must be empty; its storage is used again. The loop counts as awake.
    func take(into batch: inout Deque<Work>) {
        state.withLock { state in
            state.isAsleep = false
            swap(&state.work, &batch)
        }
    }

    /// Whether the loop may sleep now; it counts as asleep from here on.
    func fallAsleep() -> Bool {
        state.withLock { state in
            guard state.work.isEmpty, state.wakeUp != nil else { return false }
            state.isAsleep = true
            return true
        }
    }

    /// Accepts nothing more, and ends the loop's wait.
    func close() {
        let wakeUp = state.withLock { state in
            let wakeUp = state.isAsleep ? state.wakeUp : nil
            state.isAsleep = false
            state.wakeUp = nil
            return wakeUp
        }
        wakeUp?()
    }

    var isClosed: Bool { state.withLock { $0.wakeUp == nil } }
}

/// Messages that wait in an ``Inbox``.
protocol QueuedBatch: AnyObject, Sendable {
    /// Hands them to their handler, on the loop.
    func deliver()
}
