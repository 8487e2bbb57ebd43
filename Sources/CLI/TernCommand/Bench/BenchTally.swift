import Histogram
import Synchronization
import TernCore

/// What many tasks measure, in a few places so that they seldom meet.
final class BenchTally: Sendable {
    private let left: Atomic<Int>
    private let shards: [Shard]

    /// Places to write to.
    private static let shardCount = 8

    /// - Parameter requests: how many may be taken; `nil` for any number.
    init(requests: Int?) {
        left = Atomic(requests ?? .max)
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// Whether another request is to be sent.
    func take() -> Bool { left.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 }

    func shard(_ number: Int) -> Shard { shards[number % Self.shardCount] }

    /// Requests that have ended, and those of them that failed.
    var count: (all: Int, failed: Int) {
        shards.reduce((0, 0)) { sum, shard in
            let (answered, failed) = shard.count
            return (sum.0 + answered + failed, sum.1 + failed)
        }
    }

    var totals: BenchTotals {
        shards.reduce(into: BenchTotals()) { totals, shard in totals.add(shard.totals) }
    }

    /// One of the places.
    final class Shard: Sendable {
        private let state = Mutex(BenchTotals())

        var totals: BenchTotals { state.withLock { $0 } }
        var count: (answered: Int, failed: Int) { state.withLock { ($0.answered, $0.failed) } }

        func note(_ response: Response, _ time: Duration) {
            let nanoseconds = time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000
            state.withLock { totals in
                totals.answered += 1
                totals.bytes += response.bytes.count
                totals.statuses[response.status.code, default: 0] += 1
                totals.times.record(UInt64(max(0, nanoseconds)))
                if totals.lastConnection != response.connection.id {
                    totals.lastConnection = response.connection.id
                    totals.connections.insert(response.connection.id)
                    totals.version = response.connection.version
                }
            }
        }

        func note(_ failure: FailureFacts) {
            state.withLock { totals in
                totals.failed += 1
                totals.errors[failure.code, default: 0] += 1
                if totals.firstError == nil { totals.firstError = failure.message }
            }
        }
    }
}

/// Sums.
struct BenchTotals: Sendable {
    var answered = 0
    var failed = 0
    /// Of bodies, after decoding.
    var bytes = 0
    var statuses: [Int: Int] = [:]
    /// By code.
    var errors: [String: Int] = [:]
    var firstError: String?
    /// In nanoseconds.
    var times = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    var connections: Set<UInt64> = []
    var version: HTTPVersion?
    fileprivate var lastConnection: UInt64?

    mutating func add(_ other: BenchTotals) {
        answered += other.answered
        failed += other.failed
        bytes += other.bytes
        statuses.merge(other.statuses, uniquingKeysWith: +)
        errors.merge(other.errors, uniquingKeysWith: +)
        firstError = firstError ?? other.firstError
        times.add(other.times)
        connections.formUnion(other.connections)
        version = version ?? other.version
    }
}
