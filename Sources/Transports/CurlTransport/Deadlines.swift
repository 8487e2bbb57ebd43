import TransportCore

/// When an exchange has waited too long, and for what. Each timeout has an error of its own.
extension ExchangeState {
    /// The shortest timeout that a step can have, in nanoseconds; an hour if there is none.
    static func shortestTimeout(_ options: ExchangeOptions) -> Int64 {
        let timeouts = options.timeouts
        let all = [
            timeouts.resolve, timeouts.connect, timeouts.tls, timeouts.poolWait, timeouts.firstByte, timeouts.idleRead,
            timeouts.idleWrite,
        ]
        return all.reduce(3_600_000_000_000) { least, timeout in
            timeout.map { min(least, Instant(nanoseconds: 0).advanced(by: max($0, .zero)).nanoseconds) } ?? least
        }
    }

    /// When the step must have ended; `nil` for never.
    var stepDue: Instant? {
        guard let limit = stepLimit else { return nil }
        return limit.since.advanced(by: limit.duration)
    }

    /// The earliest of all that limit it now.
    var due: Instant? {
        var due = stepDue
        if let attempt = exchange.options.timeouts.attempt {
            let instant = started.advanced(by: attempt)
            due = min(due ?? instant, instant)
        }
        if let continueDue { due = min(due ?? continueDue, continueDue) }
        if let deadline = exchange.deadline { due = min(due ?? deadline, deadline) }
        return due
    }

    private struct StepLimit {
        var duration: Duration
        var since: Instant
        var code: TransportError.Code
    }

    private var stepLimit: StepLimit? {
        let timeouts = exchange.options.timeouts
        switch step {
        case .queued:
            if let resolving = route?.resolvingSince, easy == nil {
                return timeouts.resolve.map {
                    StepLimit(duration: $0, since: max(since, resolving), code: .resolveTimeout)
                }
            }
            return timeouts.poolWait.map { StepLimit(duration: $0, since: since, code: .poolTimeout) }
        case .connecting:
            return timeouts.connect.map { StepLimit(duration: $0, since: since, code: .connectTimeout) }
        case .securing: return timeouts.tls.map { StepLimit(duration: $0, since: since, code: .tlsTimeout) }
        case .sending:
            // Time in which the body has nothing to give does not count.
            guard !isUploadPaused else { return nil }
            return timeouts.idleWrite.map { StepLimit(duration: $0, since: since, code: .idleWriteTimeout) }
        case .waiting:
            return timeouts.firstByte.map { StepLimit(duration: $0, since: since, code: .firstByteTimeout) }
        case .receiving:
            guard !isPaused else { return nil }
            return timeouts.idleRead.map { StepLimit(duration: $0, since: since, code: .idleReadTimeout) }
        case .done: return nil
        }
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
