import DequeModule
import Testing

@testable import IOLoop

@Suite("inboxes")
struct InboxTests {
    @Test("messages of each sender arrive in order, on the loop, and none is lost")
    func order() async throws {
        try await withLoop { loop in
            let received = OnLoop<[(sender: Int, number: Int)]>([])
            let inbox = Inbox<(sender: Int, number: Int)>(on: loop) { batch in
                while let message = batch.popFirst() { received.value.append(message) }
            }
            await withTaskGroup(of: Void.self) { group in
                for sender in 0..<4 {
                    group.addTask { for number in 0..<5_000 { inbox.push((sender, number)) } }
                }
            }
            let messages = await loop.run { received.value }
            for sender in 0..<4 {
                #expect(messages.filter { $0.sender == sender }.map(\.number) == Array(0..<5_000))
            }
        }
    }

    @Test("what is pushed while the loop is busy comes as one batch")
    func batches() async throws {
        try await withLoop { loop in
            let counts = Shared<[Int]>([])
            let inbox = Inbox<Int>(on: loop) { batch in
                let count = batch.count
                counts.update { $0.append(count) }
                batch.removeAll()
            }
            // On the loop itself: nothing can be delivered before this action ends.
            await loop.run { for number in 0..<100 { inbox.push(number) } }
            await loop.run {}
            #expect(counts.current == [100])
        }
    }

    @Test("a handler may push to its own inbox")
    func recursive() async throws {
        try await withLoop { loop in
            let total = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
                let inbox = OnLoop<Inbox<Int>?>(nil)
                let made = Inbox<Int>(on: loop) { batch in
                    while let number = batch.popFirst() {
                        if number == 100 {
                            continuation.resume(returning: number)
                            inbox.value = nil
                        } else {
                            inbox.value?.push(number + 1)
                        }
                    }
                }
                loop.enqueue {
                    inbox.value = made
                    made.push(0)
                }
            }
            #expect(total == 100)
        }
    }

    @Test("what the handler leaves is dropped")
    func leftovers() async throws {
        try await withLoop { loop in
            let seen = Shared<[Int]>([])
            let inbox = Inbox<Int>(on: loop) { batch in
                if let first = batch.first { seen.update { $0.append(first) } }
            }
            for number in 0..<3 {
                inbox.push(number)
                await loop.run {}
            }
            #expect(seen.current == [0, 1, 2])
        }
    }

    @Test("what a push promised is delivered, also while the loop is stopped")
    func stopping() async throws {
        let loop = try IOLoop.start(name: "test-loop")
        let received = Shared(0)
        let promised = Shared(0)
        let inbox = Inbox<Int>(on: loop) { batch in
            let count = batch.count
            received.update { $0 += count }
            batch.removeAll()
        }
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 {
                group.addTask {
                    for number in 0..<5_000 {
                        if inbox.push(number) { promised.update { $0 += 1 } }
                        if sender == 0, number == 2_500 { loop.stop() }
                    }
                }
            }
        }
        loop.join()
        #expect(received.current == promised.current)
        #expect(!inbox.push(0))
    }
}
