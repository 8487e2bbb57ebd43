import NativeH2Transport
import Synchronization
import TestKit
import Testing
import TransportCore

/// What most tests send: a request over a route made for it.
struct Call {
    var method = HTTPRequest.Method.get
    var url: String
    var fields: HTTPFields = [:]
    var body = RequestBody.empty
    var trailers: HTTPFields = [:]
    var tls = TLSOptions()
    var proxy: ProxyOptions?
    var connect = ConnectOptions()
    var delivery = Delivery.whole(upTo: 1 << 26)
    var deadline: Instant?
    var options = ExchangeOptions()

    init(_ url: String, _ method: HTTPRequest.Method = .get, body: RequestBody = .empty) {
        self.url = url
        self.method = method
        self.body = body
    }

    /// Over these protocols alone.
    func over(_ protocols: ProtocolSet) -> Call { with { $0.connect.protocols = protocols } }

    /// Trusting the throwaway authority.
    func trusting(_ ca: ThrowawayCA) -> Call { with { $0.tls.trust = .file(ca.certificate) } }

    /// With the body live.
    var prompt: Call { with { $0.delivery = .prompt } }

    func with(_ change: (inout Call) -> Void) -> Call {
        var copy = self
        change(&copy)
        return copy
    }

    func exchange(onEvent: (@Sendable (borrowing ExchangeEvent) -> Void)? = nil) throws -> Exchange {
        let url = try HTTPURL(url)
        let request = Request(method: method, url: url, fields: fields, body: body, trailers: trailers)
        return Exchange(
            request, over: Route(to: url.origin, tls: tls, proxy: proxy, connect: connect), delivery: delivery,
            deadline: deadline, options: options, onEvent: onEvent)
    }
}

extension NativeH2Transport {
    func send(_ call: Call) async throws -> TransportResponse { try await send(call.exchange()) }

    /// The error that `call` ends in, before or after the head.
    func failure(of call: Call, at location: SourceLocation = #_sourceLocation) async throws -> TransportError {
        do {
            let response = try await send(call.exchange())
            _ = try await response.body.collect(upTo: .max)
            Issue.record("answered \(response.status)", sourceLocation: location)
            throw CancellationError()
        } catch let error as TransportError {
            return error
        }
    }
}

extension TransportResponse {
    func text() async throws -> String { String(decoding: try await body.collect(upTo: .max), as: UTF8.self) }
}

/// Keeps the events of an exchange.
final class Events: Sendable {
    private let kept = Mutex<[ExchangeEvent]>([])

    var sink: @Sendable (borrowing ExchangeEvent) -> Void {
        { event in
            let copy = ExchangeEvent(event.kind, at: event.at)
            self.kept.withLock { $0.append(copy) }
        }
    }
    var all: [ExchangeEvent] { kept.withLock { $0 } }
    /// The names of the phases, repeated ones once.
    var phases: [String] { all.map(\.phase).reduce(into: []) { if $0.last != $1 { $0.append($1) } } }
}

/// A body of the chunks given.
struct Chunks: BodyReader {
    var chunks: [[UInt8]]
    var ending: (any Error)?
    var after: HTTPFields = [:]

    mutating func next() async throws -> [UInt8]? {
        if chunks.isEmpty {
            if let ending { throw ending }
            return nil
        }
        return chunks.removeFirst()
    }
    mutating func trailers() async throws -> HTTPFields { after }
}

/// So many bytes, in chunks of 64 KiB.
struct Pattern: BodyReader {
    var left: Int
    static let chunk = NginxServer.pattern(251 * 261)

    mutating func next() async throws -> [UInt8]? {
        guard left > 0 else { return nil }
        let count = min(left, Pattern.chunk.count)
        left -= count
        return count == Pattern.chunk.count ? Pattern.chunk : Array(Pattern.chunk[..<count])
    }
}

extension RequestBody {
    static func chunks(
        _ chunks: [[UInt8]], length: Int64? = nil, failing: (any Error)? = nil, trailers: HTTPFields = [:]
    ) -> RequestBody {
        .stream(
            BodyStream(length: length, replayable: true, hasTrailers: !trailers.isEmpty) {
                Chunks(chunks: chunks, ending: failing, after: trailers)
            })
    }

    static func pattern(_ size: Int, declared: Bool = true) -> RequestBody {
        .stream(BodyStream(length: declared ? Int64(size) : nil, replayable: true) { Pattern(left: size) })
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A response of HTTP/1.1 as text, with a body and its length.
func ok(_ body: String, _ fields: String = "") -> RawServer.Step {
    .send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
}

extension String {
    /// With the first `prefix` replaced.
    func replacing(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
