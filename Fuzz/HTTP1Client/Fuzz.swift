import FuzzSupport
import HTTP1Engine
import HTTPTypes
import Wire

/// A server says this to the client engine; what is read must not depend on how the bytes are split.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let (kind, size) = (input.choice(), input.choice())
    let bytes = input.rest
    mustBeEqual(read([bytes], kind), read(bytes.pieces(of: Int(size % 16) + 1), kind), "the split matters")
    return 0
}

/// What the client reads, with pieces of the body joined.
private func read(_ pieces: [[UInt8]], _ kind: UInt8) -> [HTTP1Event] {
    var client = HTTP1Client()
    var events: [HTTP1Event] = []
    var output: [UInt8] = []
    let methods: [HTTPRequest.Method] = [.get, .head, .post, .connect]
    func begin() {
        let method = methods[Int(kind % 4)]
        var fields: HTTPFields = [:]
        fields[HTTPField.Name("Host") ?? .from] = "a.test"
        if method == .post { fields[.transferEncoding] = "chunked" }
        if kind & 8 != 0, method == .get {
            fields[.connection] = "upgrade"
            fields[.upgrade] = "x"
        }
        _ = try? client.send(RequestHead(method: method, target: method == .connect ? "a.test:1" : "/", fields: fields))
        if kind & 4 == 0 { try? client.sendEnd() }
    }
    func take() {
        while let event = client.nextEvent() {
            if case .body(let bytes) = event, case .body(let before)? = events.last {
                events[events.count - 1] = .body(before + bytes)
            } else {
                events.append(event)
            }
        }
        _ = client.nextOutput(into: &output)
        output.removeAll()
    }
    begin()
    for piece in pieces {
        client.receive(piece.span, at: Instant(nanoseconds: 0))
        take()
    }
    client.receiveEnd(truncated: kind & 16 != 0)
    take()
    return events.map(\.withoutWords)
}

extension HTTP1Event {
    /// An error's words may tell how much had come.
    fileprivate var withoutWords: HTTP1Event {
        switch self {
        case .failed(let error): .failed(HTTP1Error(error.code, ""))
        case .closed(let error?): .closed(HTTP1Error(error.code, ""))
        default: self
        }
    }
}
