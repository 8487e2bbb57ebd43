import FuzzSupport
import HTTP2Engine
import HTTPTypes
import Wire

/// A server says this to the client engine, which has some requests under way.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let (kind, size) = (input.choice(), input.choice())
    // SETTINGS first, as everybody who is no fuzzer does.
    let bytes = kind & 1 == 0 ? [0, 0, 0, 4, 0, 0, 0, 0, 0] + Frames.make(of: &input) : input.rest
    let (whole, split) = (read([bytes], kind), read(bytes.pieces(of: Int(size % 32) + 1), kind))
    // After GOAWAY the connection may be over at once, and hear nothing more.
    if whole.hasGoneAway || split.hasGoneAway { return 0 }
    mustBeEqual(whole.hasFailed, split.hasFailed, "the split decides about the connection")
    mustBeEqual(whole.messages, split.messages, "the split matters")
    return 0
}

/// What the client reads, with pieces of content joined.
private func read(_ pieces: [[UInt8]], _ kind: UInt8) -> [HTTP2Event] {
    var now = Instant(nanoseconds: 1_000_000)
    var options = HTTP2Options()
    options.headBytes = 4_096
    options.fields = 32
    options.keepAliveInterval = .seconds(1)
    guard let client = try? HTTP2Connection(.client, options: options, at: now) else { return [] }
    var events: [HTTP2Event] = []
    var closed: Set<Int32> = []
    var output: [UInt8] = []
    func take() {
        while let event = client.nextEvent() {
            switch event {
            case .data(let stream, let bytes, let end):
                if kind & 2 == 0 { client.consume(bytes.count, of: stream, at: now) }
                if case .data(stream, let before, end: false)? = events.last {
                    events[events.count - 1] = .data(stream, before + bytes, end: end)
                    continue
                }
            case .closed(let stream, _):
                if !closed.insert(stream.id).inserted { fatalError("stream \(stream.id) was closed twice") }
            default: break
            }
            events.append(event)
        }
    }
    func flush() {
        while client.nextOutput(into: &output) { output.removeAll() }
        output.removeAll()
    }
    for number in 0..<3 {
        let head = HTTP2RequestHead(method: number == 2 ? .head : .get, authority: "a.test", path: "/\(number)")
        let isUpload = number == 1
        guard
            let stream = try? client.request(
                head, hasContent: isUpload,
                limits: kind & 4 == 0 ? nil : HTTP2StreamLimits(headBytes: 512, fields: 8, window: 1_000))
        else { break }
        if isUpload { _ = try? client.send([1, 2, 3], on: stream) }
    }
    flush()
    take()
    // A reset takes effect when it is sent, so what is sent in between would make a difference.
    for piece in pieces {
        client.receive(piece.span, at: now)
        take()
    }
    flush()
    take()
    // Everything is over at the end, whatever was said.
    now = now.advanced(by: .seconds(60))
    client.expire(at: now)
    take()
    client.receiveEnd(at: now)
    take()
    if client.openStreams != 0 { fatalError("\(client.openStreams) streams are open after the end") }
    return events
}

extension [HTTP2Event] {
    fileprivate var hasFailed: Bool {
        contains { if case .failed(let error) = $0 { error.code != .connectionLost } else { false } }
    }

    fileprivate var hasGoneAway: Bool { contains { if case .goAway = $0 { true } else { false } } }

    fileprivate var hasMalformed: Bool {
        contains { if case .closed(_, let closing) = $0 { closing.cause == .malformed } else { false } }
    }

    /// What is told of messages. How streams end when the connection does is left out: nghttp2 may first find the fault
    /// of a stream, or that of the connection. So is what comes after GOAWAY, when the connection may be over at once.
    fileprivate var messages: ArraySlice<HTTP2Event> {
        let kept = map(\.withoutSlot).filter { event in
            switch event {
            case .settings, .failed: false
            case .closed: !hasFailed
            // Of content that is too long, less or more may have passed before.
            case .data: !hasFailed && !hasMalformed
            default: true
            }
        }
        return kept.prefix { if case .goAway = $0 { false } else { true } }
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
