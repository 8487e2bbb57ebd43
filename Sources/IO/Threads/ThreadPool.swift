import DequeModule

/// A few threads for calls that block: names are looked up and files are read here, so that neither a loop nor Swift's
/// own pool, which has a thread for each core and no more, ever waits for them.
///
/// Work starts in the order of its submission. Threads are started when there is work, and end when there has been none
/// for a while. Work that waits costs memory only, however much of it there is.
///
/// `@unchecked`: everything variable is guarded by `monitor`.
package final class ThreadPool: @unchecked Sendable {
    /// Names work that was submitted.
    package struct Ticket: Sendable, Hashable { fileprivate let number: UInt64 }

    private let name: String
    private let limit: Int
    private let linger: Duration
    private let monitor = Monitor()
    private var waiting: [UInt64: @Sendable () -> Void] = [:]
    /// The numbers of what waits, and of what was withdrawn since.
    private var order: Deque<UInt64> = []
    private var submitted: UInt64 = 0
    private var threads = 0
    private var idle = 0

    /// A pool of at most `limit` threads called `name`, each of which ends after `linger` without work.
    package init(name: String, limit: Int, linger: Duration = .seconds(1)) {
        self.name = name
        self.limit = max(1, limit)
        self.linger = linger
    }

    /// Has `work` run by one of the threads. Fails if the system gives none and none is running.
    @discardableResult
    package func submit(_ work: @escaping @Sendable () -> Void) throws(ThreadError) -> Ticket {
        let (number, starts) = monitor.withLock {
            submitted += 1
            waiting[submitted] = work
            order.append(submitted)
            let starts = waiting.count > idle && threads < limit
            if starts { threads += 1 }
            return (submitted, starts)
        }
        if starts { try start(for: number) } else { monitor.signal() }
        return Ticket(number: number)
    }

    /// Takes work back. False if it is running or has run.
    @discardableResult
    package func withdraw(_ ticket: Ticket) -> Bool {
        monitor.withLock { waiting.removeValue(forKey: ticket.number) } != nil
    }

    /// How many threads there are now.
    package var threadCount: Int { monitor.withLock { threads } }

    private func start(for number: UInt64) throws(ThreadError) {
        do {
            _ = try SystemThread(name: name) { [self] in
                while let work = next() { work() }
            }
        } catch {
            let isLost = monitor.withLock {
                threads -= 1
                return threads == 0 && waiting.removeValue(forKey: number) != nil
            }
            if isLost { throw error }
        }
    }

    /// The next piece of work; nil when the thread must end.
    private func next() -> (@Sendable () -> Void)? {
        monitor.withLock {
            while true {
                while let number = order.popFirst() {
                    if let work = waiting.removeValue(forKey: number) { return work }
                }
                idle += 1
                let isSignalled = monitor.wait(atMost: linger)
                idle -= 1
                if !isSignalled, order.isEmpty {
                    threads -= 1
                    return nil
                }
            }
        }
    }
}
