import DequeModule
import TransportCore

/// What a loop does on its thread, turn by turn: wait, tell what is ready, fire timers, run what other threads handed
/// over, run what was put off to the end. Everything here belongs to the loop's thread.
final class LoopTurn {
    private var watches: WatchTable
    private var timers = TimerHeap()
    private var endOfTurn: [() -> Void] = []
    private var batch: Deque<LoopQueue.Work> = []
    private(set) var now = SystemClock().now

    /// How often a turn looks into the queue again for what was handed over meanwhile, before it looks at the
    /// descriptors: tasks that hand work to and fro without end must not keep them waiting.
    private static let passes = 8
    /// Room for this many items of work is kept after a burst.
    private static let keptWork = 4096

    init(wakeUp: WakeUp) throws(LoopError) { watches = try WatchTable(wakeUp: wakeUp) }

    func watch(_ descriptor: Int32, _ interest: Interest, _ handler: any ReadinessHandler) throws(LoopError) {
        _ = try watches.watch(descriptor, interest, handler)
    }

    func unwatch(_ descriptor: Int32) { _ = watches.unwatch(descriptor) }

    func schedule(at instant: Instant, isPrecise: Bool, _ action: @escaping () -> Void) -> LoopTimer {
        timers.schedule(at: instant, isPrecise: isPrecise, action)
    }

    func cancel(_ timer: LoopTimer) { _ = timers.cancel(timer) }

    func atEndOfTurn(_ action: @escaping () -> Void) { endOfTurn.append(action) }

    /// One turn: waits, unless there is something to do already, then does all there is.
    func run(_ queue: borrowing LoopQueue, _ execute: (LoopQueue.Work) -> Void) {
        let mayWait = endOfTurn.isEmpty && queue.fallAsleep()
        let events = watches.wait(nanoseconds: mayWait ? untilNextTimer : 0)
        queue.take(into: &batch)
        now = SystemClock().now
        for index in 0..<events {
            if let (descriptor, readiness, handler) = watches.event(index) { handler.ready(descriptor, readiness) }
        }
        // Timers that these timers start for now are for the next turn.
        for _ in 0..<timers.count {
            guard let action = timers.popDue(at: now) else { break }
            action()
        }
        for _ in 0..<Self.passes {
            drain(execute)
            queue.take(into: &batch)
            if batch.isEmpty { break }
        }
        drain(execute)
        runEndOfTurn()
    }

    /// The last turn, once the queue is closed: runs what had been accepted, then lets go of everything.
    func end(_ queue: borrowing LoopQueue, _ execute: (LoopQueue.Work) -> Void) {
        queue.take(into: &batch)
        drain(execute)
        runEndOfTurn()
        _ = watches.close()
        _ = timers.removeAll()
        let actions = endOfTurn
        endOfTurn = []
        _ = actions
    }

    private func drain(_ execute: (LoopQueue.Work) -> Void) {
        let isLarge = batch.count > Self.keptWork
        while let work = batch.popFirst() { execute(work) }
        if isLarge { batch = [] }
    }

    /// Actions that these actions add are for the next turn, which then does not wait.
    private func runEndOfTurn() {
        guard !endOfTurn.isEmpty else { return }
        let actions = endOfTurn
        endOfTurn = []
        for action in actions { action() }
    }

    /// In nanoseconds; -1 for ever. Rounded up to whole milliseconds but for precise timers: so timers of about the same
    /// time are one turn.
    private var untilNextTimer: Int64 {
        guard let next = timers.next else { return -1 }
        // The time is read anew: the turn may have taken long.
        let left = SystemClock().now.duration(to: next).clampedNanoseconds
        if left <= 0 { return 0 }
        if timers.isNextPrecise { return left }
        let rounded = min(left, .max - 999_999) + 999_999
        return rounded - rounded % 1_000_000
    }
}
