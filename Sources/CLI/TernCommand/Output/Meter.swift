import TernCore

/// A bar that shows how far a download is, on a terminal.
final class Meter {
    private let total: Int64?
    private let isShown: Bool
    private let start = SystemClock().now
    private var last = Instant(nanoseconds: 0)

    init(_ total: Int64?, isShown: Bool) {
        self.total = total
        self.isShown = isShown
    }

    /// Draws the bar for `count` bytes, ten times a second at most.
    func show(_ count: Int64) {
        let now = SystemClock().now
        guard isShown, last.duration(to: now) >= .milliseconds(100) else { return }
        last = now
        draw(count, now)
    }

    /// Draws the last bar, and ends its line.
    func end(_ count: Int64) {
        guard isShown else { return }
        draw(count, SystemClock().now)
        Output.error.line("")
    }

    private func draw(_ count: Int64, _ now: Instant) {
        let seconds = max(start.duration(to: now).milliseconds / 1_000, 0.001)
        let rate = "\(Meter.size(Int64(Double(count) / seconds)))/s"
        var line = "\(Meter.size(count)) \(rate)"
        if let total, total > 0 {
            let done = min(1, Double(count) / Double(total))
            let filled = Int(done * 30)
            let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 30 - filled)
            line = "[\(bar)] \(Int(done * 100)) % of \(Meter.size(total)), \(rate)"
        }
        try? Output.error.write(Array("\r\u{1B}[K\(line)".utf8))
    }

    static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
