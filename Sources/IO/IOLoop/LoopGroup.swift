import Synchronization

/// Loops that share the work. Dropping the group stops them.
package final class LoopGroup: Sendable {
    private let loops: [IOLoop]
    private let turn = Atomic<Int>(0)

    /// Starts `count` loops, at least one; their threads are called `tern-io-0` and so on.
    package init(count: Int = 1) throws(LoopError) {
        var loops: [IOLoop] = []
        do {
            for number in 0..<max(1, count) { loops.append(try IOLoop.start(name: "tern-io-\(number)")) }
        } catch {
            for loop in loops { loop.stop() }
            throw error
        }
        self.loops = loops
    }

    deinit { stop() }

    /// The loops in turn.
    package func next() -> IOLoop {
        let number = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: number) % UInt(loops.count))]
    }

    /// Stops every loop; see ``IOLoop/stop()``.
    package func stop() { for loop in loops { loop.stop() } }

    /// Returns when every thread has ended after `stop`; see ``IOLoop/join()``.
    package func join() { for loop in loops { loop.join() } }
}
