import Synchronization

/// A clock that moves only when it is told to: for tests.
///
///     let clock = ManualClock()
///     async let answer = session.get("https://a.test/")   // waits 2 s on this clock
///     await clock.sleepers(1)
///     clock.advance(by: .seconds(2))
public final class ManualClock: HTTPClock {
    private struct Sleeper {
        var id: Int
        var instant: Instant
        var continuation: CheckedContinuation<Bool, Never>
    }
    private struct State {
        var now = Instant(nanoseconds: 0)
        var nextID = 0
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())
    private let wallStart: Int64

    /// A clock at zero; `wallStart` is the calendar's time then, in seconds since 1970.
    public init(wallStart: Int64 = 1_800_000_000) { self.wallStart = wallStart }

    public var now: Instant { state.withLock { $0.now } }
    public var wallNanoseconds: Int64 { wallStart * 1_000_000_000 + now.nanoseconds }

    /// Moves the time, and wakes the tasks whose instant has come, earliest first.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let now = state.now
            let due = state.sleepers.filter { $0.instant <= now }.sorted { $0.instant < $1.instant }
            state.sleepers.removeAll { $0.instant <= now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume(returning: true) }
    }

    /// Returns when at least `count` tasks sleep on this clock.
    public func sleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if ready { continuation.resume() }
        }
    }

    /// How long until the next sleeper is due; `nil` if nobody sleeps.
    public var untilNextSleeper: Duration? {
        state.withLock { state in
            state.sleepers.map(\.instant).min().map { state.now.duration(to: $0) }
        }
    }

    public func sleep(until instant: Instant) async throws(CancellationError) {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let woken = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in enlist(id, instant, continuation) }
        } onCancel: {
            cancel(id)
        }
        if !woken { throw CancellationError() }
    }

    private func enlist(_ id: Int, _ instant: Instant, _ continuation: CheckedContinuation<Bool, Never>) {
        let (answer, watchers) = state.withLock { state -> (Bool?, [CheckedContinuation<Void, Never>]) in
            if state.cancelled.remove(id) != nil { return (false, []) }
            if instant <= state.now { return (true, []) }
            state.sleepers.append(Sleeper(id: id, instant: instant, continuation: continuation))
            let count = state.sleepers.count
            let ready = state.watchers.filter { $0.count <= count }.map(\.continuation)
            state.watchers.removeAll { $0.count <= count }
            return (nil, ready)
        }
        if let answer { continuation.resume(returning: answer) }
        for watcher in watchers { watcher.resume() }
    }

    private func cancel(_ id: Int) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume(returning: false)
    }
}
