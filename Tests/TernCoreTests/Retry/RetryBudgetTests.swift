import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RetryBudgetTests {
    static func run(_ mock: MockTransport, _ budget: RetryBudget?) -> ChainRun {
        ChainRun(mock) {
            var policy = BackoffRetry(limit: 3)
            policy.random = { 0 }
            policy.budget = budget
            $0.retry = policy
            $0.clock = ManualClock()
        }
    }

    static func get(_ host: String = "a.test") throws -> Request { Request(url: try HTTPURL("https://\(host)/")) }

    @Test("in an outage a host sees its requests and the budget, and not each of them four times")
    func outage() async throws {
        let mock = MockTransport { _ in MockResponse(.serviceUnavailable) }
        let run = Self.run(mock, RetryBudget(burst: 10, ratio: 0.1))
        for _ in 0..<200 { _ = try await run.send(Self.get()) }
        // 200 requests, the burst, and a tenth of the requests that were made after it.
        #expect(mock.sent.count >= 200 + 10)
        #expect(mock.sent.count <= 200 + 10 + 20)
    }

    @Test("one host's outage leaves the others theirs")
    func perHost() async throws {
        let mock = MockTransport { _ in MockResponse(.serviceUnavailable) }
        let budget = RetryBudget(burst: 3, ratio: 0)
        let run = Self.run(mock, budget)
        for _ in 0..<5 { _ = try await run.send(Self.get()) }
        #expect(mock.sent.count == 5 + 3)
        _ = try await run.send(Self.get("b.test"))
        #expect(mock.sent.count == 8 + 4)
        #expect(budget.balance(of: try HTTPURL("https://a.test/").origin) == 0)
    }

    @Test("good answers fill the account again, up to the burst")
    func refills() async throws {
        let budget = RetryBudget(burst: 2, ratio: 0.5)
        let origin = try HTTPURL("https://a.test/").origin
        #expect(budget.withdraw(origin) && budget.withdraw(origin) && !budget.withdraw(origin))
        let run = Self.run(MockTransport { _ in MockResponse() }, budget)
        for (count, balance) in [(1, 0.5), (2, 1.0), (7, 2.0)] {
            let made = Int(budget.balance(of: origin) / 0.5)
            for _ in made..<count { _ = try await run.send(Self.get()) }
            #expect(budget.balance(of: origin) == balance)
        }
    }

    @Test("without a budget every request is repeated as often as the limit says; a budget of nothing allows none")
    func extremes() async throws {
        let mock = MockTransport { _ in MockResponse(.serviceUnavailable) }
        for _ in 0..<100 { _ = try await Self.run(mock, nil).send(Self.get()) }
        #expect(mock.sent.count == 400)
        _ = try await Self.run(mock, RetryBudget(burst: -1, ratio: -1)).send(Self.get())
        #expect(mock.sent.count == 401)
    }

    @Test("copies of a policy share one budget")
    func shared() {
        let policy = BackoffRetry()
        let copy = policy
        #expect(policy.budget === copy.budget)
        #expect(policy.budget?.burst == 100)
    }
}
