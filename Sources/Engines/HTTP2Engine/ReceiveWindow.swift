internal import Wire

/// How large a receive window should be: it grows when half of it was read within two round trips, since then it,
/// and not the path or the reader, may be what limits the rate. It so ends between four and eight times what is
/// under way, and the window of a reader that stalls never grows.
struct ReceiveWindow {
    private(set) var size: Int32
    let limit: Int32
    private var lastUpdate: Instant
    /// Bytes that were read since then.
    private var read: Int32 = 0
    /// Whether the round trip that the request takes is in what has elapsed.
    private var isFirst = true

    init(size: Int32, limit: Int32, at now: Instant) {
        self.size = size
        self.limit = max(size, limit)
        lastUpdate = now
    }

    /// Bytes after which the peer is told. What it is not told of is lost to the rate, so of a large window it is an
    /// eighth; a small one is worth no more than two messages.
    var threshold: Int32 { max(size / 8, min(size / 2, 128 << 10)) }

    /// To be called when `count` bytes were read. Returns the new size if it grows.
    mutating func wasRead(_ count: Int32, at now: Instant, roundTrip: Duration?) -> Int32? {
        read = count > .max - read ? .max : read + count
        guard read >= size / 2 else { return nil }
        read = 0
        var elapsed = lastUpdate.duration(to: now)
        lastUpdate = now
        if isFirst, let roundTrip { elapsed -= roundTrip }
        isFirst = false
        guard let roundTrip, size < limit, elapsed < roundTrip * 2 else { return nil }
        // Within one round trip it is far too small: two doublings at once save a round trip.
        let factor: Int32 = elapsed < roundTrip ? 4 : 2
        size = size > limit / factor ? limit : size * factor
        return size
    }

    /// Grows to `least`, within the limit. Returns the new size if that is more than it was.
    mutating func grow(toAtLeast least: Int32) -> Int32? {
        let wished = min(least, limit)
        guard wished > size else { return nil }
        size = wished
        return size
    }
}
