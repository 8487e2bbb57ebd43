import Glibc

/// Runs `body` on a new thread, for work that blocks: the threads of Swift's pool must not.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let code = unsafe pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument = unsafe argument else { return nil }
            unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, box)
    if code != 0 {
        // Without threads nothing of the kit works; run late rather than never.
        unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body()
    }
}

/// Runs blocking work on a thread of its own and waits for it without blocking a thread of Swift's pool.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        startThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// A value that is made once, on first use and off Swift's pool, and then shared by all tests of this process.
///
/// A failure is remembered too: every test that needs the value fails with the same message.
package actor Shared<Value: Sendable> {
    private let make: @Sendable () throws -> Value
    private var task: Task<Value, any Error>?

    /// Remembers how to make the value; makes nothing yet.
    package init(_ make: @escaping @Sendable () throws -> Value) { self.make = make }

    /// The value; the first caller waits until it is made.
    package var value: Value {
        get async throws {
            let make = make
            let task = task ?? Task { try await onThread(make) }
            self.task = task
            return try await task.value
        }
    }
}
