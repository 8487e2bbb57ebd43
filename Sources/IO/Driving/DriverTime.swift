import IOLoop
package import TransportCore

/// When a driver looks at the timeouts of its exchanges.
extension ExchangeDriver {
    /// The timeouts of an exchange. Sessions share options among exchanges, so mostly they are those of the last one.
    package final func limits(of exchange: OngoingExchange) -> ExchangeLimits {
        if exchange.exchange.options != knownLimits.options { knownLimits = ExchangeLimits(exchange.exchange.options) }
        return knownLimits
    }

    /// As ``look(at:)``, so many nanoseconds from now; not at all for `Int64.max`.
    package final func look(after nanoseconds: Int64) {
        let (instant, overflow) = now.nanoseconds.addingReportingOverflow(nanoseconds)
        if !overflow, instant < nextSweep.nanoseconds { look(at: Instant(nanoseconds: instant)) }
    }

    /// Makes sure that timeouts are looked at at `instant` or shortly after.
    ///
    /// One timer serves all exchanges: it fires at the earliest instant that was asked for, and asks all of them then.
    /// Most have ended long before, so that happens every few seconds, not with each request.
    package final func look(at instant: Instant) {
        guard instant < nextSweep else { return }
        nextSweep = instant
        if let sweepTimer { loop.cancel(sweepTimer) }
        sweepTimer = loop.schedule(at: instant) { [hold] in hold.driver?.sweep() }
    }

    /// Two looks are at least so far apart, however many timeouts there are.
    private static var sweepInterval: Duration { .milliseconds(2) }

    private func sweep() {
        wake()
        nextSweep = Instant(nanoseconds: .max)
        sweepTimer = nil
        var next = Instant(nanoseconds: .max)
        for exchange in exchanges {
            exchange.noteStalledReader(at: now)
            if let error = exchange.timeoutError(at: now) {
                exchange.hasTimedOut()
                finish(exchange, .failure(error))
                continue
            }
            if let held = exchange.holdsBodyUntil, held <= now {
                exchange.holdsBodyUntil = nil
                exchange.since = now
                exchange.feedUpload()
            }
            if let due = exchange.due { next = min(next, due) }
        }
        if let due = sweepRoutes() { next = min(next, due) }
        if let closesAt {
            if closesAt <= now { cancelAll() } else { next = min(next, closesAt) }
        }
        if next.nanoseconds != .max { look(at: max(next, now.advanced(by: ExchangeDriver.sweepInterval))) }
    }
}
