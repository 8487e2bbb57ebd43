import Synchronization
import TransportCore

/// Finds the expectation that a request meets, and keeps what nobody expected.
final class ExpectationTable: Sendable {
    private struct Entry {
        let expectation: Expectation
        var seen = 0
        var isOpen: Bool { seen < expectation.count.upperBound }
        var isMet: Bool { seen >= expectation.count.lowerBound }
    }
    private struct State {
        var entries: [Entry]
        var findings: [String] = []
    }
    private let state: Mutex<State>
    private let isOrdered: Bool

    init(_ expectations: [Expectation], inOrder isOrdered: Bool) {
        state = Mutex(State(entries: expectations.map { Entry(expectation: $0) }))
        self.isOrdered = isOrdered
    }

    func answer(_ sent: SentExchange) throws(TransportError) -> MockResponse {
        let result = state.withLock { state -> Result<MockResponse, MockMismatch> in
            if let index = find(sent, in: state.entries) {
                state.entries[index].seen += 1
                let responses = state.entries[index].expectation.responses
                let number = min(state.entries[index].seen, responses.count)
                return .success(number > 0 ? responses[number - 1] : MockResponse())
            }
            let text = unexpected(sent, state.entries)
            state.findings.append(text)
            return .failure(MockMismatch(findings: [text]))
        }
        switch result {
        case .success(let response): return response
        case .failure(let mismatch):
            throw TransportError(
                .connectionRefused, phase: .connect, retrySafety: .notSent,
                endpoint: sent.exchange.route.origin.description, message: mismatch.description,
                underlying: mismatch)
        }
    }

    private func find(_ sent: SentExchange, in entries: [Entry]) -> Int? {
        for (index, entry) in entries.enumerated() {
            if entry.isOpen, entry.expectation.difference(sent) == nil { return index }
            // In order, what comes before must have come.
            if isOrdered, !entry.isMet { return nil }
        }
        return nil
    }

    private func unexpected(_ sent: SentExchange, _ entries: [Entry]) -> String {
        var text = "the mock did not expect \(sent.request)"
        if !sent.request.fields.isEmpty {
            text += " (" + sent.request.fields.map { "\($0.name): \(shown($0))" }.joined(separator: ", ") + ")"
        }
        if !sent.body.isEmpty { text += " with \(sent.body.count) bytes: \"\(sent.text.prefix(200))\"" }
        let open = entries.filter(\.isOpen)
        guard !open.isEmpty else { return text + "; everything that it expected has come" }
        text += "; it expected"
        for entry in open {
            let why = entry.expectation.difference(sent) ?? "its turn has not come"
            text += "\n  - \(entry.expectation): \(why)"
        }
        return text
    }

    /// Credentials do not belong in the logs of tests.
    private func shown(_ field: HTTPField) -> String {
        switch field.name {
        case .authorization, .cookie, .proxyAuthorization: "…"
        default: field.value
        }
    }

    /// Expectations that were not met, and requests that nobody expected.
    var findings: [String] {
        state.withLock { state in
            state.findings
                + state.entries.filter { !$0.isMet }.map {
                    "the mock expected \($0.expectation), and it came \($0.seen == 0 ? "never" : "\($0.seen) times")"
                }
        }
    }

    var pending: [Expectation] { state.withLock { $0.entries.filter { !$0.isMet }.map(\.expectation) } }
}
