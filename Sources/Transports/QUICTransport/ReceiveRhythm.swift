import TransportCore

/// Whether a large body comes in small batches: then it is worth letting datagrams gather.
struct ReceiveRhythm {
    private var began = Instant(nanoseconds: .min)
    private var bytes = 0
    private var wakes = 0
    private var isFast = false

    /// How long it is looked at: 4 ms.
    private static let span = Duration.milliseconds(4)
    /// Bytes in that time that are many: 25 MB a second.
    private static let many = 100_000
    /// Bytes each time that the loop wakes, beyond which they have gathered by themselves: 32 KiB.
    private static let enough = 32 << 10
    /// Streams beyond which it is no large body but many small ones, whose readers should not wait: 8.
    static let streams = 8

    /// So many bytes came at once.
    mutating func received(_ count: Int, at now: Instant) {
        bytes += count
        wakes += 1
        guard began.advanced(by: ReceiveRhythm.span) <= now else { return }
        // Gathering makes batches larger: that alone must not end it.
        let limit = isFast ? 4 * ReceiveRhythm.enough : ReceiveRhythm.enough
        isFast =
            bytes >= ReceiveRhythm.many && bytes / wakes < limit
            && began.advanced(by: ReceiveRhythm.span * 4) > now
        (began, bytes, wakes) = (now, 0, 0)
    }

    /// Whether datagrams should be let gather.
    func isBulk(at now: Instant) -> Bool { isFast && began.advanced(by: ReceiveRhythm.span * 4) > now }
}
