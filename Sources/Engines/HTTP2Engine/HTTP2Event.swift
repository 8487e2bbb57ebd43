package import HTTPTypes

/// What happened on a connection, in order. Taken with ``HTTP2Connection/nextEvent()``.
package enum HTTP2Event: Equatable, Sendable {
    /// The peer's SETTINGS came, the first or a later one.
    case settings(HTTP2PeerSettings)
    /// Client: a 1xx response; the final one follows (RFC 9110 §15.2).
    case informational(HTTP2Stream, status: Int, fields: HTTPFields)
    /// Client: the final response. `end`: nothing follows.
    case response(HTTP2Stream, status: Int, fields: HTTPFields, end: Bool)
    /// Server: a request. `end`: nothing follows.
    indirect case request(HTTP2Stream, HTTP2RequestHead, end: Bool)
    /// Bytes of the message's content; `end` marks the last, which may be empty. The owner gives them back with
    /// ``HTTP2Connection/consume(_:of:at:)`` when they were read: that opens the stream's window.
    case data(HTTP2Stream, [UInt8], end: Bool)
    /// The trailer section; the message is complete.
    case trailers(HTTP2Stream, HTTPFields)
    /// The queue of the stream has room again, after `send` had said that it is full.
    case writable(HTTP2Stream)
    /// The stream is over. The last event of a stream; after it the slot is used again. A server is told of streams
    /// too whose request was refused before it became one.
    case closed(HTTP2Stream, HTTP2Closing)
    /// The peer takes no new streams; those above `lastStream` follow as `closed` (RFC 9113 §6.8).
    case goAway(lastStream: Int32, code: HTTP2ErrorCode, debug: [UInt8])
    /// The answer to a PING, and how long it took.
    case pingAcknowledged(UInt64, roundTrip: Duration)
    /// The connection is over. All its streams were closed before; nothing follows.
    case failed(HTTP2Error)
}

/// The head of a request as HTTP/2 has it (RFC 9113 §8.3.1).
package struct HTTP2RequestHead: Equatable, Sendable {
    package var method: HTTPRequest.Method
    /// `https` or `http`; nil only for CONNECT.
    package var scheme: String?
    /// Host and port.
    package var authority: String?
    /// Path and query, never empty; nil only for CONNECT.
    package var path: String?
    /// The protocol of an extended CONNECT (RFC 8441 §4).
    package var `protocol`: String?
    package var fields: HTTPFields

    package init(
        method: HTTPRequest.Method = .get, scheme: String? = "https", authority: String?, path: String? = "/",
        protocol: String? = nil, fields: HTTPFields = [:]
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.path = path
        self.protocol = `protocol`
        self.fields = fields
    }
}

/// What the peer allows us (RFC 9113 §6.5.2).
package struct HTTP2PeerSettings: Equatable, Sendable {
    /// Streams that we may have open at once; 100 until the peer says.
    package var maxConcurrentStreams: UInt32 = 100
    /// Bytes of content that we may send on a new stream before it says more.
    package var initialWindowSize: UInt32 = 65_535
    /// Bytes of the largest frame it takes.
    package var maxFrameSize: UInt32 = 16_384
    /// Bytes of the largest head it takes; `UInt32.max` if it does not say.
    package var maxHeaderListSize: UInt32 = .max
    /// Whether it takes extended CONNECT (RFC 8441 §3).
    package var enableConnectProtocol = false
}
