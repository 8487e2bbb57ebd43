package import TransportCore

/// The timeouts that every exchange looks at, in nanoseconds, worked out once for options that many exchanges share:
/// dividing a `Duration` for each of them costs more than sending a small request.
package struct ExchangeLimits {
    package let options: ExchangeOptions
    /// When anything about a new exchange could be due at the earliest; `Int64.max` for never.
    let earliest: Int64
    let connect: Int64
    let tls: Int64
    package let firstByte: Int64
    package let idleRead: Int64
    package let idleWrite: Int64
    /// Bytes of a head, and its fields.
    package let head: Int
    package let fields: Int
    /// Bytes of a body that wait to be read.
    package let unreadBody: Int

    init(_ options: ExchangeOptions) {
        self.options = options
        let timeouts = options.timeouts
        earliest = [timeouts.attempt, timeouts.resolve, timeouts.connect, timeouts.tls, timeouts.poolWait]
            .reduce(.max) { min($0, ExchangeLimits.nanoseconds($1)) }
        connect = ExchangeLimits.nanoseconds(timeouts.connect)
        tls = ExchangeLimits.nanoseconds(timeouts.tls)
        firstByte = ExchangeLimits.nanoseconds(timeouts.firstByte)
        idleRead = ExchangeLimits.nanoseconds(timeouts.idleRead)
        idleWrite = ExchangeLimits.nanoseconds(timeouts.idleWrite)
        head = options.limits.head
        fields = options.limits.fields
        unreadBody = options.limits.unreadBody
    }

    /// How long `step` may last.
    subscript(step: OngoingExchange.Step) -> Int64 {
        switch step {
        case .new, .done: .max
        case .queued: earliest
        case .connecting: connect
        case .securing: tls
        case .sending: idleWrite
        case .waiting: firstByte
        case .receiving: idleRead
        }
    }

    private static func nanoseconds(_ duration: Duration?) -> Int64 { duration?.clampedNanoseconds ?? .max }
}
