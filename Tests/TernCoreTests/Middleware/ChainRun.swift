import MockTransport
import Synchronization
import TransportCore

@testable import TernCore

/// Sends requests through the chain of a configuration, without a session's verbs.
struct ChainRun {
    let transport: any Transport
    let settings: Settings
    var delivery = Delivery.whole(upTo: 1024 * 1024)
    var total: Duration?

    /// A chain with nothing in it but what `change` adds.
    init(_ transport: any Transport, _ change: (inout SessionConfiguration) -> Void) {
        self.transport = transport
        var configuration = SessionConfiguration()
        configuration.cookies = nil
        configuration.retry = nil
        configuration.redirects = .none
        configuration.decoding = .none
        change(&configuration)
        settings = Settings(configuration)
    }

    func call(for request: Request) -> Call {
        Call(request, settings: settings, transport: transport, delivery: delivery, total: total, observers: [])
    }

    /// The response, and the call that it belongs to.
    func send(_ request: Request) async throws -> (response: TransportResponse, call: Call) {
        let call = call(for: request)
        return (try await Next(call: call)(request), call)
    }
}

/// Values that closures on any thread add to.
final class Log<Value: Sendable>: Sendable {
    private let state = Mutex<[Value]>([])
    var values: [Value] { state.withLock { $0 } }
    func add(_ value: Value) { state.withLock { $0.append(value) } }
}

/// Something that happens once, and that tasks wait for, cancelled or not.
final class Moment: Sendable {
    private let state = Mutex<(hasCome: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func fire() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasCome = state.withLock { state in
                if !state.hasCome { state.waiting.append(continuation) }
                return state.hasCome
            }
            if hasCome { continuation.resume() }
        }
    }
}

/// A live body that counts what is done to it.
final class ProbeBody: BodySource {
    private let state: Mutex<(chunks: [[UInt8]], reads: Int, cancels: Int)>
    init(_ chunks: [[UInt8]]) { state = Mutex((chunks, 0, 0)) }
    var reads: Int { state.withLock { $0.reads } }
    var cancels: Int { state.withLock { $0.cancels } }
    var trailers: HTTPFields { [:] }
    func next() async throws -> [UInt8]? {
        state.withLock { state in
            state.reads += 1
            return state.chunks.isEmpty ? nil : state.chunks.removeFirst()
        }
    }
    func cancel() { state.withLock { $0.cancels += 1 } }
}

/// A transport that is a closure: for what ``MockTransport`` does not do.
struct ClosureTransport: Transport {
    let answer: @Sendable (Exchange) async throws(TransportError) -> TransportResponse
    func capabilities(over protocols: ProtocolSet) -> Capabilities { Capabilities(features: []) }
    func send(_ exchange: Exchange) async throws(TransportError) -> TransportResponse { try await answer(exchange) }
    func shutdown(by deadline: Instant?) async {}
}

extension TransportResponse {
    init(_ status: HTTPResponse.Status, fields: HTTPFields = [:], _ body: ResponseBody = ResponseBody()) {
        self.init(
            status: status, fields: fields,
            connection: ConnectionInfo(id: 1, version: .http11, local: nil, remote: nil),
            reused: false, body: body)
    }
}

extension TransportError {
    /// An error with what the retry rules look at.
    static func made(
        _ code: Code, _ safety: RetrySafety = .maybeProcessed, reused: Bool = false
    ) -> TransportError {
        TransportError(
            code, phase: .head, retrySafety: safety, endpoint: "https://a.test:443", message: "it went wrong",
            reusedConnection: reused)
    }
}

extension RequestBody {
    /// A stream that can be read once.
    static func once(_ text: String) -> RequestBody {
        .stream(BodyStream(length: Int64(text.utf8.count), replayable: false) { OneChunk(bytes: Array(text.utf8)) })
    }
}

private struct OneChunk: BodyReader {
    var bytes: [UInt8]?
    mutating func next() async throws -> [UInt8]? {
        defer { bytes = nil }
        return bytes
    }
}

extension HTTPRequest.Method {
    static let query = HTTPRequest.Method(rawValue: "QUERY") ?? .get
}
