internal import Wire

/// How large a receive window should be: it doubles when half of it was read within two round trips, since then it,
/// and not the path or the reader, may be what limits the rate. It so ends between four and eight times what is
/// under way, and the window of a reader that stalls never grows.
struct ReceiveWindow {
    private(set) var size: Int32
    let limit: Int32
    private var lastUpdate: Instant

    init(size: Int32, limit: Int32, at now: Instant) {
        self.size = size
        self.limit = max(size, limit)
        lastUpdate = now
    }

    /// Bytes after which the peer is told: half the window.
    var threshold: Int32 { size / 2 }

    /// To be called when a half was read. Returns the new size if it grows.
    mutating func halfWasRead(at now: Instant, roundTrip: Duration?) -> Int32? {
        let elapsed = lastUpdate.duration(to: now)
        lastUpdate = now
        guard let roundTrip, size < limit, elapsed < roundTrip * 2 else { return nil }
        size = size > limit / 2 ? limit : size * 2
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
