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
}
