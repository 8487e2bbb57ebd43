import NativeH2Transport
import Synchronization
import Tern
import TestKit
import Testing

/// The transports that every test of this target runs over.
enum Carrier: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case curl, native

    var testDescription: String { rawValue }

    var transport: AnyTransport {
        switch self {
        case .curl: AnyTransport(CurlTransport())
        case .native: AnyTransport(NativeH2Transport())
        }
    }

    /// A session with a transport of its own, which trusts the throwaway authority.
    func session(_ change: (inout SessionConfiguration) -> Void = { _ in }) throws -> Session<AnyTransport> {
        var configuration = SessionConfiguration()
        configuration.tls.trust = .file(try ThrowawayCA.shared().certificate)
        // Nothing here may take as long as this: a test that hangs fails.
        configuration.timeouts.total = .seconds(30)
        change(&configuration)
        return Session(owning: transport, configuration: configuration)
    }
}

extension NginxServer {
    /// The doors that tell whether something depends on the version of HTTP, with that version.
    static let versions: [(door: Door, version: HTTPVersion)] = [
        (.tls, .http2), (.tlsHTTP1, .http11), (.clear, .http11),
    ]
}

/// The machine's clock for all but waiting, which it notes and leaves out.
final class SkippingClock: HTTPClock {
    private let waited = Mutex<[Duration]>([])

    var waits: [Duration] { waited.withLock { $0 } }
    var now: Instant { SystemClock().now }
    var wallNanoseconds: Int64 { SystemClock().wallNanoseconds }

    func sleep(until instant: Instant) async throws(CancellationError) {
        let wait = now.duration(to: instant)
        waited.withLock { $0.append(wait) }
    }
}

/// What closures on any thread have seen.
final class Tally: Sendable {
    private let state = Mutex<[String]>([])
    var values: [String] { state.withLock { $0 } }
    func add(_ value: String) { state.withLock { $0.append(value) } }
    func clear() { state.withLock { $0 = [] } }
}

/// A resolver that runs a closure, which is told how often it was asked before.
final class StubResolver: Resolver {
    typealias Answer = @Sendable (_ host: String, _ before: Int) async throws(ResolveError) -> ResolvedHost
    private let count = Mutex(0)
    private let answer: Answer

    init(_ answer: @escaping Answer) { self.answer = answer }

    var asked: Int { count.withLock { $0 } }

    func resolve(_ host: String, family: AddressFamily) async throws(ResolveError) -> ResolvedHost {
        let before = count.withLock { count in
            count += 1
            return count - 1
        }
        return try await answer(host, before)
    }

    /// One that knows no host.
    static var empty: StubResolver {
        StubResolver { (host, _) throws(ResolveError) in
            throw ResolveError(.notFound, message: "the stub knows no host \(host)")
        }
    }
}

/// Fires a signal when a request has been sent whole.
struct SentWatch: Middleware {
    let sent: Signal

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        next.call.observe { event in if case .requestSent = event.kind { sent.fire() } }
        return try await next(request)
    }
}
