import DequeModule
import Glibc
import Synchronization

/// Runs a task on the thread that calls it, which else would only wait: a single request then starts none of the
/// threads of Swift's pool, which is a good part of the time that it takes.
///
/// Ctrl-C cancels the task, so that what has come is kept; a second one, or a second in which something cannot be
/// ended (reading from a terminal, say), ends the process at once.
@safe final class MainThread: TaskExecutor, @unchecked Sendable {
    /// What a shell calls an end by SIGINT: 128 and the signal's number.
    static let interrupted: Int32 = 130

    private static let shared = MainThread()
    private static let isInterrupted = Atomic(false)

    // `@unchecked`: the semaphore is the system's, and is made once.
    private let wakeUps: UnsafeMutablePointer<sem_t>
    private let state = Mutex(State())

    private struct State {
        var jobs: Deque<UnownedJob> = []
        var result: Int32?
    }

    private init() {
        unsafe wakeUps = .allocate(capacity: 1)
        unsafe sem_init(wakeUps, 0, 0)
    }

    /// Runs `work` to its end, and gives the exit code that it gives.
    static func run(_ work: sending @escaping () async -> Int32) -> Int32 {
        let thread = shared
        catchInterrupts()
        let task = Task(executorPreference: thread) {
            let code = await work()
            thread.state.withLock { $0.result = code }
            thread.wake()
        }
        return thread.drain { task.cancel() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        wake()
    }

    private func wake() { unsafe sem_post(wakeUps) }

    private func drain(_ cancel: () -> Void) -> Int32 {
        var hasCancelled = false
        while true {
            let (job, result) = state.withLock { ($0.jobs.popFirst(), $0.result) }
            if !hasCancelled, Self.isInterrupted.load(ordering: .relaxed) {
                hasCancelled = true
                cancel()
            }
            if let job {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            } else if let result {
                return hasCancelled ? Self.interrupted : result
            } else {
                // A signal's handler ends the wait, too.
                _ = unsafe sem_wait(wakeUps)
            }
        }
    }

    /// Handlers call nothing but what is safe in them (signal-safety(7)).
    private static func catchInterrupts() {
        signal(SIGALRM) { _ in _exit(MainThread.interrupted) }
        signal(SIGINT) { _ in
            if MainThread.isInterrupted.exchange(true, ordering: .relaxed) { _exit(MainThread.interrupted) }
            alarm(1)
            MainThread.shared.wake()
        }
    }
}
