import DequeModule
import Glibc
import IOLoop
import Synchronization

/// Lets many waiting tasks go on at the price of a few wake-ups.
///
/// Resuming a task hands it to the global pool, and wakes a thread of it if the pool's queue is empty. A loop that ends
/// a turn with 50 responses would wake a thread 50 times, since each has run its task, and sleeps again, before the
/// next is handed over: that was a third of the CPU time of small requests. So a task waits in `send` with this
/// executor as its preference. Those that the loop resumes in one turn are gathered, and as many jobs as there are
/// processors go to the pool, each of which runs one task after another as the pool itself would have done.
final class Gathering: TaskExecutor, @unchecked Sendable {
    private let loop: IOLoop
    /// On the loop: whether tasks are being resumed, and those that were.
    private var isResuming = false
    private var gathered: [UnownedJob] = []
    private let waiting = Mutex<Deque<UnownedJob>>([])

    /// Fewer tasks than this are handed to the pool one by one.
    private static let worthGathering = 3
    private static let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    init(_ loop: IOLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if loop.isOnLoop, isResuming {
            gathered.append(job)
        } else {
            // A task that is about to wait: it goes on where it is.
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Runs `resume` on the loop, and hands the tasks that it resumed to the pool.
    func resumeTogether(_ resume: () -> Void) {
        isResuming = true
        resume()
        isResuming = false
        guard gathered.count >= Gathering.worthGathering else {
            for job in gathered { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
            return gathered.removeAll(keepingCapacity: true)
        }
        let jobs = min(gathered.count, Gathering.processors)
        waiting.withLock { $0.append(contentsOf: gathered) }
        gathered.removeAll(keepingCapacity: true)
        for _ in 0..<jobs { Task.detached { self.drain() } }
    }

    private func drain() {
        let pool = unsafe globalConcurrentExecutor.asUnownedTaskExecutor()
        while let job = waiting.withLock({ $0.popFirst() }) { unsafe job.runSynchronously(on: pool) }
    }
}
