import IOLoop
import TransportCore

/// Timeouts of exchanges, and the times of idle and busy routes.
extension Driver {
    /// Looks at a new exchange's timeouts in time.
    ///
    /// Whatever step it comes to, its timeout is no shorter than the shortest of all: so to look that often is enough,
    /// and a step costs nothing.
    func watchTime(of exchange: ExchangeState) {
        let options = exchange.exchange.options
        if options != timedOptions {
            timedOptions = options
            shortest = ExchangeState.shortestTimeout(options)
        }
        exchange.shortestTimeout = shortest
        look(at: Instant(nanoseconds: now.nanoseconds &+ shortest))
        if let attempt = options.timeouts.attempt { look(at: exchange.started.advanced(by: attempt)) }
        if let deadline = exchange.exchange.deadline { look(at: deadline) }
    }

    /// Makes sure that timeouts are looked at at `instant` or shortly after.
    ///
    /// One timer serves all exchanges: it fires at the earliest instant that was asked for, and asks all of them then.
    /// Most have ended long before, so that happens every few seconds, not with each request.
    func look(at instant: Instant) {
        guard instant < nextSweep else { return }
        nextSweep = instant
        if let sweepTimer { loop.cancel(sweepTimer) }
        sweepTimer = loop.schedule(at: instant) { [slot] in slot.driver?.sweep() }
    }

    /// Two looks are at least so far apart, however many timeouts there are.
    private static let sweepInterval = Duration.milliseconds(2)

    func sweep() {
        now = loop.now
        nextSweep = Instant(nanoseconds: .max)
        sweepTimer = nil
        var next = Instant(nanoseconds: .max)
        for exchange in exchanges {
            if let error = exchange.timeoutError(at: now) {
                finish(exchange, .failure(error))
                continue
            }
            if let due = exchange.continueDue, due <= now {
                exchange.continueDue = nil
                resumeUpload(exchange)
            }
            if let due = exchange.due {
                next = min(next, due)
            }
        }
        for route in Array(routes.values) {
            if let since = route.idleSince {
                let due = since.advanced(by: limits.idle)
                if due <= now { drop(route) } else { next = min(next, due) }
            } else if route.canGrow, let waits = oldestWait(on: route) {
                let due = waits.advanced(by: RouteState.patience)
                if due <= now { route.grow() }
                next = min(next, max(due, now.advanced(by: RouteState.patience)))
            }
        }
        if let closesAt {
            if closesAt <= now { cancelAll() } else { next = min(next, closesAt) }
        }
        if next.nanoseconds != .max { look(at: max(next, now.advanced(by: Driver.sweepInterval))) }
    }

    private func oldestWait(on route: RouteState) -> Instant? {
        var oldest: Instant?
        for exchange in exchanges where exchange.step == .queued && exchange.route === route {
            oldest = min(oldest ?? exchange.since, exchange.since)
        }
        return oldest
    }

    private func drop(_ route: RouteState) {
        routes[route.key] = nil
        if lastRoute === route { lastRoute = nil }
        route.close()
    }
}
