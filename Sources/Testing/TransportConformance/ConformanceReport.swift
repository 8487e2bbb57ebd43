import Synchronization

/// Runs all checks of some transports, and shows what came of them as a matrix: cases down, transports across.
public struct ConformanceReport: Sendable {
    /// What one check came to.
    public enum Outcome: Sendable, Hashable {
        /// The rule holds.
        case holds
        /// It does not; what was seen.
        case fails(String)
        /// It does not, as is known.
        case knownGap
        /// It holds, though it was known not to.
        case closedGap
    }

    /// A check and what it came to.
    public struct Line: Sendable {
        /// The check.
        public var check: ConformanceCheck
        /// What it came to.
        public var outcome: Outcome
    }

    /// The transports.
    public let subjects: [ConformanceSubject]
    /// All checks, in the order of subjects, cases and ways.
    public private(set) var lines: [Line] = []

    /// Runs the checks of `subjects` whose case's name begins with `prefix`, some at once.
    ///
    /// - Parameter progress: is told each line as it comes.
    public init(
        _ subjects: [ConformanceSubject], prefix: String = "", atOnce: Int = 4,
        progress: @escaping @Sendable (Line) -> Void = { _ in }
    ) async {
        self.subjects = subjects
        let checks = subjects.flatMap(\.checks).filter { $0.rule.name.hasPrefix(prefix) }
        lines = await withTaskGroup(of: (Int, Line).self) { group in
            var results: [(Int, Line)] = []
            func start(_ index: Int) {
                let check = checks[index]
                group.addTask {
                    let line = Line(check: check, outcome: await Self.outcome(of: check))
                    progress(line)
                    return (index, line)
                }
            }
            for index in 0..<min(max(1, atOnce), checks.count) { start(index) }
            var next = min(max(1, atOnce), checks.count)
            while let result = await group.next() {
                results.append(result)
                if next < checks.count { start(next) }
                next += 1
            }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func outcome(of check: ConformanceCheck) async -> Outcome {
        let seen = await check.outcome()
        if check.gap != nil { return seen == nil ? .closedGap : .knownGap }
        return seen.map { .fails($0) } ?? .holds
    }

    /// Whether every rule holds, but for known gaps that are still open.
    public var isGood: Bool {
        lines.allSatisfy { line in
            switch line.outcome {
            case .holds, .knownGap: true
            case .fails, .closedGap: false
            }
        }
    }

    /// The matrix in Markdown. In each cell the ways over which the rule holds; known gaps in words below.
    public var markdown: String {
        let names = ConformanceCase.all.filter { rule in lines.contains { $0.check.rule.name == rule.name } }
        var text = "| case | rule |" + subjects.map { " \($0.name) |" }.joined() + "\n"
        text += "|---|---|" + subjects.map { _ in "---|" }.joined() + "\n"
        for rule in names {
            text += "| `\(rule.name)` | \(rule.rule.replacingBars) |"
            for subject in subjects { text += " \(cell(rule, subject)) |" }
            text += "\n"
        }
        let gaps = subjects.flatMap { subject in subject.gaps.map { (subject.name, $0) } }
        if !gaps.isEmpty {
            text += "\n## Known gaps\n\n"
            for (name, gap) in gaps {
                let ways = gap.ways.map { " over " + $0.map(\.rawValue).joined(separator: ", ") } ?? ""
                text += "- \(name), `\(gap.name)`\(ways): \(gap.reason)\n"
            }
        }
        return text
    }

    private func cell(_ rule: ConformanceCase, _ subject: ConformanceSubject) -> String {
        let own = lines.filter { $0.check.rule.name == rule.name && $0.check.subject.name == subject.name }
        if own.isEmpty { return "–" }
        return own.map { line in
            let way =
                switch line.check.way {
                case .http1: "1.1"
                case .http1TLS: "1.1s"
                case .http2: "2c"
                case .http2TLS: "2"
                case .http3: "3"
                }
            return switch line.outcome {
            case .holds: way
            case .knownGap: "gap (\(way))"
            case .closedGap: "closed gap (\(way))"
            case .fails: "**fails (\(way))**"
            }
        }.joined(separator: " ")
    }

    /// How many checks each transport has, holds and does not hold as is known.
    public var summary: String {
        subjects.map { subject in
            let own = lines.filter { $0.check.subject.name == subject.name }
            let good = own.count { $0.outcome == .holds }
            let gaps = own.count { $0.outcome == .knownGap }
            let tail = own.count - good - gaps
            return "\(subject.name): \(good) of \(own.count) checks hold"
                + (gaps > 0 ? ", \(gaps) known gaps" : "") + (tail > 0 ? ", \(tail) fail" : "")
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var replacingBars: String { map { $0 == "|" ? "\\|" : String($0) }.joined() }
}
