import TransportCore

/// What a resolver was asked.
struct AddressQuestion: Hashable, Sendable {
    var host: String
    var family: AddressFamily
}

/// Answers that still hold. When it is full the one that was used longest ago goes.
struct AddressCache {
    private struct Entry {
        var addresses: [IPAddress]
        var expiry: Instant
        var used: UInt64
    }
    private var entries: [AddressQuestion: Entry] = [:]
    private var uses: UInt64 = 0

    /// How long an answer holds: `getaddrinfo` does not tell what the DNS said.
    static let timeToLive = Duration.seconds(60)
    /// Names that are kept.
    static let capacity = 1024

    /// The answer, with the time that it still holds.
    mutating func find(_ question: AddressQuestion, at now: Instant) -> ResolvedHost? {
        guard let entry = entries[question] else { return nil }
        guard entry.expiry > now else {
            entries[question] = nil
            return nil
        }
        uses += 1
        entries[question]?.used = uses
        return ResolvedHost(addresses: entry.addresses, timeToLive: now.duration(to: entry.expiry))
    }

    mutating func insert(_ addresses: [IPAddress], for question: AddressQuestion, at now: Instant) -> ResolvedHost {
        if entries.count >= Self.capacity, entries[question] == nil,
            let oldest = entries.min(by: { $0.value.used < $1.value.used })
        {
            entries[oldest.key] = nil
        }
        uses += 1
        entries[question] = Entry(addresses: addresses, expiry: now.advanced(by: Self.timeToLive), used: uses)
        return ResolvedHost(addresses: addresses, timeToLive: Self.timeToLive)
    }
}
