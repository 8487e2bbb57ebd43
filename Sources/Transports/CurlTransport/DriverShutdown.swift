import IOLoop
import TransportCore

/// The end: exchanges may end, then everything is closed.
extension Driver {
    func shutDown(by deadline: Instant?, _ done: @escaping @Sendable () -> Void) {
        guard !hasEnded else { return done() }
        isClosed = true
        whenClosed.append(done)
        if let deadline, closesAt.map({ deadline < $0 }) ?? true {
            closesAt = deadline
            if deadline <= now { cancelAll() } else { look(at: deadline) }
        }
        markTurn()
    }

    func cancelAll() {
        closesAt = nil
        for exchange in exchanges {
            finish(exchange, .failure(exchange.error(.closed, "\(exchange.summary): the transport was shut down")))
        }
    }

    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        for route in routes.values { route.close() }
        routes = [:]
        lastRoute = nil
        touchedRoutes = []
        if let sweepTimer { loop.cancel(sweepTimer) }
        loop.stop()
        for done in whenClosed { done() }
        whenClosed = []
        slot.driver = nil
    }
}
