package import TransportCore

/// An action that a loop will run at or after an instant. Used on the loop's thread only.
package final class LoopTimer {
    /// When it is due.
    package let instant: Instant
    fileprivate let sequence: UInt64
    /// Whether it is not to wait for the end of the millisecond.
    fileprivate let isPrecise: Bool
    fileprivate var action: (() -> Void)?
    fileprivate var position = -1

    fileprivate init(at instant: Instant, isPrecise: Bool, sequence: UInt64, action: @escaping () -> Void) {
        self.instant = instant
        self.isPrecise = isPrecise
        self.sequence = sequence
        self.action = action
    }

    /// Whether it still waits: neither fired nor cancelled.
    package var isScheduled: Bool { position >= 0 }

    fileprivate func isBefore(_ other: LoopTimer) -> Bool {
        instant == other.instant ? sequence < other.sequence : instant < other.instant
    }
}

/// The timers of a loop: a binary heap, earliest first, those of one instant in the order of their scheduling.
///
/// Each timer knows its position, so that cancelling takes it out: nearly every timeout is cancelled long before it is
/// due, and a heap that only marked them would hold 30 seconds' worth of them.
///
/// Actions that are no longer needed are returned, for the caller to drop when its access to the heap has ended: what
/// they hold may, as it goes, cancel other timers.
struct TimerHeap {
    private var timers: [LoopTimer] = []
    private var scheduled: UInt64 = 0

    var count: Int { timers.count }

    /// When the earliest is due.
    var next: Instant? { timers.first?.instant }

    /// Whether the earliest is not to wait for the end of the millisecond.
    var isNextPrecise: Bool { timers.first?.isPrecise ?? false }

    mutating func schedule(at instant: Instant, isPrecise: Bool = false, _ action: @escaping () -> Void) -> LoopTimer {
        let timer = LoopTimer(at: instant, isPrecise: isPrecise, sequence: scheduled, action: action)
        scheduled += 1
        timers.append(timer)
        rise(timer, from: timers.count - 1)
        return timer
    }

    /// Takes `timer` out, if it is in this heap, and returns its action.
    mutating func cancel(_ timer: LoopTimer) -> (() -> Void)? {
        let position = timer.position
        guard timers.indices.contains(position), timers[position] === timer else { return nil }
        timer.position = -1
        let last = timers.removeLast()
        if last !== timer {
            sink(last, from: position)
            if last.position == position { rise(last, from: position) }
        }
        defer { timer.action = nil }
        return timer.action
    }

    /// Takes the earliest timer out, if it is due, and returns its action.
    mutating func popDue(at now: Instant) -> (() -> Void)? {
        guard let first = timers.first, first.instant <= now else { return nil }
        return cancel(first)
    }

    mutating func removeAll() -> [() -> Void] {
        let actions = timers.compactMap(\.action)
        for timer in timers {
            timer.position = -1
            timer.action = nil
        }
        timers = []
        return actions
    }

    private mutating func rise(_ timer: LoopTimer, from start: Int) {
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard timer.isBefore(timers[parent]) else { break }
            place(timers[parent], at: position)
            position = parent
        }
        place(timer, at: position)
    }

    private mutating func sink(_ timer: LoopTimer, from start: Int) {
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < timers.count else { break }
            if child + 1 < timers.count, timers[child + 1].isBefore(timers[child]) { child += 1 }
            guard timers[child].isBefore(timer) else { break }
            place(timers[child], at: position)
            position = child
        }
        place(timer, at: position)
    }

    private mutating func place(_ timer: LoopTimer, at position: Int) {
        timers[position] = timer
        timer.position = position
    }
}
