import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct RetryBackoffTests {
    static func attempt(
        _ outcome: FinishedAttempt.Outcome, number: Int = 1, _ method: HTTPRequest.Method = .get
    ) throws -> FinishedAttempt {
        FinishedAttempt(
            request: Request(method: method, url: try HTTPURL("https://a.test/")), number: number, outcome: outcome,
            elapsed: .zero, wallSeconds: 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT
    }

    /// The policy whose jitter always gives `jitter` of the bound.
    static func policy(_ jitter: Double = 1, _ change: (inout BackoffRetry) -> Void = { _ in }) -> BackoffRetry {
        var policy = BackoffRetry()
        policy.random = { jitter }
        change(&policy)
        return policy
    }

    static let unavailable = FinishedAttempt.Outcome.answered(.serviceUnavailable, [:])

    @Test("the bound of the wait doubles up to the longest one, and the jitter takes a part of it")
    func grows() throws {
        let long = Self.policy { $0.limit = 100 }
        let waits = try [1, 2, 3, 6, 7, 8, 99].map { long.decide(try Self.attempt(Self.unavailable, number: $0)) }
        #expect(
            waits == [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000].map { .retry(after: .milliseconds($0)) })
        #expect(try Self.policy(0.25).decide(Self.attempt(Self.unavailable)) == .retry(after: .milliseconds(125)))
        #expect(try Self.policy(0).decide(Self.attempt(Self.unavailable)) == .retry(after: .zero))
    }

    @Test("a random source out of its range does not make waits longer or negative", arguments: [-1.0, 2.0])
    func range(jitter: Double) throws {
        let expected = jitter < 0 ? Duration.zero : .milliseconds(500)
        #expect(try Self.policy(jitter).decide(Self.attempt(Self.unavailable)) == .retry(after: expected))
    }

    @Test("the limit counts repetitions")
    func limit() throws {
        let policy = Self.policy { $0.limit = 2 }
        #expect(try policy.decide(Self.attempt(Self.unavailable, number: 2)) != .stop)
        #expect(try policy.decide(Self.attempt(Self.unavailable, number: 3)) == .stop)
        #expect(try Self.policy { $0.limit = 0 }.decide(Self.attempt(Self.unavailable)) == .stop)
    }

    @Test(
        "Retry-After is read as seconds or as a date (RFC 9110 §10.2.3)",
        arguments: [
            ("0", 0), ("7", 7), ("120", 120), ("Sun, 06 Nov 1994 08:50:07 GMT", 30),
            ("Sunday, 06-Nov-94 08:50:07 GMT", 30), ("Sun Nov  6 08:50:07 1994", 30),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
        ])
    func retryAfter(value: String, seconds: Int) throws {
        let outcome = FinishedAttempt.Outcome.answered(.serviceUnavailable, [.retryAfter: value])
        #expect(try Self.policy().decide(Self.attempt(outcome)) == .retry(after: .seconds(seconds)))
    }

    @Test("a Retry-After that cannot be understood counts as none", arguments: ["", "soon", "-5", "1.5", "+3"])
    func unreadable(value: String) throws {
        let outcome = FinishedAttempt.Outcome.answered(.serviceUnavailable, [.retryAfter: value])
        #expect(try Self.policy().decide(Self.attempt(outcome)) == .retry(after: .milliseconds(500)))
    }

    @Test(
        "a Retry-After above the cap lets the answer stand: asking earlier would be refused again",
        arguments: ["121", "99999999999999999999999", "Sun, 06 Nov 1994 08:51:38 GMT"])
    func cap(value: String) throws {
        let outcome = FinishedAttempt.Outcome.answered(.serviceUnavailable, [.retryAfter: value])
        #expect(try Self.policy().decide(Self.attempt(outcome)) == .stop)
        let deaf = Self.policy { $0.obeysRetryAfter = false }
        #expect(try deaf.decide(Self.attempt(outcome)) == .retry(after: .milliseconds(500)))
    }

    @Test(
        "a 413, 429 or 503 with Retry-After is repeated in any case, others by the list",
        arguments: [(413, true), (429, true), (503, true), (502, false), (500, false), (404, false), (200, false)])
    func statuses(code: Int, isRepeated: Bool) throws {
        let policy = Self.policy { $0.statuses = [] }
        let outcome = FinishedAttempt.Outcome.answered(HTTPResponse.Status(code: code), [.retryAfter: "1"])
        #expect(try policy.decide(Self.attempt(outcome)) == (isRepeated ? .retry(after: .seconds(1)) : .stop))
    }

    @Test("answers and broken connections are repeated for allowed methods only; what was not sent for all")
    func methods() throws {
        let reset = FinishedAttempt.Outcome.failed(.made(.connectionReset))
        let timeout = FinishedAttempt.Outcome.failed(.made(.connectTimeout, .notSent))
        for outcome in [Self.unavailable, reset] {
            #expect(try Self.policy().decide(Self.attempt(outcome, .post)) == .stop)
            #expect(try Self.policy().decide(Self.attempt(outcome, .query)) != .stop)
            #expect(try Self.policy { $0.methods = nil }.decide(Self.attempt(outcome, .post)) != .stop)
            #expect(try Self.policy { $0.methods = [.post] }.decide(Self.attempt(outcome, .get)) == .stop)
        }
        #expect(try Self.policy().decide(Self.attempt(timeout, .post)) != .stop)
    }

    @Test(
        "failures that another connection cannot mend are not repeated",
        arguments: [TransportError.Code.malformedResponse, .headTooLarge, .bodyFailed, .totalTimeout, .cancelled])
    func hopeless(code: TransportError.Code) throws {
        for safety in RetrySafety.allCases where safety != .notSent || code != .malformedResponse {
            #expect(try Self.policy().decide(Self.attempt(.failed(.made(code, safety)))) == .stop)
        }
    }
}
