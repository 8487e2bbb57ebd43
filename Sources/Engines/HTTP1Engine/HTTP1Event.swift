package import HTTPTypes
internal import Wire

/// What an engine read, in the order it was read.
package enum HTTP1Event: Equatable, Sendable {
    /// Server: a request has begun. `.body` follows, if it has any, and `.end`.
    case request(RequestHead)
    /// Client: a 1xx response, which a final one follows.
    case informational(ResponseHead)
    /// Client: the final response has begun, perhaps before the request was sent. `.body` follows, and `.end`.
    case response(ResponseHead)
    /// A part of the body, never empty; behind `.switched`, bytes of the other protocol.
    case body([UInt8])
    /// The message is complete. The fields are its trailers, which only a chunked body can have.
    case end(trailers: HTTPFields)
    /// Client: the peer took up the protocol that was asked for (101), or opened the tunnel (2xx to CONNECT).
    case switched(ResponseHead)
    /// The exchange under way failed; what was read before this event is valid, but the message is not complete.
    /// No other event follows.
    case failed(HTTP1Error)
    /// The connection ended between exchanges: the peer closed it, or (with an error) sent what nobody asked for.
    case closed(HTTP1Error?)
}

/// Events that wait to be taken, first in, first out.
struct EventQueue: Sendable {
    private var events: [HTTP1Event] = []
    private var next = 0
    /// Body bytes that no event has yet: small chunks become one event.
    private var body: [UInt8] = []

    mutating func append(_ event: HTTP1Event) {
        flush()
        events.append(event)
    }

    mutating func appendBody(_ bytes: Span<UInt8>) { body.append(bytes) }

    /// Makes an event of the body bytes that have come.
    mutating func flush() {
        guard !body.isEmpty else { return }
        events.append(.body(body))
        body = []
    }

    mutating func popFirst() -> HTTP1Event? {
        guard next < events.count else { return nil }
        let event = events[next]
        next += 1
        if next == events.count {
            events.removeAll(keepingCapacity: true)
            next = 0
        }
        return event
    }
}
