import Histogram
import TernCore

/// What `tern bench` tells at its end.
struct BenchResult {
    var load: BenchLoad
    /// Method and URL.
    var url: String
    var transport: String
    var elapsed: Duration
    var totals: BenchTotals
    var usage: ProcessUsage

    private var seconds: Double { max(elapsed.milliseconds / 1_000, 1e-9) }
    private var rate: Double { Double(totals.answered) / seconds }
    private var requests: Int { totals.answered + totals.failed }

    /// Latencies in nanoseconds, by name.
    private var latencies: [(name: String, key: String, value: UInt64)] {
        let percentiles = [("p50", "p50", 50.0), ("p90", "p90", 90.0), ("p99", "p99", 99.0), ("p99.9", "p999", 99.9)]
        let known = percentiles.map { ($0.0, $0.1, totals.answered == 0 ? 0 : totals.times.valueAtPercentile($0.2)) }
        return known + [("max", "max", totals.answered == 0 ? 0 : totals.times.max)]
    }

    /// User and system time for each request, µs.
    private var cost: (all: Double, user: Double, system: Double) {
        let count = Double(max(requests, 1))
        return (
            (usage.user + usage.system).milliseconds * 1_000 / count, usage.user.milliseconds * 1_000 / count,
            usage.system.milliseconds * 1_000 / count
        )
    }

    var text: String {
        let version = totals.version.map { " over HTTP/\($0.rawValue)" } ?? ""
        var lines = [
            "\(url)\(version), transport \(transport)",
            row(
                "requests",
                "\(Figures.grouped(requests)) in \(Figures.decimal(seconds, 2)) s, "
                    + "\(load.concurrency) at a time, \(Figures.grouped(totals.connections.count)) "
                    + (totals.connections.count == 1 ? "connection" : "connections")),
            row("requests/s", Figures.grouped(Int(rate.rounded()))),
            row("latency", latencies.map { "\($0.name) \(Figures.time($0.value))" }.joined(separator: ", ")),
            row("statuses", list(totals.statuses.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) })),
            row("errors", list(totals.errors.sorted { $0.value > $1.value }.map { ($0.key, $0.value) })),
        ]
        if let error = totals.firstError { lines.append(row("", "first: \(error)")) }
        let size = Meter.size(Int64(totals.bytes))
        let (all, user, system) = cost
        lines += [
            row("bytes", "\(size) of bodies, \(Meter.size(Int64(Double(totals.bytes) / seconds)))/s"),
            row(
                "client CPU",
                "\(Figures.decimal(all, 1)) µs a request (user \(Figures.decimal(user, 1)), "
                    + "system \(Figures.decimal(system, 1)))"),
            row("peak memory", Meter.size(usage.peakMemory)),
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    var json: [UInt8] {
        var json = JSONWriter()
        json.object { object in
            object.name("request")
            object.string(url)
            object.name("transport")
            object.string(transport)
            object.name("httpVersion")
            object.string(totals.version?.rawValue)
            object.name("concurrency")
            object.integer(load.concurrency)
            object.name("connections")
            object.integer(totals.connections.count)
            object.name("requests")
            object.integer(requests)
            object.name("seconds")
            object.thousandths(Int64((seconds * 1_000).rounded()))
            object.name("requestsPerSecond")
            object.thousandths(Int64((rate * 1_000).rounded()))
            object.name("latencyMilliseconds")
            object.object { times in
                for (_, key, value) in latencies {
                    times.name(key)
                    times.thousandths(Int64(value / 1_000))
                }
            }
            object.name("statuses")
            object.counts(totals.statuses.sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) })
            object.name("errors")
            object.counts(totals.errors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            object.name("bytes")
            object.integer(totals.bytes)
            object.name("cpuMicrosecondsPerRequest")
            object.thousandths(Int64((cost.all * 1_000).rounded()))
            object.name("cpuSeconds")
            object.object { cpu in
                cpu.name("user")
                cpu.thousandths(Int64(usage.user.milliseconds.rounded()))
                cpu.name("system")
                cpu.thousandths(Int64(usage.system.milliseconds.rounded()))
            }
            object.name("peakMemoryBytes")
            object.integer(usage.peakMemory)
        }
        json.endLine()
        return json.bytes
    }

    private func row(_ name: String, _ value: String) -> String { Help.pad(name, to: 12) + " " + value }

    private func list(_ counts: [(String, Int)]) -> String {
        counts.isEmpty ? "none" : counts.map { "\($0.0): \(Figures.grouped($0.1))" }.joined(separator: ", ")
    }
}

extension JSONWriter {
    fileprivate mutating func counts(_ counts: [(String, Int)]) {
        object { object in
            for (name, count) in counts {
                object.name(name)
                object.integer(count)
            }
        }
    }
}

/// Numbers for people.
enum Figures {
    /// `12,345,678`.
    static func grouped(_ number: Int) -> String {
        let digits = Array("\(number.magnitude)")
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// With so many digits behind the point.
    static func decimal(_ value: Double, _ places: Int) -> String {
        let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
        let number = Int((value * factor).rounded())
        guard places > 0 else { return "\(number)" }
        let digits = "\(number.magnitude)"
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return (number < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
    }

    /// Nanoseconds in the unit that fits.
    static func time(_ nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds)
        if value < 1e6 { return "\(decimal(value / 1e3, 1)) µs" }
        return value < 1e9 ? "\(decimal(value / 1e6, 2)) ms" : "\(decimal(value / 1e9, 2)) s"
    }
}
