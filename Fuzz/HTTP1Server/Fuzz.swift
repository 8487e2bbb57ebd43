import FuzzSupport
import HTTP1Engine
import HTTPTypes
import Wire

/// A client says this to the server engine, which answers every request.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let (kind, size) = (input.choice(), input.choice())
    let bytes = input.rest
    mustBeEqual(serve([bytes], kind), serve(bytes.pieces(of: Int(size % 16) + 1), kind), "the split matters")
    return 0
}

/// What the server reads, with pieces of bodies joined.
private func serve(_ pieces: [[UInt8]], _ kind: UInt8) -> [HTTP1Event] {
    var server = HTTP1Server()
    var events: [HTTP1Event] = []
    var output: [UInt8] = []
    func take() {
        while let event = server.nextEvent() {
            if case .body(let bytes) = event, case .body(let before)? = events.last {
                events[events.count - 1] = .body(before + bytes)
            } else {
                events.append(event)
            }
            guard case .end = event else { continue }
            if kind & 1 == 0 {
                _ = try? server.send(ResponseHead(status: 204))
            } else {
                _ = try? server.send(ResponseHead(status: 200, fields: [.transferEncoding: "chunked"]))
                try? server.sendBody([1, 2, 3].span)
                try? server.sendEnd()
            }
        }
        _ = server.nextOutput(into: &output)
        output.removeAll()
    }
    for piece in pieces {
        server.receive(piece.span, at: Instant(nanoseconds: 0))
        take()
    }
    server.receiveEnd(truncated: kind & 2 != 0)
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
