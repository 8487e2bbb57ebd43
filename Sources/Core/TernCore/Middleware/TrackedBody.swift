import Synchronization

/// A request, and whether anybody has begun to read its body: one that can be read only once may be sent a second time
/// as long as nobody has.
struct TrackedBody: Sendable {
    let request: Request
    private let tracker: Tracker?

    private final class Tracker: Sendable {
        let isOpened = Atomic<Bool>(false)
    }

    /// Puts the tracker into a body that can be read only once; leaves every other as it is.
    init(_ request: Request) {
        guard case .stream(let stream) = request.body, !stream.isReplayable else {
            self.request = request
            tracker = nil
            return
        }
        let tracker = Tracker()
        var tracked = request
        tracked.body = .stream(
            BodyStream(length: stream.length, replayable: false, hasTrailers: stream.hasTrailers) {
                tracker.isOpened.store(true, ordering: .sequentiallyConsistent)
                return try await stream.open()
            })
        self.request = tracked
        self.tracker = tracker
    }

    /// Whether the whole body can be had from now on.
    var canBeSent: Bool { tracker.map { !$0.isOpened.load(ordering: .sequentiallyConsistent) } ?? true }
}
