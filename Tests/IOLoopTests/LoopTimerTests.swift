import Testing
import TransportCore

@testable import IOLoop

@Suite("timers")
struct LoopTimerTests {
    private func instant(_ value: Int64) -> Instant { Instant(nanoseconds: value) }

    @Test("a heap gives timers by instant, and those of one instant in the order of scheduling")
    func heapOrder() {
        var numbers = FixedNumbers(seed: 1)
        var heap = TimerHeap()
        var seen: [(instant: Int64, order: Int)] = []
        for order in 0..<1_000 {
            let value = Int64.random(in: 0..<100, using: &numbers)
            _ = heap.schedule(at: instant(value)) { seen.append((value, order)) }
        }
        while let action = heap.popDue(at: instant(1_000)) { action() }
        #expect(seen.count == 1_000)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { ($0.instant, $0.order) < ($1.instant, $1.order) })
        #expect(heap.next == nil)
    }

    @Test("cancelling any timer leaves the others in order")
    func heapCancel() {
        var numbers = FixedNumbers(seed: 2)
        var heap = TimerHeap()
        var fired: [Int64] = []
        var expected: [Int64] = []
        var waiting: [(value: Int64, timer: LoopTimer)] = []
        for _ in 0..<5_000 {
            if waiting.isEmpty || Bool.random(using: &numbers) {
                let value = Int64.random(in: 0..<1_000_000, using: &numbers)
                waiting.append((value, heap.schedule(at: instant(value)) { fired.append(value) }))
            } else {
                let index = Int.random(in: waiting.indices, using: &numbers)
                let (_, timer) = waiting.remove(at: index)
                #expect(heap.cancel(timer) != nil)
                #expect(!timer.isScheduled)
                #expect(heap.cancel(timer) == nil)
            }
        }
        expected = waiting.map(\.value).sorted()
        #expect(heap.count == expected.count)
        while let action = heap.popDue(at: instant(.max)) { action() }
        #expect(fired == expected)
        #expect(waiting.allSatisfy { !$0.timer.isScheduled })
    }

    @Test("a timer is not due before its instant")
    func notEarly() {
        var heap = TimerHeap()
        _ = heap.schedule(at: instant(10)) {}
        #expect(heap.popDue(at: instant(9)) == nil)
        #expect(heap.popDue(at: instant(10)) != nil)
    }

    @Test("cancelling a timer of another heap does nothing to this one")
    func foreign() {
        var (one, other) = (TimerHeap(), TimerHeap())
        let timer = one.schedule(at: instant(1)) {}
        _ = other.schedule(at: instant(1)) {}
        #expect(other.cancel(timer) == nil)
        #expect(other.count == 1)
    }

    @Test("a cancelled timer keeps nothing alive")
    func letsGo() async throws {
        try await withLoop { loop in
            let isGone = await loop.run {
                weak var captured: Shared<Int>?
                let timer: LoopTimer
                do {
                    let object = Shared(0)
                    captured = object
                    timer = loop.schedule(at: loop.now.advanced(by: .seconds(3_600))) { _ = object }
                }
                loop.cancel(timer)
                return captured == nil && !timer.isScheduled
            }
            #expect(isGone)
        }
    }

    @Test("what a cancelled timer held may cancel another one as it goes")
    func cancelsAnother() async throws {
        final class Canceller {
            let loop: IOLoop
            let timer: LoopTimer
            init(_ loop: IOLoop, _ timer: LoopTimer) { (self.loop, self.timer) = (loop, timer) }
            deinit { loop.cancel(timer) }
        }
        try await withLoop { loop in
            let areGone = await loop.run {
                let far = loop.now.advanced(by: .seconds(3_600))
                let last = loop.schedule(at: far) {}
                var canceller: Canceller? = Canceller(loop, last)
                let first = loop.schedule(at: far) { [canceller] in _ = canceller }
                canceller = nil
                loop.cancel(first)
                return !first.isScheduled && !last.isScheduled
            }
            #expect(areGone)
        }
    }

    @Test("timers fire on the loop at or after their instant, earliest first, never the cancelled ones")
    func fires() async throws {
        try await withLoop { loop in
            let seen = Shared<[Int]>([])
            let early = Shared(0)
            await withCheckedContinuation { continuation in
                loop.enqueue {
                    let start = loop.now
                    var timers: [LoopTimer] = []
                    for number in [3, 1, 4, 2, 5] {
                        let instant = start.advanced(by: .milliseconds(number))
                        timers.append(
                            loop.schedule(at: instant) {
                                if loop.now < instant || !loop.isOnLoop { early.update { $0 += 1 } }
                                seen.update { $0.append(number) }
                                if number == 5 { continuation.resume() }
                            })
                    }
                    loop.cancel(timers[2])
                }
            }
            #expect(seen.current == [1, 2, 3, 5])
            #expect(early.current == 0)
        }
    }

    @Test("a timer that starts another for now does not keep the loop from its queue")
    func restarting() async throws {
        try await withLoop { loop in
            let isDone = Shared(false)
            @Sendable func again() {
                _ = loop.schedule(at: loop.now) { if !isDone.current { again() } }
            }
            loop.enqueue { again() }
            await loop.run {}
            await loop.run {}
            isDone.update { $0 = true }
        }
    }
}
