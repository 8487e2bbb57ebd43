package import DequeModule
import Synchronization

/// A typed mailbox of a loop. A message costs one lock; the first one of a batch takes the loop's lock as well, and
/// wakes the loop if it sleeps. The loop delivers each batch before it polls again.
///
/// Messages arrive in the order in which they were pushed. The inbox keeps its handler alive: let the handler hold
/// its owner weakly if the owner holds the inbox.
///
/// `@unchecked`: `handler` and `batch` are used on the loop's thread alone.
package final class Inbox<Message: Sendable>: @unchecked Sendable, QueuedBatch {
    private struct State {
        var messages: Deque<Message> = []
        var isQueued = false
    }
    private let state = Mutex(State())
    private let loop: IOLoop
    private let handler: (inout Deque<Message>) -> Void
    private var batch: Deque<Message> = []

    /// A batch larger than this does not keep its storage.
    private static var keptCapacity: Int { 4096 }

    /// An inbox on `loop`. The handler takes the messages out of the batch; what it leaves is dropped.
    package init(on loop: IOLoop, handler: @escaping (inout Deque<Message>) -> Void) {
        self.loop = loop
        self.handler = handler
    }

    /// Adds a message, from any thread. True: it will be delivered. False: the loop has been stopped, nobody will see
    /// the message.
    @discardableResult
    package func push(_ message: consuming Message) -> Bool {
        let message = message
        // The loop's lock is taken inside, so that a refusal undoes this message before another one can lean on it.
        let offer = state.withLock { state -> LoopQueue.Offer in
            if !state.isQueued {
                let offer = loop.queue.offer(.batch(self))
                if case .refused = offer { return offer }
                state.isQueued = true
                state.messages.append(message)
                return offer
            }
            state.messages.append(message)
            return .accepted
        }
        switch offer {
        case .refused: return false
        case .accepted: return true
        case .wakes(let wakeUp):
            wakeUp()
            return true
        }
    }

    func deliver() {
        state.withLock { state in
            swap(&state.messages, &batch)
            state.isQueued = false
        }
        handler(&batch)
        if batch.count > Self.keptCapacity { batch = [] } else { batch.removeAll(keepingCapacity: true) }
    }
}
