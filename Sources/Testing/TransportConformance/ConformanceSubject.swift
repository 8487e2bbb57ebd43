public import TransportCore

/// A transport to be tried: how it is made, and what is known to be missing.
///
///     let subject = ConformanceSubject("MyTransport") { MyTransport() }
///
///     @Test("MyTransport keeps the rules", arguments: subject.checks)
///     func conforms(_ check: ConformanceCheck) async throws { try await check.run() }
public struct ConformanceSubject: Sendable {
    /// Its name, for the matrix.
    public let name: String
    let make: @Sendable () -> any Transport
    /// What is known to be missing.
    public let gaps: [KnownGap]

    /// A transport that `make` makes, a new one for each check, which shuts it down.
    public init(_ name: String, gaps: [KnownGap] = [], make: @escaping @Sendable () -> any Transport) {
        self.name = name
        self.gaps = gaps
        self.make = make
    }

    /// A rule that is known not to hold, over some ways.
    public struct KnownGap: Sendable, Hashable {
        /// The case, by its name.
        public var name: String
        /// The ways over which it does not hold; `nil` for all.
        public var ways: [ConformanceWay]?
        /// Why: what lacks it, with its version.
        public var reason: String

        /// A gap.
        public init(_ name: String, over ways: [ConformanceWay]? = nil, _ reason: String) {
            self.name = name
            self.ways = ways
            self.reason = reason
        }
    }

    /// What there is to check: each case over each of its ways that the transport has the features for.
    public var checks: [ConformanceCheck] {
        let transport = make()
        return ConformanceCase.all.flatMap { rule in
            rule.ways.compactMap { way in
                let able = transport.capabilities(over: way.protocols)
                guard able.has(way.needs.union(rule.needs)) else { return nil }
                return ConformanceCheck(subject: self, rule: rule, way: way)
            }
        }
    }

    func gap(_ rule: ConformanceCase, _ way: ConformanceWay) -> KnownGap? {
        gaps.first { $0.name == rule.name && ($0.ways?.contains(way) ?? true) }
    }
}

/// One case, over one way, with one transport.
public struct ConformanceCheck: Sendable, CustomStringConvertible {
    /// The transport.
    public let subject: ConformanceSubject
    /// The case.
    public let rule: ConformanceCase
    /// The way.
    public let way: ConformanceWay

    /// How long one check may take: 20 s. A transport that hangs fails.
    static let patience = Duration.seconds(20)

    /// Name and way.
    public var description: String { "\(rule.name) over \(way)" }
    /// Why it is known to fail; `nil` if it should hold.
    public var gap: ConformanceSubject.KnownGap? { subject.gap(rule, way) }

    /// Does it. Throws where the rule does not hold, and where a known gap has closed.
    public func run() async throws {
        guard let gap else { return try await attempt() }
        do { try await attempt() } catch { return }
        throw ConformanceFailure(
            "\(self) holds now: take the known gap out of the list, which says \"\(gap.reason)\"")
    }

    /// Does it as if there were no known gap: `nil` if the rule holds, else what was seen.
    public func outcome() async -> String? {
        do {
            try await attempt()
            return nil
        } catch { return "\(error)" }
    }

    private func attempt() async throws {
        let trial = Trial(over: way, subject.make)
        let result = await Deed.run(atMost: ConformanceCheck.patience) { try await rule.deed(trial) }
        await trial.end()
        switch result {
        case .success: return
        case .failure(let error as ConformanceFailure):
            throw ConformanceFailure("\(description): \(rule.rule): \(error.message)")
        case .failure(let error): throw ConformanceFailure("\(description): \(rule.rule): \(error)")
        case nil: throw ConformanceFailure("\(description): \(rule.rule): not done after \(ConformanceCheck.patience)")
        }
    }
}
