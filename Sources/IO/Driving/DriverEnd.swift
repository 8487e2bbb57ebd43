import IOLoop
import TransportCore

/// The end of a driver: exchanges may end, then everything is closed.
extension ExchangeDriver {
    /// The wish to end, on its way to the loop.
    package final class ShutDown: Sendable {
        let deadline: Instant?
        let done: @Sendable () -> Void
        init(by deadline: Instant?, _ done: @escaping @Sendable () -> Void) {
            self.deadline = deadline
            self.done = done
        }
    }

    /// Ends at once, without anybody who waits for it. The message keeps the driver until it has closed everything.
    final func abandon() {
        push(.shutDown(ShutDown(by: Instant(nanoseconds: .min)) { withExtendedLifetime(self) {} }))
    }

    /// Returns when everything is closed.
    final func shutDown(by deadline: Instant?) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            if !push(.shutDown(ShutDown(by: deadline) { continuation.resume() })) { continuation.resume() }
        }
    }

    final func shutDown(_ wish: ShutDown) {
        guard !hasEnded else { return wish.done() }
        isClosed = true
        whenClosed.append(wish.done)
        guard let deadline = wish.deadline, closesAt.map({ deadline < $0 }) ?? true else { return }
        closesAt = deadline
        if deadline <= now { cancelAll() } else { look(at: deadline) }
    }

    final func cancelAll() {
        closesAt = nil
        for exchange in exchanges {
            finish(exchange, .failure(exchange.error(.closed, "\(exchange.summary): the transport was shut down")))
        }
    }

    final func end() {
        guard !hasEnded else { return }
        hasEnded = true
        closeRoutes()
        if let sweepTimer { loop.cancel(sweepTimer) }
        loop.stop()
        hold.driver = nil
        for done in whenClosed { done() }
        whenClosed = []
    }
}
