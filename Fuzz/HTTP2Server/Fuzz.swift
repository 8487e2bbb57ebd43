import FuzzSupport
import HTTP2Engine
import HTTPTypes
import Wire

/// A client says this to the server engine, which answers every request.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let (kind, size) = (input.choice(), input.choice())
    let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    let bytes =
        kind & 1 == 0 ? preface + [0, 0, 0, 4, 0, 0, 0, 0, 0] + Frames.make(of: &input) : preface + input.rest
    let (whole, split) = (serve([bytes], kind), serve(bytes.pieces(of: Int(size % 32) + 1), kind))
    // The engine sends while it receives, and a reset takes effect when it is sent: so the faults of one connection may
    // be found in another order.
    // After GOAWAY the connection may be over at once, and hear nothing more.
    if whole.isShort || split.isShort { return 0 }
    mustBeEqual(whole.messages, split.messages, "the split matters")
    return 0
}

/// What the server reads, with pieces of content joined.
private func serve(_ pieces: [[UInt8]], _ kind: UInt8) -> [HTTP2Event] {
    let now = Instant(nanoseconds: 1_000_000)
    var options = HTTP2Options()
    options.headBytes = 4_096
    options.fields = 32
    options.maxConcurrentStreams = 4
    options.enableConnectProtocol = kind & 4 != 0
    guard let server = try? HTTP2Connection(.server, options: options, at: now) else { return [] }
    var events: [HTTP2Event] = []
    var requests: [HTTP2Stream] = []
    var output: [UInt8] = []
    func take() {
        while let event = server.nextEvent() {
            switch event {
            case .data(let stream, let bytes, let end):
                server.consume(bytes.count, of: stream, at: now)
                if case .data(stream, let before, end: false)? = events.last {
                    events[events.count - 1] = .data(stream, before + bytes, end: end)
                    continue
                }
            case .request(let stream, _, _): requests.append(stream)
            default: break
            }
            events.append(event)
        }
        while server.nextOutput(into: &output) { output.removeAll() }
        output.removeAll()
    }
    for piece in pieces {
        server.receive(piece.span, at: now)
        take()
    }
    // Answered at the end only: else what is read would depend on when.
    for stream in requests {
        try? server.respond(on: stream, status: 200, fields: [.contentLength: "3"], hasContent: true)
        _ = try? server.send([1, 2, 3], on: stream, end: true)
    }
    take()
    server.receiveEnd(at: now)
    take()
    if server.openStreams != 0 { fatalError("\(server.openStreams) streams are open after the end") }
    return events
}

extension [HTTP2Event] {
    fileprivate var isShort: Bool {
        contains { event in
            switch event {
            case .failed(let error): error.code != .connectionLost
            case .goAway: true
            default: false
            }
        }
    }

    /// All but SETTINGS, which may come before or after the end of a stream that is reset, and the content of
    /// messages that turned out to be malformed, of which less or more may have passed before.
    fileprivate var messages: [HTTP2Event] {
        map(\.withoutSlot).filter { event in
            switch event {
            case .settings: false
            case .data:
                !contains { if case .closed(_, let closing) = $0 { closing.cause == .malformed } else { false } }
            default: true
            }
        }
    }
}

extension HTTP2Event {
    /// Slots are used again when the end of a stream was taken: which one a stream gets depends on when.
    fileprivate var withoutSlot: HTTP2Event {
        func plain(_ stream: HTTP2Stream) -> HTTP2Stream { HTTP2Stream(id: stream.id, slot: 0) }
        return switch self {
        case .informational(let stream, let status, let fields):
            .informational(plain(stream), status: status, fields: fields)
        case .response(let stream, let status, let fields, let end):
            .response(plain(stream), status: status, fields: fields, end: end)
        case .request(let stream, let head, let end): .request(plain(stream), head, end: end)
        case .data(let stream, let bytes, let end): .data(plain(stream), bytes, end: end)
        case .trailers(let stream, let fields): .trailers(plain(stream), fields)
        case .writable(let stream): .writable(plain(stream))
        case .closed(let stream, let closing): .closed(plain(stream), closing)
        default: self
        }
    }
}
