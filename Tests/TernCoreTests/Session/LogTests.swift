import Logging
import MockTransport
import Synchronization
import Testing
import TransportCore

@testable import TernCore

@Suite("the log of requests")
struct LogTests {
    /// Keeps what is written.
    final class Lines: LogHandler, Sendable {
        let lines = Log<(level: Logger.Level, text: String)>()
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }
        func log(event: LogEvent) {
            lines.add((event.level, "\(event.message) \(event.metadata ?? [:])"))
        }
    }

    static func session(_ mock: MockTransport, _ change: (inout LogPolicy) -> Void = { _ in }) -> (
        Session<MockTransport>, Log<(level: Logger.Level, text: String)>
    ) {
        let handler = Lines()
        var policy = LogPolicy(Logger(label: "test") { _ in handler })
        change(&policy)
        let session = Session(transport: mock)
        session.configure { $0.logging = policy }
        return (session, handler.lines)
    }

    @Test("each attempt is a line: method, URL, status; failures are warnings")
    func lines() async throws {
        let mock = MockTransport([
            .redirect(to: "/b"), MockResponse(.notFound),
        ])
        let (session, log) = Self.session(mock)
        _ = try await session.get("https://a.test/a")
        #expect(log.values.map(\.level) == [.info, .warning])
        #expect(log.values[0].text.hasPrefix("GET https://a.test/a: 302"))
        #expect(log.values[1].text.hasPrefix("GET https://a.test/b: 404"))
        _ = try? await session.get("https://a.test/c")
        #expect(log.values.last?.level == .warning && log.values.last?.text.contains("connectionRefused") == true)
    }

    @Test("secrets are in no line: userinfo, credentials, cookies, keys of the query, tokens in fragments")
    func secrets() async throws {
        let mock = MockTransport { sent throws(TransportError) in
            if sent.request.url.path == "/fail" {
                throw TransportError(
                    .connectionReset, phase: .head, retrySafety: .processed, endpoint: "https://a.test:443",
                    message: "\(sent.request) \(sent.request.target) broke")
            }
            return MockResponse(
                .found,
                fields: [
                    .setCookie: "sid=S3CRET",
                    .location: "https://user:S3CRET@b.test/fail?access_token=S3CRET&x=1#S3CRET",
                ])
        }
        let (session, log) = Self.session(mock) {
            $0.showsFields = true
            $0.hiddenQueryKeys.insert("mine")
        }
        session.configure { $0.retry = nil }
        let url = "https://user:S3CRET@a.test/?API%5FKEY=S3CRET&Mine=S3CRET&q=shown#S3CRET"
        let headers: Headers = [
            .cookie: "a=S3CRET", .proxyAuthorization: "S3CRET", "X-Api-Key": "S3CRET", "X-Ok": "fine",
        ]
        _ = try? await session.get(url, headers: headers)
        _ = try? await session.get("https://a.test/", headers: [.authorization: "Bearer S3CRET"])
        let text = log.values.map(\.text).joined(separator: "\n")
        #expect(log.values.count == 4)
        #expect(!text.contains("S3CRET"), "\(text)")
        #expect(text.contains("q=shown") && text.contains("(hidden)") && text.contains("X-Ok: fine"))
        #expect(text.contains("https://b.test/fail?access_token=(hidden)&x=1"))
    }

    @Test("fields are in no line unless they are asked for, and bodies never")
    func quiet() async throws {
        let mock = MockTransport { _ in MockResponse(.ok, fields: [.server: "x"], "B0DY") }
        let (session, log) = Self.session(mock)
        _ = try await session.post("https://a.test/", .text("B0DY"))
        #expect(!log.values[0].text.contains("B0DY") && !log.values[0].text.contains("fields"))
    }
}
