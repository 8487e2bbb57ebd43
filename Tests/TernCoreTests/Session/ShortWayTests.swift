import MockTransport
import Testing
import TransportCore

@testable import TernCore

/// Calls that go past the links of the default chain, and those that must not.
@Suite struct ShortWayTests {
    /// Whether a call with these settings begins past the links.
    private func isOpen(
        _ fields: HTTPFields = [.acceptEncoding: "gzip"], offersCodings: Bool = true,
        _ change: (inout SessionConfiguration) -> Void = { _ in }
    ) throws -> Bool {
        var configuration = SessionConfiguration()
        change(&configuration)
        let request = Request(url: try HTTPURL("https://a.test/"), fields: fields)
        let call = Call(
            request, settings: Settings(configuration), transport: MockTransport { _ in MockResponse(.ok) },
            delivery: .prompt, total: nil, offersCodings: offersCodings, observers: [])
        return call.settings.shortWay?.isOpen(to: request, of: call) ?? false
    }

    @Test("it is open to what the links would leave alone")
    func open() throws {
        #expect(try isOpen())
        #expect(try isOpen { $0.retry = nil })
        #expect(try isOpen(offersCodings: false) { $0.decoding = .none })
        #expect(try isOpen([.cookie: "a=1"]) { $0.cookies = nil })
    }

    @Test("it is closed to what a link would change, and to links of the caller's own")
    func closed() throws {
        let jar = MemoryCookies()
        jar.store(["a=1"], from: try HTTPURL("https://b.test/"), at: 0)
        #expect(try !isOpen { $0.cookies = jar })
        #expect(try !isOpen([.cookie: "a=1"]))
        #expect(try !isOpen(offersCodings: false))
        #expect(try !isOpen { $0.auth = BearerAuth(token: "x") })
        #expect(try !isOpen { $0.hooks = [.preRequest { $0 }] })
        #expect(try !isOpen { $0.callMiddleware = [ChainSessionTests.Passing()] })
        #expect(try !isOpen { $0.attemptMiddleware = [ChainSessionTests.Passing()] })
        #expect(try !isOpen { $0.retry = BackoffRetry() })
        #expect(try !isOpen { $0.recordsTimeline = true })
    }

    @Test("a failure that the chain judges is sent once, and once more if that is safe")
    func failure() async throws {
        let mock = MockTransport { _ throws(TransportError) in throw .made(.connectionReset, reused: true) }
        let session = Session(transport: mock)
        await #expect(throws: HTTPError.self) { try await session.get("https://a.test/") }
        #expect(mock.sent.count == 2)
        await #expect(throws: HTTPError.self) { try await session.post("https://a.test/") }
        #expect(mock.sent.count == 3)
    }
}
