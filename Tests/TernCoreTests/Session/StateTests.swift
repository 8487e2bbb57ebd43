import MockTransport
import Synchronization
import Testing
import TransportCore

@testable import TernCore

@Suite("state that outlives a process")
struct StateTests {
    /// Something that learns.
    final class Memory: LearnedState {
        let learnedStateName: String
        let text = Mutex("")
        init(_ name: String, _ text: String = "") {
            learnedStateName = name
            self.text.withLock { $0 = text }
        }
        struct Damaged: Error {}
        func learnedState(at wallSeconds: Int64) -> String { text.withLock { $0 } }
        func restoreLearnedState(_ text: String, at wallSeconds: Int64) throws {
            if text == "damaged" { throw Damaged() }
            self.text.withLock { $0 = text }
        }
    }

    static func session(_ cookies: [Cookie] = []) -> Session<MockTransport> {
        let session = Session(transport: MockTransport { _ in MockResponse() })
        session.configure { $0.clock = ManualClock() }
        let kept = MemoryCookies()
        for cookie in cookies { kept.set(cookie) }
        session.cookies = kept
        return session
    }

    @Test("cookies and what was learned come back")
    func roundTrip() async throws {
        let file = try TemporaryFile()
        let lasting = Cookie("a", "1", domain: "a.test", sameSite: .strict, expiry: 1_900_000_000)
        let session = Self.session([
            lasting, Cookie("s", "2", domain: "a.test"), Cookie("old", "3", domain: "a.test", expiry: 1),
        ])
        try await session.saveState(to: file.path, others: [Memory("alt-svc", "h3"), Memory("hsts", "x")])
        let other = Self.session()
        let altSvc = Memory("alt-svc")
        #expect(try await other.loadState(from: file.path, others: [altSvc, Memory("unknown")]))
        #expect((other.cookies as? MemoryCookies)?.all == [lasting])
        #expect(altSvc.text.withLock { $0 } == "h3")
        try await session.saveState(to: file.path, keepsSessionCookies: true)
        let third = Self.session()
        try await third.loadState(from: file.path)
        #expect((third.cookies as? MemoryCookies)?.all.map(\.name) == ["a", "s"])
    }

    @Test("a first start without a file is no error")
    func first() async throws {
        #expect(try await !Self.session().loadState(from: try TemporaryFile().path))
    }

    @Test(
        "a file that is damaged, of a later version, or something else is an error, nothing is taken, and it stays",
        arguments: [
            (#"{"format": "tern-state", "version": 2, "news": {}}"#, CookieFileError.Reason.laterVersion(2)),
            (#"{"format": "tern-state", "version": 1, "cookies": [{"name": "a", "va"#, .damaged),
            (
                #"{"format": "tern-state", "version": 1, "cookies": [{"name": "a;", "value": "", "domain": "x"}], "learned": {}}"#,
                .damaged
            ),
            (#"{"format": "tern-cookies", "version": 1, "cookies": []}"#, .damaged), ("my thesis", .damaged),
            (#"{"cookies": [], "learned": {}}"#, .damaged), (#"{"format": "tern-state", "version": 1}"#, .damaged),
            (
                #"{"format": "tern-state", "version": 1, "cookies": [{"name": "a", "value": "1", "domain": "x"}], "learned": {"m": "damaged"}}"#,
                .damaged
            ),
        ])
    func damaged(text: String, reason: CookieFileError.Reason) async throws {
        let file = try TemporaryFile(Array(text.utf8))
        let session = Self.session()
        let error = await #expect(throws: CookieFileError.self) {
            try await session.loadState(from: file.path, others: [Memory("m")])
        }
        #expect(error?.reason == reason && error?.message.contains(file.path) == true)
        #expect((session.cookies as? MemoryCookies)?.isEmpty == true)
        #expect(file.bytes == Array(text.utf8))
        guard !text.contains("damaged") else { return }
        #expect(
            await #expect(throws: CookieFileError.self) { try await session.saveState(to: file.path) }?.reason == reason
        )
        #expect(file.bytes == Array(text.utf8))
        try await session.saveState(to: file.path, replacesAnything: true)
        #expect(try await session.loadState(from: file.path))
    }
}
