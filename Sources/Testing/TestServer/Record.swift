import Synchronization
import TransportCore

/// The record of a server: written by its loop, read by tests, who may wait for something to be in it.
final class Record: Sendable {
    private struct Watcher {
        var id: Int
        var condition: @Sendable (TestServer.Recorded) -> Bool
        var wait: Wait
    }
    private struct State {
        var recorded = TestServer.Recorded()
        var problems: [String] = []
        var watchers: [Watcher] = []
        var nextWatcher = 0
    }
    private let state = Mutex(State())
    private let limit: Int
    private let onProblem: @Sendable (String) -> Void

    init(limit: Int, onProblem: @escaping @Sendable (String) -> Void) {
        self.limit = max(1, limit)
        self.onProblem = onProblem
    }

    var recorded: TestServer.Recorded { state.withLock { $0.recorded } }
    var problems: [String] { state.withLock { $0.problems } }

    func problem(_ text: String) {
        state.withLock { $0.problems.append(text) }
        onProblem(text)
    }

    /// Keeps a new exchange, and gives it its number.
    func begin(_ exchange: TestServer.RecordedExchange) -> Int {
        change { recorded in
            // A tenth at a time: taking the first from an array moves all others.
            if recorded.exchanges.count >= self.limit {
                let count = max(1, self.limit / 10)
                recorded.exchanges.removeFirst(count)
                recorded.forgotten += count
            }
            let number = recorded.exchangeCount
            var exchange = exchange
            exchange.number = number
            if recorded.connections.indices.contains(exchange.connection) {
                exchange.remote = recorded.connections[exchange.connection].remote
            }
            recorded.exchanges.append(exchange)
            if recorded.connections.indices.contains(exchange.connection) {
                recorded.connections[exchange.connection].exchanges += 1
            }
            return number
        }
    }

    /// Changes what is kept of an exchange, if it is still kept.
    func exchange(_ number: Int, _ edit: (inout TestServer.RecordedExchange) -> Void) {
        change { recorded in
            let index = number - recorded.forgotten
            if recorded.exchanges.indices.contains(index) { edit(&recorded.exchanges[index]) }
        }
    }

    func recorded(_ number: Int) -> TestServer.RecordedExchange? {
        state.withLock { state in
            let index = number - state.recorded.forgotten
            return state.recorded.exchanges.indices.contains(index) ? state.recorded.exchanges[index] : nil
        }
    }

    func accepted(from remote: Endpoint?) -> Int {
        change { recorded in
            let number = recorded.connections.count
            recorded.connections.append(TestServer.RecordedConnection(number: number, remote: remote))
            return number
        }
    }

    func connection(_ number: Int, _ edit: (inout TestServer.RecordedConnection) -> Void) {
        change { recorded in
            if recorded.connections.indices.contains(number) { edit(&recorded.connections[number]) }
        }
    }

    /// Counts bytes: not told to watchers, which would cost more than all else.
    func count(_ number: Int, received: Int, sent: Int) {
        state.withLock { state in
            guard state.recorded.connections.indices.contains(number) else { return }
            state.recorded.connections[number].received += received
            state.recorded.connections[number].sent += sent
        }
    }

    private func change<Result>(_ edit: (inout TestServer.Recorded) -> Result) -> Result {
        let (result, due) = state.withLock { state in
            let result = edit(&state.recorded)
            guard !state.watchers.isEmpty else { return (result, [Wait]()) }
            let recorded = state.recorded
            var due: [Wait] = []
            state.watchers.removeAll { watcher in
                guard watcher.condition(recorded) else { return false }
                due.append(watcher.wait)
                return true
            }
            return (result, due)
        }
        for wait in due { wait.end() }
        return result
    }

    /// Returns true when `condition` holds, and false when `limit` has passed before, on the machine's clock.
    func wait(
        atMost limit: Duration, until condition: @escaping @Sendable (TestServer.Recorded) -> Bool
    ) async -> Bool {
        let wait = Wait()
        let id = state.withLock { state -> Int? in
            if condition(state.recorded) { return nil }
            state.nextWatcher += 1
            state.watchers.append(Watcher(id: state.nextWatcher, condition: condition, wait: wait))
            return state.nextWatcher
        }
        guard let id else { return true }
        await withTaskGroup { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { wait.begin($0) }
                } onCancel: {
                    wait.end()
                }
            }
            group.addTask { try? await SystemClock().sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return state.withLock { state in
            guard let index = state.watchers.firstIndex(where: { $0.id == id }) else { return true }
            state.watchers.remove(at: index)
            return false
        }
    }
}
