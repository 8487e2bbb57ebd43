internal import Wire

/// The clockwork of a connection: PINGs under way, the round trip, and what is overdue.
struct Pulse {
    enum Reason { case owner, keepAlive, roundTrip }
    enum Due: Equatable {
        case ping(UInt64)
        case gaveUpPing(after: Duration)
        case gaveUpSettings(after: Duration)
    }
    private struct Ping {
        let payload: UInt64
        let reason: Reason
        let sentAt: Instant
    }

    private let options: HTTP2Options
    private var pings: [Ping] = []
    private var nextPayload: UInt64 = 0x7465_726E_0000_0000
    private var settingsSentAt: Instant?
    private var heardAt: Instant
    private var measuredAt: Instant?
    /// The shortest round trip that was seen.
    private(set) var roundTrip: Duration?

    /// How old a measurement may become while much is received: 10 s.
    private static let measurementAge = Duration.seconds(10)
    /// Answers that may be outstanding; older ones are forgotten.
    private static let outstanding = 16

    init(options: HTTP2Options, at now: Instant) {
        self.options = options
        settingsSentAt = now
        heardAt = now
    }

    mutating func heard(at now: Instant) { heardAt = now }

    mutating func ping(_ reason: Reason, at now: Instant) -> UInt64 {
        nextPayload += 1
        if pings.count == Self.outstanding { pings.removeFirst() }
        pings.append(Ping(payload: nextPayload, reason: reason, sentAt: now))
        return nextPayload
    }

    /// A PING, if it is time to measure the round trip again.
    mutating func pingForRoundTrip(at now: Instant) -> UInt64? {
        guard !pings.contains(where: { $0.reason == .roundTrip }) else { return nil }
        if let measuredAt, measuredAt.duration(to: now) < Self.measurementAge { return nil }
        return ping(.roundTrip, at: now)
    }

    /// The round trip of a PING that the owner asked for; nil for one of our own, and for an answer to none.
    mutating func acknowledged(_ payload: UInt64, at now: Instant) -> Duration? {
        guard let index = pings.firstIndex(where: { $0.payload == payload }) else { return nil }
        let ping = pings.remove(at: index)
        let elapsed = ping.sentAt.duration(to: now)
        measure(elapsed)
        measuredAt = now
        return ping.reason == .owner ? elapsed : nil
    }

    mutating func settingsAcknowledged(at now: Instant) {
        guard let sentAt = settingsSentAt else { return }
        settingsSentAt = nil
        measure(sentAt.duration(to: now))
    }

    private mutating func measure(_ elapsed: Duration) {
        guard elapsed > .zero else { return }
        roundTrip = min(roundTrip ?? elapsed, elapsed)
    }

    private var keepAlive: Ping? { pings.first { $0.reason == .keepAlive } }

    func deadline(whileBusy isBusy: Bool) -> Instant? {
        var next: Instant?
        func consider(_ instant: Instant) { next = min(next ?? instant, instant) }
        if let settingsSentAt, let timeout = options.settingsTimeout { consider(settingsSentAt.advanced(by: timeout)) }
        if let keepAlive {
            consider(max(keepAlive.sentAt, heardAt).advanced(by: options.keepAliveTimeout))
        } else if isBusy, let interval = options.keepAliveInterval {
            consider(heardAt.advanced(by: interval))
        }
        return next
    }

    mutating func expire(at now: Instant, whileBusy isBusy: Bool) -> Due? {
        if let settingsSentAt, let timeout = options.settingsTimeout, settingsSentAt.advanced(by: timeout) <= now {
            return .gaveUpSettings(after: timeout)
        }
        if let keepAlive {
            // Any byte is a sign of life.
            let since = max(keepAlive.sentAt, heardAt)
            return since.advanced(by: options.keepAliveTimeout) <= now
                ? .gaveUpPing(after: options.keepAliveTimeout) : nil
        }
        if isBusy, let interval = options.keepAliveInterval, heardAt.advanced(by: interval) <= now {
            return .ping(ping(.keepAlive, at: now))
        }
        return nil
    }
}
