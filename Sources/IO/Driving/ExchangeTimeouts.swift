package import TransportCore

/// When an exchange has waited too long, and for what. Each timeout has an error of its own.
extension OngoingExchange {
    private struct StepLimit {
        var duration: Duration
        var since: Instant
        var code: TransportError.Code

        init?(_ duration: Duration?, since: Instant, _ code: TransportError.Code) {
            guard let duration else { return nil }
            self.duration = duration
            self.since = since
            self.code = code
        }
    }

    /// The earliest of all that limit it now; nil if nothing does.
    package final var due: Instant? {
        var due = stepLimit.map { $0.since.advanced(by: $0.duration) }
        if let attempt = exchange.options.timeouts.attempt {
            let instant = started.advanced(by: attempt)
            due = min(due ?? instant, instant)
        }
        if let deadline = exchange.deadline { due = min(due ?? deadline, deadline) }
        if let held = holdsBodyUntil { due = min(due ?? held, held) }
        return due
    }

    private var stepLimit: StepLimit? {
        let timeouts = exchange.options.timeouts
        switch step {
        case .new, .done: return nil
        case .queued:
            let (phase, began) = awaited
            let from = max(since, began)
            switch phase {
            case .resolve: return StepLimit(timeouts.resolve, since: from, .resolveTimeout)
            case .connect: return StepLimit(timeouts.connect, since: from, .connectTimeout)
            case .tls: return StepLimit(timeouts.tls, since: from, .tlsTimeout)
            default: return StepLimit(timeouts.poolWait, since: since, .poolTimeout)
            }
        case .connecting: return StepLimit(timeouts.connect, since: since, .connectTimeout)
        case .securing: return StepLimit(timeouts.tls, since: since, .tlsTimeout)
        case .sending:
            // Time in which the body has nothing to give does not count.
            guard !isStarved, holdsBodyUntil == nil else { return nil }
            return StepLimit(timeouts.idleWrite, since: since, .idleWriteTimeout)
        case .waiting: return StepLimit(timeouts.firstByte, since: since, .firstByteTimeout)
        case .receiving: return StepLimit(timeouts.idleRead, since: since, .idleReadTimeout)
        }
    }

    /// Time in which the reader does not read, or a rate cap holds back what has come, is not counted.
    final func noteStalledReader(at now: Instant) {
        guard step == .receiving else { return }
        if let channel, channel.unread > 0 { since = now }
        if let throttle, throttle.held > 0 { since = now }
    }

    /// The error of the timeout that has passed at `now`, if one has.
    final func timeoutError(at now: Instant) -> TransportError? {
        if let deadline = exchange.deadline, deadline <= now {
            return timedOut(.totalTimeout, started.duration(to: now))
        }
        if let attempt = exchange.options.timeouts.attempt, started.advanced(by: attempt) <= now {
            return timedOut(.attemptTimeout, started.duration(to: now))
        }
        if let limit = stepLimit, limit.since.advanced(by: limit.duration) <= now {
            return timedOut(limit.code, limit.since.duration(to: now))
        }
        return nil
    }

    private func timedOut(_ code: TransportError.Code, _ elapsed: Duration) -> TransportError {
        let what =
            switch code {
            case .resolveTimeout: "the host's addresses were not found in time"
            case .connectTimeout: "no connection was made in time"
            case .tlsTimeout: "the TLS handshake was not done in time"
            case .poolTimeout: "no connection or stream was free in time"
            case .firstByteTimeout: "no response came in time"
            case .idleReadTimeout: "the response's body stalled"
            case .idleWriteTimeout: "the peer took no more of the request's body"
            case .attemptTimeout: "the attempt was not done in time"
            default: "the deadline passed"
            }
        return error(code, "\(summary): \(what)", elapsed: elapsed)
    }
}
