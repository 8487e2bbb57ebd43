import AltSvcTransport
import MockTransport
import Synchronization
import TransportCore

let field = #"h3=":443"; ma=86400"#

func get(_ url: String = "https://a.example/", _ change: (inout Exchange) -> Void = { _ in }) throws -> Exchange {
    let url = try HTTPURL(url)
    var exchange = Exchange(Request(url: url), over: Route(to: url.origin), delivery: .whole(upTo: 1 << 20))
    change(&exchange)
    return exchange
}

func error(
    _ code: TransportError.Code, _ phase: TransportError.Phase = .connect, _ safety: RetrySafety = .notSent
) -> TransportError {
    TransportError(
        code, phase: phase, retrySafety: safety, endpoint: "mock", message: "\(code.rawValue), says the mock")
}

/// A value that tasks share.
final class Box<Value: Sendable>: Sendable {
    private let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
    var current: Value { value.withLock { $0 } }
    func set(_ new: Value) { value.withLock { $0 = new } }
    func update(_ change: (inout Value) -> Void) { value.withLock { change(&$0) } }
}

/// What the network between the two mocks and the server does.
enum Network: Sendable {
    case good
    /// Packets go nowhere.
    case blackhole
    case failing(TransportError)
    /// Connections take so long.
    case slow(Duration)
}

/// The transport under test, between two mocks, on a clock that stands still.
final class Scene: Sendable {
    let clock = ManualClock()
    let udp = Box(Network.good)
    let tcp = Box(Network.good)
    /// What the server says in its Alt-Svc field.
    let altSvc = Box<String?>(field)
    /// How it answers over HTTP/3.
    let overHTTP3 = Box<Result<HTTPResponse.Status, TransportError>>(.success(.ok))
    let fast: MockTransport
    let steady: MockTransport
    let cache: MemoryAltSvcCache
    let transport: AltSvcTransport<MockTransport, MockTransport>

    init(
        cache: MemoryAltSvcCache = MemoryAltSvcCache(), remote: Endpoint? = nil, assumes: Bool = false,
        features: Feature? = nil
    ) {
        self.cache = cache
        let (clock, udp, tcp, altSvc, overHTTP3) = (clock, udp, tcp, altSvc, overHTTP3)
        @Sendable func fields() -> HTTPFields {
            var fields = HTTPFields()
            if let value = altSvc.current, let name = HTTPField.Name("Alt-Svc") { fields[name] = value }
            return fields
        }
        fast = MockTransport(
            clock: clock, version: .http3, capabilities: features.map { Capabilities(features: $0) }, remote: remote,
            connect: { _ throws(TransportError) in try await Scene.cross(udp, clock) },
            answer: { _ throws(TransportError) in MockResponse(try overHTTP3.current.get(), fields: fields(), "3") })
        steady = MockTransport(
            clock: clock, version: .http2, remote: remote,
            connect: { _ throws(TransportError) in try await Scene.cross(tcp, clock) },
            answer: { _ throws(TransportError) in MockResponse(.ok, fields: fields(), "2") })
        transport = AltSvcTransport(
            fast: fast, steady: steady, cache: cache, configuration: .init(assumesHTTP3: assumes, clock: clock))
    }

    private static func cross(_ network: Box<Network>, _ clock: ManualClock) async throws(TransportError) {
        let duration: Duration
        switch network.current {
        case .good: return
        case .blackhole: duration = .seconds(86_400)
        case .slow(let time): duration = time
        case .failing(let error): throw error
        }
        do { try await clock.sleep(for: duration) } catch { throw AltSvcTransportTests.error(.cancelled) }
    }

    /// Sends, and gives the version of HTTP that carried it.
    @discardableResult
    func send(_ exchange: Exchange) async throws -> HTTPVersion { try await transport.send(exchange).version }

    @discardableResult
    func send() async throws -> HTTPVersion { try await send(try get()) }

    /// Sends, and gives the notes that were told.
    func notes(_ exchange: Exchange) async throws -> (version: HTTPVersion, notes: [String]) {
        let notes = Box<[String]>([])
        var exchange = exchange
        exchange.onEvent = { event in
            guard case .note(let text) = event.kind else { return }
            notes.update { $0.append(text) }
        }
        return (try await send(exchange), notes.current)
    }

    func notes() async throws -> (version: HTTPVersion, notes: [String]) { try await notes(try get()) }

    /// Moves the clock to the end of the race that is under way, and a little on.
    func endRace() async {
        await clock.sleepers(1)
        clock.advance(by: .seconds(5))
    }
}
