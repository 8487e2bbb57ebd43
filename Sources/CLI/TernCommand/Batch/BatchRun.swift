import Glibc
import Synchronization
import TernCore

/// Carries out the lines of standard input, so many at once, over sessions that share everything, and writes an
/// answer for each.
final class BatchRun: Sendable {
    private let sessions: BatchSessions
    private let input: LineInput
    private let output: LineOutput
    private let concurrency: Int
    private let underWay = Atomic(0)
    private let hasFailed = Mutex(false)

    init(_ sessions: BatchSessions, concurrency: Int, isOrdered: Bool) {
        self.sessions = sessions
        self.concurrency = concurrency
        input = LineInput(descriptor: STDIN_FILENO)
        output = LineOutput(descriptor: STDOUT_FILENO, isOrdered: isOrdered)
    }

    /// The exit code: 0 when every line was carried out, 1 when any ended in an error, 23 when nobody takes the
    /// answers.
    func run() async throws -> Int32 {
        await withTaskCancellationHandler {
            await withTaskGroup { group in
                for _ in 0..<concurrency { group.addTask { await self.work() } }
            }
        } onCancel: {
            input.stop()
        }
        await output.finish()
        await sessions.close()
        if let failure = output.failure { throw UsageError(failure, code: 23) }
        if let failure = input.failure { throw UsageError("reading standard input: \(failure)", code: 26) }
        return hasFailed.withLock { $0 } ? 1 : 0
    }

    /// Takes line after line.
    private func work() async {
        let worker = BatchWorker(sessions)
        while let line = await input.next() {
            underWay.wrappingAdd(1, ordering: .relaxed)
            var answer = JSONWriter(reserving: 1_024)
            let isCarriedOut = await worker.answer(line, into: &answer)
            answer.endLine()
            if !isCarriedOut { hasFailed.withLock { $0 = true } }
            let left = underWay.wrappingSubtract(1, ordering: .relaxed).newValue
            await output.write(answer.bytes, turn: line.index, isLast: left == 0)
            if output.failure != nil { input.stop() }
        }
    }
}
