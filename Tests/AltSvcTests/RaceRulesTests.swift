import AltSvc
import Testing

@Suite("The rules of a race")
struct RaceRulesTests {
    /// Every state that can be reached, and what each event does there; a dash is nothing.
    static let golden = """
        running waiting open: headStartOver startSteady
        running waiting open: fastStood useFast end
        running waiting open: fastFailed markBroken startSteady
        running waiting open: steadyStood -
        running waiting open: steadyFailed -
        running waiting open: fastTimeUp giveUpFast markBroken startSteady
        running running open: headStartOver -
        running running open: fastStood giveUpSteady useFast end
        running running open: fastFailed markBroken
        running running open: steadyStood useSteady
        running running open: steadyFailed -
        running running open: fastTimeUp giveUpFast markBroken
        failed running open: headStartOver -
        failed running open: fastStood -
        failed running open: fastFailed -
        failed running open: steadyStood useSteady end
        failed running open: steadyFailed fail end
        failed running open: fastTimeUp -
        running standing decided: headStartOver -
        running standing decided: fastStood keepFast end
        running standing decided: fastFailed markBroken end
        running standing decided: steadyStood -
        running standing decided: steadyFailed -
        running standing decided: fastTimeUp giveUpFast markBroken end
        running failed open: headStartOver -
        running failed open: fastStood useFast end
        running failed open: fastFailed markBroken fail end
        running failed open: steadyStood -
        running failed open: steadyFailed -
        running failed open: fastTimeUp giveUpFast markBroken fail end
        """

    @Test("every state that can be reached, and every event in it")
    func table() {
        var lines: [String] = []
        var seen: Set<RaceRules> = []
        var next = [RaceRules()]
        while !next.isEmpty {
            let rules = next.removeFirst()
            guard !rules.isOver, seen.insert(rules).inserted else { continue }
            for event in RaceRules.Event.allCases {
                var after = rules
                let actions = after.happened(event).map(\.rawValue)
                let state = "\(rules.fast.rawValue) \(rules.steady.rawValue) \(rules.isDecided ? "decided" : "open")"
                lines.append("\(state): \(event.rawValue) \(actions.isEmpty ? "-" : actions.joined(separator: " "))")
                next.append(after)
            }
        }
        #expect(lines.joined(separator: "\n") == Self.golden)
    }

    @Test("the head start is 300 ms until something is known, and never longer or too short")
    func headStart() {
        var start = HeadStart()
        #expect(start.duration == .milliseconds(300))
        start.steadyTook(.milliseconds(120))
        #expect(start.duration == .milliseconds(120))
        start.fastTook(.milliseconds(40))
        #expect(start.duration == .milliseconds(60))
        start.fastTook(.milliseconds(120))
        #expect(start.duration == .milliseconds(135))
        start.fastTook(.seconds(3))
        #expect(start.duration == .milliseconds(300))
        var quick = HeadStart()
        quick.fastTook(.microseconds(300))
        #expect(quick.duration == .milliseconds(25))
        #expect(quick.patience == .milliseconds(300))
    }
}
