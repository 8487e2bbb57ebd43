/// The task that waits in `send`. Resumed once: whoever resumes it takes it out of the exchange before, on the loop.
///
/// Not the checked kind, which allocates an object for each request. It carries nothing: the outcome stands in the
/// exchange, so that the task itself puts the response together.
@safe
package struct Waiter: Sendable {
    private let continuation: UnsafeContinuation<Void, Never>

    private init(_ continuation: UnsafeContinuation<Void, Never>) { unsafe self.continuation = continuation }

    /// Suspends the calling task until the waiter that `body` is given is resumed.
    static func wait(_ body: (Waiter) -> Void) async {
        await unsafe withUnsafeContinuation { continuation in unsafe body(Waiter(continuation)) }
    }

    func resume() { unsafe continuation.resume() }

    /// Resumes all of `waiters`, and empties the list. From `handedOver` on they are handed to one job of the global
    /// pool, which resumes them.
    ///
    /// Resuming a task wakes a thread of the pool if the pool's queue is empty. A loop that ends a turn with 50
    /// responses would wake a thread 50 times, if each has run its task and sleeps again before the next is handed
    /// over. A thread of the pool that resumes them finds itself awake.
    static func resume(_ waiters: inout [Waiter], handedOver: Int) {
        guard waiters.count >= handedOver else {
            for waiter in waiters { waiter.resume() }
            return waiters.removeAll(keepingCapacity: true)
        }
        var taken: [Waiter] = []
        swap(&taken, &waiters)
        Task.detached { [taken] in
            for waiter in taken { waiter.resume() }
        }
    }
}
