internal import CQUIC
internal import DequeModule
internal import TLSEngine

/// What the callbacks write down while a call of C runs. The connection reads it when the call has returned, so C is
/// never entered from within.
@safe
struct QUICInbox {
    let context: QUICContext
    let host: String?
    /// Server: who is told of connection ids.
    let routes: QUICRoutes?
    /// Server: the connection by the listener's count.
    let number: UInt64

    var events = Deque<QUICEvent>()
    var qlog: [UInt8] = []
    /// Why the peer's certificate was refused.
    var refusal: TLSError?
    var versions: [QUICVersion] = []
    /// Where among the events that of the handshake belongs, whose details are asked for later.
    var handshakePosition: Int?
    var streamsChanged = false
    var isConfirmed = false

    init(context: QUICContext, host: String?, routes: QUICRoutes? = nil, number: UInt64 = 0) {
        self.context = context
        self.host = host
        self.routes = routes
        self.number = number
    }

    /// Whether the connection has something to look after.
    var needsSettling: Bool { handshakePosition != nil || streamsChanged }

    mutating func verifies(_ chain: [[UInt8]], staple: [UInt8]?) -> Bool {
        do throws(TLSError) {
            try context.tls.verify(chain: chain, host: host, staple: staple)
            return true
        } catch {
            refusal = error
            return false
        }
    }

    mutating func received(_ bytes: [UInt8], of stream: Int64, end: Bool) {
        if case .data(stream, var last, end: false)? = events.last, last.count + bytes.count <= 1 << 16 {
            events.removeLast()
            last.append(contentsOf: bytes)
            events.append(.data(stream: stream, last, end: end))
        } else {
            events.append(.data(stream: stream, bytes, end: end))
        }
    }
}

extension [UInt8] {
    /// A copy of what C lends.
    init(_ lent: tern_bytes) { self = unsafe [UInt8](UnsafeBufferPointer(start: lent.bytes, count: lent.count)) }
}
