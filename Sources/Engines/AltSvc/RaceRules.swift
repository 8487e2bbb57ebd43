/// A race of two connections for the requests that wait: the fast one (HTTP/3) starts at once, the steady one (HTTP/2)
/// a little later. Decides; opens nothing and sends nothing.
///
/// - The first that stands carries all who wait, and the race is decided once for all of them.
/// - The steady one starts when the head start is over, or at once when the fast one has failed.
/// - If the fast one wins, the steady one is given up if it is not open yet; if it is, it rests in its pool.
/// - If the steady one wins, the fast one may go on until its time is up. When it stands by then it is used for the
///   requests that come after; if not, it counts as broken.
/// - Only when both have failed, those who wait get the error of the steady one.
package struct RaceRules: Sendable, Hashable {
    /// How an attempt is.
    package enum Attempt: String, Sendable, Hashable, CaseIterable { case waiting, running, standing, failed }
    /// Something that happened.
    package enum Event: String, Sendable, Hashable, CaseIterable {
        case headStartOver, fastStood, fastFailed, steadyStood, steadyFailed, fastTimeUp
    }
    /// Something that is to be done, in this order.
    package enum Action: String, Sendable, Hashable {
        case startSteady, giveUpSteady, giveUpFast, useFast, useSteady, fail, keepFast, markBroken, end
    }

    package private(set) var fast = Attempt.running
    package private(set) var steady = Attempt.waiting
    package private(set) var isDecided = false

    /// A race; or, with `isProbe`, the fast connection alone, for which nobody waits.
    package init(isProbe: Bool = false) {
        guard isProbe else { return }
        isDecided = true
        steady = .failed
    }

    /// Whether nothing more can come.
    package var isOver: Bool { isDecided && fast != .running && steady != .running }

    package mutating func happened(_ event: Event) -> [Action] {
        guard !isOver else { return [] }
        var actions: [Action] = []
        switch event {
        case .headStartOver:
            guard steady == .waiting, !isDecided else { return [] }
            steady = .running
            actions = [.startSteady]
        case .fastStood:
            guard fast == .running else { return [] }
            fast = .standing
            if isDecided {
                actions = [.keepFast]
            } else {
                isDecided = true
                if steady == .running {
                    steady = .failed
                    actions = [.giveUpSteady]
                }
                actions.append(.useFast)
            }
        case .fastFailed, .fastTimeUp:
            guard fast == .running else { return [] }
            fast = .failed
            actions = event == .fastTimeUp ? [.giveUpFast, .markBroken] : [.markBroken]
            guard !isDecided else { break }
            if steady == .waiting {
                steady = .running
                actions.append(.startSteady)
            } else if steady == .failed {
                isDecided = true
                actions.append(.fail)
            }
        case .steadyStood:
            guard steady == .running, !isDecided else { return [] }
            steady = .standing
            isDecided = true
            actions = [.useSteady]
        case .steadyFailed:
            guard steady == .running, !isDecided else { return [] }
            steady = .failed
            // The fast one may stand yet.
            guard fast == .failed else { return [] }
            isDecided = true
            actions = [.fail]
        }
        if isOver { actions.append(.end) }
        return actions
    }
}

/// How long the steady connection waits for the fast one, learned from how long connections to the origin took.
package struct HeadStart: Sendable, Hashable {
    /// The longest, and what is used while nothing is known: 300 ms, as Chromium has it.
    package static let longest = Duration.milliseconds(300)
    /// The shortest: below it the pause of a busy machine would decide the race.
    package static let shortest = Duration.milliseconds(25)

    /// How long the fast and the steady connection took, the last times weighing most.
    package private(set) var fast: Duration?
    package private(set) var steady: Duration?

    package init() {}

    /// A fast connection took so long.
    package mutating func fastTook(_ duration: Duration) { fast = Self.mixed(fast, duration) }
    /// A steady connection took so long.
    package mutating func steadyTook(_ duration: Duration) { steady = Self.mixed(steady, duration) }

    /// Half as much again as the fast one took; else as long as the steady one, which needs more round trips.
    package var duration: Duration {
        let wish: Duration =
            if let fast { fast * 3 / 2 } else if let steady { steady } else { Self.longest }
        return min(max(wish, Self.shortest), Self.longest)
    }

    /// How long nothing may come over a fast connection that was asked something before it is doubted: a living one
    /// acknowledges within a round trip and 25 ms, and loses a packet now and then.
    package var patience: Duration {
        min(max((fast ?? .milliseconds(100)) * 3, .milliseconds(300)), .seconds(1))
    }

    private static func mixed(_ old: Duration?, _ new: Duration) -> Duration {
        old.map { ($0 * 3 + new * 5) / 8 } ?? new
    }
}
