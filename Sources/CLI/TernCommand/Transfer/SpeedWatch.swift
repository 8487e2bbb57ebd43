import TernCore

/// Ends a transfer that is too slow for too long (`--speed-limit`, `--speed-time`): the bytes of the last five
/// seconds count, both ways, and no others.
struct SpeedWatch {
    private let limit: Int64
    private let patience: Duration
    /// Bytes so far, with when they were counted; at most what five seconds hold.
    private var samples: [(at: Instant, bytes: Int64)] = []
    private var slowSince: Instant?

    private static let window = Duration.seconds(5)
    private static let pause = Duration.milliseconds(250)

    init(limit: Int64, patience: Duration) {
        self.limit = limit
        self.patience = patience
    }

    /// Whether it has been too slow for too long, now that `bytes` have gone both ways.
    mutating func isTooSlow(_ bytes: Int64, at now: Instant) -> Bool {
        // A repetition begins to count anew.
        if let last = samples.last, bytes < last.bytes { samples = [] }
        samples.append((now, bytes))
        while samples.count > 2, samples[0].at.duration(to: now) > Self.window { samples.removeFirst() }
        let seconds = max(samples[0].at.duration(to: now).milliseconds / 1_000, 0.001)
        guard samples.count > 1, Double(bytes - samples[0].bytes) / seconds < Double(limit) else {
            if samples.count > 1 { slowSince = nil }
            return false
        }
        let since = slowSince ?? now
        slowSince = since
        return since.duration(to: now) >= patience
    }

    /// Carries out `transfer`, under watch if that was asked for.
    static func run(_ transfer: Transfer, _ invocation: Invocation) async -> Int32 {
        guard invocation.speedLimit != nil || invocation.speedTime != nil else { return await transfer.run() }
        let limit = invocation.speedLimit ?? 1
        let seconds = invocation.speedTime ?? 30
        guard limit > 0, seconds > 0 else { return await transfer.run() }
        return await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await transfer.run() }
            group.addTask {
                var watch = SpeedWatch(limit: limit, patience: .seconds(seconds))
                while (try? await Task.sleep(for: pause)) != nil {
                    guard watch.isTooSlow(transfer.bytes, at: SystemClock().now) else { continue }
                    transfer.give(
                        up: UsageError(
                            "\(URLText.shown(transfer.url)): less than \(limit) bytes a second came and went in the "
                                + "last \(seconds) s", code: 28))
                    break
                }
                return nil
            }
            // Whichever ends first ends the other.
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            return await group.next().flatMap { $0 } ?? 28
        }
    }
}
