import Synchronization

/// Hands one value from a task to a thread that blocks until it comes.
///
/// Waiting holds the thread: never call it on a thread of Swift's concurrency pool, where the task that is to give the
/// value may be waiting for that very thread.
package final class Handover<Value: Sendable>: Sendable {
    private let monitor = Monitor()
    private let value = Mutex<Value?>(nil)

    /// Nothing to hand over yet.
    package init() {}

    /// Gives the value; only the first counts.
    package func give(_ given: Value) {
        monitor.withLock {
            value.withLock { value in if value == nil { value = given } }
        }
        monitor.signal()
    }

    /// Blocks until the value is there.
    package func take() -> Value {
        while true {
            if let value = value.withLock({ $0 }) { return value }
            monitor.withLock {
                guard value.withLock({ $0 == nil }) else { return }
                _ = monitor.wait(atMost: .seconds(3_600))
            }
        }
    }
}
