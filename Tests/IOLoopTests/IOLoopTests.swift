import Foundation
import Testing
import TransportCore

@testable import IOLoop

@Suite("the loop")
struct IOLoopTests {
    @Test("actions run on the loop in the order of their enqueueing")
    func order() async throws {
        try await withLoop { loop in
            let seen = Shared<[Int]>([])
            for number in 0..<1_000 { loop.enqueue { seen.update { $0.append(number) } } }
            let isOnLoop = await loop.run { loop.isOnLoop }
            #expect(isOnLoop)
            #expect(!loop.isOnLoop)
            #expect(seen.current == Array(0..<1_000))
        }
    }

    @Test("an action that enqueues another is followed by it without a wake-up")
    func nested() async throws {
        try await withLoop { loop in
            let depth = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
                @Sendable func descend(_ depth: Int) {
                    if depth == 10_000 {
                        continuation.resume(returning: depth)
                    } else {
                        loop.enqueue { descend(depth + 1) }
                    }
                }
                loop.enqueue { descend(0) }
            }
            #expect(depth == 10_000)
        }
    }

    @Test("what was accepted before the stop runs, what comes later is refused")
    func stopping() async throws {
        let loop = try IOLoop.start(name: "test-loop")
        let ran = Shared(0)
        let accepted = Shared(0)
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 {
                group.addTask {
                    for number in 0..<5_000 {
                        if loop.enqueue({ ran.update { $0 += 1 } }) { accepted.update { $0 += 1 } }
                        if sender == 0, number == 2_500 { loop.stop() }
                    }
                }
            }
        }
        loop.join()
        #expect(ran.current == accepted.current)
        #expect(accepted.current < 20_000)
        #expect(!loop.enqueue { ran.update { $0 = -1 } })
        loop.stop()
        loop.join()
        #expect(ran.current == accepted.current)
    }

    @Test("a loop can be stopped by what it runs")
    func stoppedFromWithin() async throws {
        let loop = try IOLoop.start(name: "test-loop")
        await loop.run {
            loop.stop()
            loop.join()
        }
        loop.join()
        #expect(!loop.enqueue {})
    }

    @Test("stopping lets go of handlers, timers and actions")
    func letsGo() async throws {
        let loop = try IOLoop.start(name: "test-loop")
        let pair = SocketPair()
        defer { pair.closeBoth() }
        weak var handler: Handler?
        weak var captured: Shared<Int>?
        do {
            let held = OnLoop(Handler { _, _ in })
            let object = Shared(0)
            (handler, captured) = (held.value, object)
            await loop.run {
                try? loop.watch(pair.near, .read, held.value)
                _ = loop.schedule(at: loop.now.advanced(by: .seconds(3_600))) { _ = object }
            }
            #expect(handler != nil)
        }
        loop.stop()
        loop.join()
        #expect(handler == nil)
        #expect(captured == nil)
    }

    @Test("actions at the end of a turn run after what the turn found, theirs at the end of the next")
    func endOfTurn() async throws {
        try await withLoop { loop in
            let seen = Shared<[String]>([])
            await withCheckedContinuation { continuation in
                loop.enqueue {
                    loop.atEndOfTurn {
                        seen.update { $0.append("end") }
                        loop.atEndOfTurn {
                            seen.update { $0.append("next end") }
                            continuation.resume()
                        }
                    }
                    loop.enqueue { seen.update { $0.append("work") } }
                }
            }
            #expect(seen.current == ["work", "end", "next end"])
        }
    }

    @Test("a task that prefers the loop runs on it, and goes on elsewhere when it has stopped")
    func executor() async throws {
        let loop = try IOLoop.start(name: "test-loop")
        let task = Task(executorPreference: loop) {
            let before = loop.isOnLoop
            await Task.yield()
            let between = loop.isOnLoop
            loop.stop()
            await Task.yield()
            return [before, between, loop.isOnLoop]
        }
        #expect(await task.value == [true, true, false])
        loop.join()
    }

    @Test("starting and stopping many loops leaves no thread and no descriptor behind")
    func leaks() async throws {
        let name = "leak-loop"
        let before = openDescriptors()
        for _ in 0..<200 {
            let loop = try IOLoop.start(name: name)
            await loop.run {}
            loop.stop()
            loop.join()
        }
        // A thread is in the list for a moment after it was joined.
        var looks = 0
        while threads(named: name) > 0, looks < 100_000 {
            looks += 1
            await Task.yield()
        }
        #expect(threads(named: name) == 0)
        // Other tests run beside this one and have a few descriptors open; 200 loops would leave 400.
        #expect(openDescriptors() < before + 200)
    }

    @Test("a group gives its loops in turn, and stops them when it is dropped")
    func group() async throws {
        var group: LoopGroup? = try LoopGroup(count: 2)
        let loops = (0..<4).compactMap { _ in group?.next() }
        #expect(loops.count == 4)
        #expect(loops[0] !== loops[1])
        #expect(loops[0] === loops[2])
        #expect(loops[1] === loops[3])
        group = nil
        loops[0].join()
        loops[1].join()
        #expect(!loops[0].enqueue {})
    }

    @Test("writing to a socket whose peer is gone gives an error and no signal")
    func sigpipe() async throws {
        try await withLoop { loop in
            let pair = SocketPair()
            close(pair.far)
            let code = await loop.run { unsafe write(pair.near, [1], 1) < 0 ? errno : 0 }
            #expect(code == EPIPE)
            close(pair.near)
        }
    }

    private func openDescriptors() -> Int { names(in: "/proc/self/fd").count }

    private func threads(named name: String) -> Int {
        names(in: "/proc/self/task").filter {
            (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == name + "\n"
        }.count
    }

    private func names(in path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }
}
