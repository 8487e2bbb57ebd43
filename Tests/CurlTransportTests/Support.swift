import CurlTransport
import Synchronization
import TestKit
import Testing
import TransportCore

/// What most tests send: a request over a route made for it.
struct Sending {
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

    /// Over HTTP/1.1 alone.
    var overHTTP1: Sending { with { $0.connect.protocols = .http1 } }

    /// Trusting the throwaway authority.
    func trusting(_ ca: ThrowawayCA) -> Sending { with { $0.tls.trust = .file(ca.certificate) } }

    func with(_ change: (inout Sending) -> Void) -> Sending {
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

extension CurlTransport {
    func send(_ sending: Sending) async throws -> TransportResponse { try await send(sending.exchange()) }

    /// The error that `sending` ends in, before or after the head.
    func failure(of sending: Sending, sourceLocation: SourceLocation = #_sourceLocation) async throws -> TransportError
    {
        do {
            let response = try await send(sending.exchange())
            _ = try await response.body.collect(upTo: .max)
            Issue.record("answered \(response.status)", sourceLocation: sourceLocation)
            throw CancellationError()
        } catch let error as TransportError {
            return error
        }
    }
}

extension TransportResponse {
    func text() async throws -> String { String(decoding: try await body.collect(upTo: .max), as: UTF8.self) }
}

/// Keeps events of an exchange.
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
    var phases: [String] {
        all.map(\.phase).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
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

extension RequestBody {
    static func chunks(
        _ chunks: [[UInt8]], length: Int64? = nil, failing: (any Error)? = nil, trailers: HTTPFields = [:]
    ) -> RequestBody {
        .stream(
            BodyStream(length: length, replayable: true, hasTrailers: !trailers.isEmpty) {
                Chunks(chunks: chunks, ending: failing, after: trailers)
            })
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A response of HTTP/1.1 as text, with a body and its length.
func ok(_ body: String, _ fields: String = "") -> RawServer.Step {
    .send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
}
