import Synchronization
import TestKit
import Testing

@testable import Threads

@Suite("the pool for blocking work")
struct ThreadPoolTests {
    final class Counter: Sendable {
        private let number = Atomic(0)
        var count: Int { number.load(ordering: .relaxed) }
        func add() { number.wrappingAdd(1, ordering: .relaxed) }
    }

    final class Numbers: Sendable {
        private let numbers = Mutex<[Int]>([])
        var all: [Int] { numbers.withLock { $0 } }
        func add(_ number: Int) { numbers.withLock { $0.append(number) } }
    }

    @Test("work waits while all threads are busy, and runs in the order of submission")
    func bounded() async throws {
        let pool = ThreadPool(name: "test-pool", limit: 2)
        let gate = Gate()
        for _ in 0..<2 { try pool.submit { gate.pass() } }
        await gate.entered(2)
        let numbers = Numbers()
        for number in 0..<100 { try pool.submit { numbers.add(number) } }
        #expect(pool.threadCount == 2)
        #expect(numbers.all == [])
        gate.open()
        try await pool.run {}
        #expect(numbers.all == Array(0..<100))
        gate.open()
    }

    @Test("work that is withdrawn never runs; what runs already cannot be withdrawn")
    func withdrawn() async throws {
        let pool = ThreadPool(name: "test-pool", limit: 1)
        let gate = Gate()
        let ran = Counter()
        let running = try pool.submit { gate.pass() }
        await gate.entered()
        let waiting = try pool.submit { ran.add() }
        #expect(pool.withdraw(waiting))
        #expect(!pool.withdraw(waiting))
        #expect(!pool.withdraw(running))
        gate.open()
        try await pool.run {}
        #expect(ran.count == 0)
    }

    @Test("threads end when there is no work, and come back when there is")
    func ends() async throws {
        let pool = ThreadPool(name: "test-pool", limit: 4, linger: .zero)
        for round in 0..<3 {
            #expect(try await pool.run { round } == round)
            var looks = 0
            while pool.threadCount > 0, looks < 1_000_000 {
                looks += 1
                await Task.yield()
            }
            #expect(pool.threadCount == 0)
        }
    }

    @Test("a task that is cancelled is answered at once, though its work goes on")
    func cancelledWhileRunning() async throws {
        let pool = ThreadPool(name: "test-pool", limit: 1)
        let gate = Gate()
        let task = Task { try await pool.run { gate.pass() } }
        await gate.entered()
        task.cancel()
        await #expect(throws: BlockingError.self) { try await task.value }
        gate.open()
        #expect(try await pool.run { 1 } == 1)
    }

    @Test("work of a task that is cancelled before its turn never runs")
    func cancelledWhileWaiting() async throws {
        let pool = ThreadPool(name: "test-pool", limit: 1)
        let gate = Gate()
        try pool.submit { gate.pass() }
        await gate.entered()
        let ran = Counter()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    (try? await pool.run { ran.add() }) == nil
                }
            }
            group.cancelAll()
            for await isCancelled in group { #expect(isCancelled) }
        }
        gate.open()
        #expect(try await pool.run { 1 } == 1)
        #expect(ran.count == 0)
    }

    @Test("what must be finished is, though the task is cancelled")
    func finished() async throws {
        let pool = ThreadPool(name: "test-pool", limit: 1)
        let gate = Gate()
        let task = Task {
            try await pool.finish {
                gate.pass()
                return 7
            }
        }
        await gate.entered()
        task.cancel()
        gate.open()
        #expect(try await task.value == 7)
    }
}
