import Synchronization
public import TransportCore

/// A request and how it is to travel, to be changed before it is sent. All copies of one have the same route as long
/// as nothing of it is changed, so that connections are used again.
public struct Call: Sendable {
    /// The method.
    public var method: HTTPRequest.Method
    /// The URL.
    public var url: String
    /// The fields.
    public var fields: HTTPFields = [:]
    /// The content.
    public var body: RequestBody
    /// The trailers.
    public var trailers: HTTPFields = [:]
    /// Trust and identity.
    public var tls = TLSOptions()
    /// The proxy.
    public var proxy: ProxyOptions?
    /// Protocols and addresses.
    public var connect = ConnectOptions()
    /// When `send` returns: with everything, up to 64 MiB.
    public var delivery = Delivery.whole(upTo: 1 << 26)
    /// The end of the exchange.
    public var deadline: Instant?
    /// Timeouts and limits.
    public var options = ExchangeOptions()
    /// Sees each phase.
    public var events: EventLog?

    init(_ url: String, _ method: HTTPRequest.Method, body: RequestBody) {
        self.url = url
        self.method = method
        self.body = body
    }

    /// A copy that `change` has changed.
    public func with(_ change: (inout Call) throws -> Void) rethrows -> Call {
        var copy = self
        try change(&copy)
        return copy
    }

    /// A copy with the body live.
    public var prompt: Call { with { $0.delivery = .prompt } }

    /// The exchange.
    public func exchange() throws -> Exchange {
        let url = try HTTPURL(url)
        let request = Request(method: method, url: url, fields: fields, body: body, trailers: trailers)
        return Exchange(
            request, over: Route(to: url.origin, tls: tls, proxy: proxy, connect: connect), delivery: delivery,
            deadline: deadline, options: options, onEvent: events?.sink)
    }
}

/// Keeps the events of an exchange.
public final class EventLog: Sendable {
    private let kept = Mutex<[ExchangeEvent]>([])

    /// Nothing has happened.
    public init() {}

    var sink: @Sendable (borrowing ExchangeEvent) -> Void {
        { event in
            let copy = ExchangeEvent(event.kind, at: event.at)
            self.kept.withLock { $0.append(copy) }
        }
    }

    /// What happened, in order.
    public var all: [ExchangeEvent] { kept.withLock { $0 } }

    /// The names of the phases, notes and progress left out.
    public var phases: [String] {
        all.map(\.phase).filter { !["note", "upload progress", "download progress"].contains($0) }
    }

    /// The 1xx responses.
    public var informational: [HTTPResponse] {
        all.compactMap { if case .informational(let head) = $0.kind { head } else { nil } }
    }
}

/// A body of chunks, which may wait for the test before each, and may fail at its end.
struct Chunks: BodyReader {
    var chunks: [[UInt8]]
    var ending: (any Error)?
    var after: HTTPFields = [:]
    var gate: Checkpoint?
    var asked: Tally?

    mutating func next() async throws -> [UInt8]? {
        asked?.add(1)
        if chunks.isEmpty {
            if let ending { throw ending }
            return nil
        }
        defer { if chunks.isEmpty, let gate { gate.open() } }
        return chunks.removeFirst()
    }
    mutating func trailers() async throws -> HTTPFields { after }
}

/// A number that threads share.
final class Tally: Sendable {
    private let value = Mutex(0)

    func add(_ more: Int) { value.withLock { $0 += more } }
    var now: Int { value.withLock { $0 } }
}

/// Chunks of 64 KiB, the first after `gate` is open.
struct Zeros: BodyReader {
    var left: Int
    var gate: Checkpoint?
    var asked: Tally?
    private static let chunk = [UInt8](repeating: 0x30, count: 1 << 16)

    mutating func next() async throws -> [UInt8]? {
        if let gate { await gate.opened() }
        asked?.add(1)
        guard left > 0 else { return nil }
        let count = min(left, Zeros.chunk.count)
        left -= count
        return count == Zeros.chunk.count ? Zeros.chunk : Array(Zeros.chunk[..<count])
    }
}

extension RequestBody {
    static func text(_ text: String) -> RequestBody { .bytes(Array(text.utf8)) }

    static func chunks(
        _ chunks: [[UInt8]], length: Int64? = nil, failing: (any Error)? = nil, trailers: HTTPFields = [:]
    ) -> RequestBody {
        .stream(
            BodyStream(length: length, replayable: false, hasTrailers: !trailers.isEmpty) {
                Chunks(chunks: chunks, ending: failing, after: trailers)
            })
    }

    static func zeros(
        _ count: Int, declared: Bool = true, gate: Checkpoint? = nil, asked: Tally? = nil
    ) -> RequestBody {
        .stream(
            BodyStream(length: declared ? Int64(count) : nil, replayable: false) {
                Zeros(left: count, gate: gate, asked: asked)
            })
    }
}

extension HTTPField.Name {
    /// Names that swift-http-types does not define; the fallbacks are never used.
    static let warning = HTTPField.Name("Warning") ?? .vary
}
