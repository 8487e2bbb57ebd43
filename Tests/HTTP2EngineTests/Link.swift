import HTTP2Engine
import HTTPTypes
import Wire

/// A client engine and a server engine, joined by a link that takes a fixed time each way. Time is a value.
final class Link {
    let client: HTTP2Connection
    let server: HTTP2Connection
    var now = Instant(nanoseconds: 0)
    let delay: Duration
    private(set) var clientEvents: [HTTP2Event] = []
    private(set) var serverEvents: [HTTP2Event] = []
    /// What the client was sent and did send, for tests that replay it.
    private(set) var toClient: [UInt8] = []
    private(set) var toServer: [UInt8] = []
    /// Whether each side reads what it gets at once.
    var consumes = true

    init(
        client: HTTP2Options = HTTP2Options(), server: HTTP2Options = HTTP2Options(), delay: Duration = .zero
    ) throws {
        self.client = try HTTP2Connection(.client, options: client, at: now)
        self.server = try HTTP2Connection(.server, options: server, at: now)
        self.delay = delay
    }

    /// Carries bytes until nothing more is to be sent.
    func run(rounds: Int = 10_000) {
        for _ in 0..<rounds where !step() { return }
    }

    /// Carries what each side has to send, once; false if that was nothing.
    @discardableResult
    func step() -> Bool {
        var up: [UInt8] = []
        var down: [UInt8] = []
        while client.nextOutput(into: &up, limit: up.count + 65_536), up.count < 1 << 20 {}
        now = now.advanced(by: delay)
        toServer += up
        server.receive(up.span, at: now)
        takeServerEvents()
        while server.nextOutput(into: &down, limit: down.count + 65_536), down.count < 1 << 20 {}
        now = now.advanced(by: delay)
        toClient += down
        client.receive(down.span, at: now)
        takeClientEvents()
        return !up.isEmpty || !down.isEmpty
    }

    private func takeClientEvents() {
        while let event = client.nextEvent() {
            clientEvents.append(event)
            if consumes, case .data(let stream, let bytes, _) = event {
                client.consume(bytes.count, of: stream, at: now)
            }
        }
    }

    private func takeServerEvents() {
        while let event = server.nextEvent() {
            serverEvents.append(event)
            if consumes, case .data(let stream, let bytes, _) = event {
                server.consume(bytes.count, of: stream, at: now)
            }
        }
    }

    /// Takes the events so far, settings left out.
    func takeClient() -> [HTTP2Event] {
        defer { clientEvents = [] }
        return clientEvents.filter { !$0.isSettings }
    }
    func takeServer() -> [HTTP2Event] {
        defer { serverEvents = [] }
        return serverEvents.filter { !$0.isSettings }
    }

    /// The server's streams, by the requests that came since the last time.
    func takeRequests() -> [HTTP2Stream] {
        takeServer().compactMap { if case .request(let stream, _, _) = $0 { stream } else { nil } }
    }
}

extension HTTP2Event {
    var isSettings: Bool { if case .settings = self { true } else { false } }

    /// The stream concerned, its closing or content.
    var closing: HTTP2Closing? { if case .closed(_, let closing) = self { closing } else { nil } }
    var failure: HTTP2Error? { if case .failed(let error) = self { error } else { nil } }
    var content: [UInt8]? { if case .data(_, let bytes, _) = self { bytes } else { nil } }
}

extension [HTTP2Event] {
    var content: [UInt8] { flatMap { $0.content ?? [] } }
    func closing(of stream: HTTP2Stream) -> HTTP2Closing? {
        for case .closed(stream, let closing) in self { return closing }
        return nil
    }
    var failure: HTTP2Error? { compactMap { $0.failure }.first }

    /// The same events with neighbouring pieces of one stream's content joined: a split of the bytes cannot show.
    var joined: [HTTP2Event] {
        var result: [HTTP2Event] = []
        for event in self {
            if case .data(let stream, let bytes, let end) = event,
                case .data(stream, let before, end: false)? = result.last
            {
                result.removeLast()
                result.append(.data(stream, before + bytes, end: end))
            } else {
                result.append(event)
            }
        }
        return result
    }
}

extension HTTP2RequestHead {
    static func get(_ path: String = "/", _ fields: HTTPFields = [:]) -> HTTP2RequestHead {
        HTTP2RequestHead(authority: "tern.test", path: path, fields: fields)
    }
    static func post(_ path: String = "/", _ fields: HTTPFields = [:]) -> HTTP2RequestHead {
        HTTP2RequestHead(method: .post, authority: "tern.test", path: path, fields: fields)
    }
}

extension HTTPFields {
    /// One field; none if the name is not one.
    static func one(_ name: String, _ value: String) -> HTTPFields {
        var fields = HTTPFields()
        if let name = HTTPField.Name(name) { fields[name] = value }
        return fields
    }
}

extension HTTPField.Name {
    static let odd = HTTPField.Name("x-odd") ?? .from
}
