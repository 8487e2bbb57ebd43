import Synchronization
import Threads
package import TransportCore

/// One thread, one epoll: the place where a transport's sockets, timers and messages meet.
///
/// Who starts a loop stops it; a loop that is merely dropped runs on. What is marked "on the loop" must be called on
/// the loop's thread, and nothing that runs there may block, neither on a file nor on a lock that is held long.
///
/// It is a task executor: `Task(executorPreference: loop)` and `withTaskExecutorPreference(loop)` run their jobs on the
/// loop, where handing something to it costs no change of thread. Jobs that come after `stop` run on the global pool.
///
/// `@unchecked`: `turn` is used on the loop's thread alone.
package final class IOLoop: TaskExecutor, @unchecked Sendable {
    let queue: LoopQueue
    private let turn: LoopTurn
    /// The running thread, as ``SystemThread/current``; 0 before it runs and after it has ended.
    private let thread = Atomic<UInt>(0)
    private let handle = Mutex<SystemThread?>(nil)

    private init() throws(LoopError) {
        let wakeUp = try WakeUp()
        turn = try LoopTurn(wakeUp: wakeUp)
        queue = LoopQueue(wakeUp: wakeUp)
    }

    /// Starts a loop on a new thread; Linux shows the first 15 bytes of `name` in its lists.
    package static func start(name: String) throws(LoopError) -> IOLoop {
        let loop = try IOLoop()
        do {
            try loop.handle.withLock { (handle) throws(ThreadError) in
                handle = try SystemThread(name: name) { loop.run() }
            }
        } catch {
            throw LoopError(.startFailed, error.message)
        }
        return loop
    }

    private func run() {
        thread.store(SystemThread.current, ordering: .relaxed)
        while !queue.isClosed { turn.run(queue, execute) }
        turn.end(queue, execute)
        thread.store(0, ordering: .relaxed)
    }

    private func execute(_ work: LoopQueue.Work) {
        switch work {
        case .action(let action): action()
        case .job(let job): unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        case .batch(let batch): batch.deliver()
        }
    }

    // MARK: From any thread

    /// Whether the caller runs on the loop's thread.
    package var isOnLoop: Bool { thread.load(ordering: .relaxed) == SystemThread.current }

    /// Monotonic time, as ``SystemClock`` tells it. On the loop: when the turn began, which costs nothing.
    package var now: Instant { isOnLoop ? turn.now : SystemClock().now }

    /// Runs `action` on the loop, after what was enqueued before. False, and nothing will run, once the loop has been
    /// stopped; true is a promise that it will run.
    @discardableResult
    package func enqueue(_ action: @escaping @Sendable () -> Void) -> Bool { queue.append(.action(action)) }

    /// Runs a task's job on the loop.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !queue.append(.job(job)) { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
    }

    /// Ends the loop after the current turn: what had been enqueued still runs, then handlers, timers and descriptors
    /// are let go, and the thread ends. Does not wait for it. Later calls do nothing.
    package func stop() { queue.close() }

    /// Returns when the thread has ended after `stop`. Blocks, so not for tasks; on the loop itself it does nothing.
    package func join() {
        guard !isOnLoop else { return }
        handle.withLock { $0.take()?.join() }
    }

    // MARK: On the loop

    /// Tells `handler` when `descriptor` is ready; if it is watched already, changes the interest and the handler. With
    /// an empty interest it is unwatched.
    package func watch(
        _ descriptor: Int32, _ interest: Interest, _ handler: any ReadinessHandler
    ) throws(LoopError) {
        assert(isOnLoop)
        try turn.watch(descriptor, interest, handler)
    }

    /// Tells nothing more about `descriptor`. To be called before it is closed.
    package func unwatch(_ descriptor: Int32) {
        assert(isOnLoop)
        turn.unwatch(descriptor)
    }

    /// Runs `action` at `instant`, or up to a millisecond later, if it is not to be precise, and when the loop gets to
    /// it.
    package func schedule(at instant: Instant, isPrecise: Bool = false, _ action: @escaping () -> Void) -> LoopTimer {
        assert(isOnLoop)
        return turn.schedule(at: instant, isPrecise: isPrecise, action)
    }

    /// Takes a timer back, and lets go of its action at once. One that has fired or is cancelled is left alone.
    package func cancel(_ timer: LoopTimer) {
        assert(isOnLoop)
        turn.cancel(timer)
    }

    /// Runs `action` when everything that this turn found is handled, before the loop looks at its descriptors again:
    /// the moment to flush, and to wake waiting tasks. From within such an action it means the end of the next turn,
    /// which follows at once.
    package func atEndOfTurn(_ action: @escaping () -> Void) {
        assert(isOnLoop)
        turn.atEndOfTurn(action)
    }
}
