import TransportCore

/// The timeouts that every exchange looks at, in nanoseconds, worked out once for options that many exchanges share:
/// dividing a `Duration` for each of them costs more than sending a small request.
struct ExchangeLimits {
    let options: ExchangeOptions
    /// When anything about a new exchange could be due at the earliest; `Int64.max` for never.
    let earliest: Int64
    let firstByte: Int64
    let idleRead: Int64
    let idleWrite: Int64
    /// Bytes of a head, and its fields.
    let head: Int
    let fields: Int

    /// Bytes of a head that the connection takes.
    static let connectionHead = 256 << 10

    init(_ options: ExchangeOptions) {
        self.options = options
        let timeouts = options.timeouts
        earliest = [timeouts.attempt, timeouts.resolve, timeouts.connect, timeouts.tls, timeouts.poolWait]
            .reduce(.max) { min($0, ExchangeLimits.nanoseconds($1)) }
        firstByte = ExchangeLimits.nanoseconds(timeouts.firstByte)
        idleRead = ExchangeLimits.nanoseconds(timeouts.idleRead)
        head = options.limits.head
        fields = options.limits.fields
        idleWrite = ExchangeLimits.nanoseconds(timeouts.idleWrite)
    }

    private static func nanoseconds(_ duration: Duration?) -> Int64 { duration?.clampedNanoseconds ?? .max }
}
