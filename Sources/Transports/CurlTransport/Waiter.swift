import TransportCore

/// The task that waits in `send`. Resumed once: who resumes it takes it out of the exchange first, on the loop.
///
/// Not the checked kind, which allocates an object for each request.
@safe struct Waiter: Sendable {
    private let continuation: UnsafeContinuation<Result<TransportResponse, TransportError>, Never>

    /// Suspends the task until the waiter that `body` is given is resumed.
    static func wait(_ body: (Waiter) -> Void) async -> Result<TransportResponse, TransportError> {
        unsafe await withUnsafeContinuation { unsafe body(Waiter($0)) }
    }

    private init(_ continuation: UnsafeContinuation<Result<TransportResponse, TransportError>, Never>) {
        unsafe self.continuation = continuation
    }

    func resume(_ result: Result<TransportResponse, TransportError>) { unsafe continuation.resume(returning: result) }

    /// A waiter and what it waited for.
    typealias Ready = (Waiter, Result<TransportResponse, TransportError>)

    /// Fewer waiters than this are resumed where they are.
    private static let worthHandingOver = 3

    /// Resumes all of `ready`, and empties it. Many are handed to the global pool, which resumes them.
    ///
    /// Resuming a task wakes a thread of the pool if the pool's queue is empty. A loop that ends a turn with 50
    /// responses would wake a thread 50 times, since each has run its task, and sleeps again, before the next is
    /// handed over: that was a third of the CPU time of small requests. A thread of the pool that resumes them finds
    /// itself awake.
    static func resume(_ ready: inout [Ready]) {
        guard ready.count >= worthHandingOver else {
            for (waiter, result) in ready { waiter.resume(result) }
            return ready.removeAll(keepingCapacity: true)
        }
        var taken: [Ready] = []
        swap(&taken, &ready)
        Task.detached { [taken] in
            for (waiter, result) in taken { waiter.resume(result) }
        }
    }
}
