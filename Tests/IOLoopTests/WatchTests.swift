import Glibc
import Testing
import TransportCore

@testable import IOLoop

@Suite("watching descriptors")
struct WatchTests {
    @Test("a handler is told what it asked for, on the loop")
    func readAndWrite() async throws {
        try await withLoop { loop in
            let pair = SocketPair()
            defer { pair.closeBoth() }
            let first: Readiness = await withCheckedContinuation { continuation in
                loop.enqueue {
                    let handler = Handler { descriptor, readiness in
                        loop.unwatch(descriptor)
                        continuation.resume(returning: loop.isOnLoop ? readiness : [])
                    }
                    try? loop.watch(pair.near, [.read, .write], handler)
                }
            }
            #expect(first == .write)
            pair.send()
            let second: Readiness = await withCheckedContinuation { continuation in
                loop.enqueue {
                    let handler = Handler { descriptor, readiness in
                        loop.unwatch(descriptor)
                        continuation.resume(returning: readiness)
                    }
                    try? loop.watch(pair.near, .read, handler)
                }
            }
            #expect(second == .read)
        }
    }

    @Test("changing the interest changes what is told, and with none nothing is told, not even the end")
    func interest() async throws {
        try await withLoop { loop in
            let pair = SocketPair()
            let seen = Shared<[Readiness]>([])
            let handler = OnLoop(Handler { _, readiness in seen.update { $0.append(readiness) } })
            await loop.run {
                try? loop.watch(pair.near, .write, handler.value)
                try? loop.watch(pair.near, .read, handler.value)
                try? loop.watch(pair.near, [], handler.value)
            }
            pair.send()
            close(pair.far)
            await twoTurns(of: loop)
            #expect(seen.current == [])
            await loop.run { try? loop.watch(pair.near, .read, handler.value) }
            await twoTurns(of: loop)
            await loop.run { loop.unwatch(pair.near) }
            #expect(seen.current.first == [.read, .hangup])
            close(pair.near)
        }
    }

    @Test("what was found ready is forgotten when another handler of the same turn unwatches it")
    func unwatchedInTheBatch() async throws {
        try await withLoop { loop in
            let pairs = [SocketPair(), SocketPair()]
            defer { for pair in pairs { pair.closeBoth() } }
            let told = Shared(0)
            await loop.run {
                let handler = Handler { _, _ in
                    told.update { $0 += 1 }
                    for pair in pairs { loop.unwatch(pair.near) }
                }
                for pair in pairs {
                    try? loop.watch(pair.near, .read, handler)
                    pair.send()
                }
            }
            await twoTurns(of: loop)
            #expect(told.current == 1)
        }
    }

    @Test(
        "a descriptor closed and opened anew in the same turn gets no event of the old one", arguments: [true, false])
    func reusedInTheBatch(unwatches: Bool) async throws {
        try await withLoop { loop in
            let pairs = [SocketPair(), SocketPair()]
            let told = Shared<[String]>([])
            // Whichever of the two is told first gives the other's number to a socket that has nothing to read.
            let fresh = SocketPair()
            await loop.run {
                let handler = OnLoop<Handler?>(nil)
                let made = Handler { descriptor, readiness in
                    drain(descriptor)
                    told.update { $0.append("old") }
                    guard let handler = handler.value, let other = pairs.first(where: { $0.near != descriptor }) else {
                        return
                    }
                    if unwatches { loop.unwatch(other.near) }
                    dup2(fresh.near, other.near)
                    try? loop.watch(other.near, .read, handler)
                }
                handler.value = made
                for pair in pairs {
                    try? loop.watch(pair.near, .read, made)
                    pair.send()
                }
            }
            await twoTurns(of: loop)
            #expect(told.current == ["old"])
            await loop.run { for pair in pairs { loop.unwatch(pair.near) } }
            for pair in pairs + [fresh] { pair.closeBoth() }
        }
    }

    @Test("a handler that is dropped may unwatch as it goes", arguments: [true, false])
    func unwatchesAtDeinit(byStop: Bool) async throws {
        final class Unwatcher: ReadinessHandler {
            let loop: IOLoop
            let descriptor: Int32
            let dropped: Shared<Bool>
            init(_ loop: IOLoop, _ descriptor: Int32, _ dropped: Shared<Bool>) {
                (self.loop, self.descriptor, self.dropped) = (loop, descriptor, dropped)
            }
            func ready(_ descriptor: Int32, _ readiness: Readiness) {}
            deinit {
                loop.unwatch(descriptor)
                dropped.update { $0 = true }
            }
        }
        try await withLoop { loop in
            let pair = SocketPair()
            defer { pair.closeBoth() }
            let dropped = Shared(false)
            await loop.run { try? loop.watch(pair.near, .read, Unwatcher(loop, pair.near, dropped)) }
            #expect(!dropped.current)
            if byStop { loop.stop() } else { await loop.run { loop.unwatch(pair.near) } }
            loop.stop()
            loop.join()
            #expect(dropped.current)
        }
    }

    @Test("a plain file and a closed descriptor are refused with the system's words")
    func refused() async throws {
        try await withLoop { loop in
            let file = unsafe open("/proc/self/exe", O_RDONLY)
            defer { close(file) }
            for (descriptor, words) in [(file, "Operation not permitted"), (-1, "Bad file descriptor")] {
                let error = await loop.run { () -> LoopError? in
                    do throws(LoopError) {
                        try loop.watch(descriptor, .read, Handler { _, _ in })
                        return nil
                    } catch {
                        return error
                    }
                }
                #expect(error?.code == .watchFailed)
                #expect(error?.message.contains("watching descriptor \(descriptor): \(words)") == true)
            }
        }
    }

    @Test("more descriptors than one call of epoll can tell are all told")
    func many() async throws {
        try await withLoop { loop in
            let pairs = (0..<300).map { _ in SocketPair() }
            defer { for pair in pairs { pair.closeBoth() } }
            let told = Shared<Set<Int32>>([])
            await withCheckedContinuation { continuation in
                loop.enqueue {
                    let handler = Handler { descriptor, _ in
                        loop.unwatch(descriptor)
                        if told.update({
                            $0.insert(descriptor); return $0.count == 300
                        }) {
                            continuation.resume()
                        }
                    }
                    for pair in pairs {
                        try? loop.watch(pair.near, .read, handler)
                        pair.send()
                    }
                }
            }
            #expect(told.current == Set(pairs.map(\.near)))
        }
    }

    /// Returns when the loop has looked at its descriptors at least once more, and told what it found.
    private func twoTurns(of loop: IOLoop) async {
        for _ in 0..<2 {
            await withCheckedContinuation { continuation in
                loop.enqueue { loop.atEndOfTurn { loop.atEndOfTurn { continuation.resume() } } }
            }
        }
    }
}
