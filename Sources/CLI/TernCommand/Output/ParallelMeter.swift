import Synchronization
import TernCore

/// One line on a terminal for all transfers of `--parallel`: how many have ended, how many are under way, how many
/// bytes came and went.
final class ParallelMeter: Sendable {
    private struct State {
        var underWay: [Int: Transfer] = [:]
        var begun = 0
        var bytes: Int64 = 0
    }
    private let state = Mutex(State())
    private let start = SystemClock().now

    private static let pause = Duration.milliseconds(200)

    /// `nil` where nobody would see it.
    init?(_ global: GlobalOptions) {
        guard global.showsMeter, !global.silent, Output.error.isTerminal else { return nil }
    }

    /// Counts a transfer in while `work` carries it out.
    func watch(_ transfer: Transfer, _ work: () async -> Int32) async -> Int32 {
        let number = state.withLock { state in
            state.begun += 1
            state.underWay[state.begun] = transfer
            return state.begun
        }
        let code = await work()
        state.withLock { state in
            state.underWay[number] = nil
            state.bytes += transfer.bytes
        }
        return code
    }

    /// Draws until the task is cancelled.
    func draw() async {
        while (try? await Task.sleep(for: Self.pause)) != nil { show() }
        show()
        Output.error.line("")
    }

    private func show() {
        let (ended, underWay, bytes) = state.withLock { state in
            let bytes = state.underWay.values.reduce(state.bytes) { $0 + $1.bytes }
            return (state.begun - state.underWay.count, state.underWay.count, bytes)
        }
        let seconds = max(start.duration(to: SystemClock().now).milliseconds / 1_000, 0.001)
        let rate = Meter.size(Int64(Double(bytes) / seconds))
        let line = "\(ended) done, \(underWay) under way, \(Meter.size(bytes)), \(rate)/s"
        try? Output.error.write(Array("\r\u{1B}[K\(line)".utf8))
    }
}
