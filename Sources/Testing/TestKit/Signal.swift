import Glibc
import Synchronization

/// Something that happens once: a test fires it and a server's script waits for it, or the other way round.
///
/// A pipe whose writing end closes, so that a thread can wait for it and for a socket in one `poll`.
package final class Signal: Sendable {
    /// Becomes readable when the signal has fired.
    let descriptor: CInt
    private let writingEnd: Mutex<CInt?>

    /// A signal that has not fired.
    package init() throws(TestKitError) {
        var ends: [CInt] = [-1, -1]
        try system("make a pipe") { unsafe Int(pipe(&ends)) }
        _ = ends.map { fcntl($0, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[0]
        writingEnd = Mutex(ends[1])
    }

    deinit {
        fire()
        close(descriptor)
    }

    /// Lets all that wait go on; again has no effect.
    package func fire() {
        writingEnd.withLock { end in
            if let open = end { close(open) }
            end = nil
        }
    }

    /// Whether it has fired.
    package var hasFired: Bool { writingEnd.withLock { $0 == nil } }

    /// Waits until it fires, without blocking a thread of Swift's pool; throws if it does not within `limit`.
    package func wait(atMost limit: Duration = .seconds(30)) async throws {
        let fired = try await onThread { waitForInput([self.descriptor], atMost: limit) != nil }
        if !fired { throw TestKitError("a signal did not fire within \(limit)") }
    }
}

/// Waits until one of the descriptors can be read or has ended; gives its index, nil after `limit`.
func waitForInput(_ descriptors: [CInt], atMost limit: Duration) -> Int? {
    let deadline = ContinuousClock.now + limit
    var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while true {
        let left = ContinuousClock.now.duration(to: deadline)
        let milliseconds = CInt(
            clamping: max(0, left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000))
        let count = unsafe poll(&entries, nfds_t(entries.count), milliseconds)
        if count > 0 { return entries.firstIndex { $0.revents != 0 } }
        if count == 0 || errno != EINTR { return nil }
    }
}
