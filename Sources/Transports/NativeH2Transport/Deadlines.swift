import TransportCore

/// When an exchange has waited too long, and for what. Each timeout has an error of its own.
extension NativeExchange {
    private struct StepLimit {
        var duration: Duration
        var since: Instant
        var code: TransportError.Code
    }

    /// The earliest of all that limit it now; nil if nothing does.
    var due: Instant? {
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
            guard let opening = route?.leadingOpening else {
                return timeouts.poolWait.map { StepLimit(duration: $0, since: since, code: .poolTimeout) }
            }
            let began = max(since, opening.phaseSince)
            switch opening.phase {
            case .resolve: return timeouts.resolve.map { StepLimit(duration: $0, since: began, code: .resolveTimeout) }
            case .tls: return timeouts.tls.map { StepLimit(duration: $0, since: began, code: .tlsTimeout) }
            default: return timeouts.connect.map { StepLimit(duration: $0, since: began, code: .connectTimeout) }
            }
        case .sending:
            // Time in which the body has nothing to give does not count.
            guard !isStarved, holdsBodyUntil == nil else { return nil }
            return timeouts.idleWrite.map { StepLimit(duration: $0, since: since, code: .idleWriteTimeout) }
        case .waiting:
            return timeouts.firstByte.map { StepLimit(duration: $0, since: since, code: .firstByteTimeout) }
        case .receiving:
            return timeouts.idleRead.map { StepLimit(duration: $0, since: since, code: .idleReadTimeout) }
        }
    }

    /// Time in which the reader does not read is not counted.
    func noteStalledReader(at now: Instant) {
        if step == .receiving, let channel, channel.unread > 0 { since = now }
    }

    /// The error of the timeout that has passed at `now`, if one has.
    func timeoutError(at now: Instant) -> TransportError? {
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
