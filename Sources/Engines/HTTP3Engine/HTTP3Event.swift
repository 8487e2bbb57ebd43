package import HTTPTypes
package import QUICEngine

/// What happened on a connection, in order. Taken with ``HTTP3Connection/nextEvent()``.
package enum HTTP3Event: Equatable, Sendable {
    /// The peer's SETTINGS came (RFC 9114 §7.2.4).
    case settings(HTTP3PeerSettings)
    /// Client: a 1xx response; the final one follows (RFC 9110 §15.2).
    case informational(HTTP3Stream, status: Int, fields: HTTPFields)
    /// Client: the final response. `end`: nothing follows.
    case response(HTTP3Stream, status: Int, fields: HTTPFields, end: Bool)
    /// Server: a request. `end`: nothing follows.
    indirect case request(HTTP3Stream, HTTP3RequestHead, end: Bool)
    /// Bytes of the message's content; `end` marks the last, which may be empty. The owner gives them back with
    /// ``HTTP3Connection/consume(_:of:)`` when they were read: that opens the stream's window.
    case data(HTTP3Stream, [UInt8], end: Bool)
    /// The trailer section; the message is complete.
    case trailers(HTTP3Stream, HTTPFields)
    /// The queue of the stream has room again, after `send` had said that it is full.
    case writable(HTTP3Stream)
    /// The peer wants no more of our content (STOP_SENDING); what is queued was dropped and `send` does nothing from
    /// now on. Its response may be complete, or follow (RFC 9114 §4.1): how the stream ends tells whether it failed.
    case stopped(HTTP3Stream)
    /// The stream is over. The last event of a stream; after it the slot is used again.
    case closed(HTTP3Stream, HTTP3Closing)
    /// The peer takes no new streams; those not below `id` follow as `closed` (RFC 9114 §5.2). It may come again with
    /// a lower identifier.
    case goAway(id: Int64)
    /// What happened to the connection below: handshake, tickets, paths. Never `ended` and nothing of streams.
    case quic(QUICEvent)
    /// The connection is over. All its streams were closed before; nothing follows. There may be a last datagram.
    indirect case failed(HTTP3Error)
}

/// Names a request stream of one connection.
///
/// `slot` is small and used again after the stream's ``HTTP3Event/closed(_:_:)`` was taken, so that a driver keeps
/// its exchanges in an array beside the engine's. A handle that outlived its stream is harmless: calls with it throw
/// or do nothing.
package struct HTTP3Stream: Hashable, Sendable {
    /// The identifier on the wire (RFC 9000 §2.1).
    package let id: Int64
    /// The place in the engine's table, from nought.
    package let slot: Int32

    package init(id: Int64, slot: Int32) {
        self.id = id
        self.slot = slot
    }
}

/// The head of a request as HTTP/3 has it (RFC 9114 §4.3.1).
package struct HTTP3RequestHead: Equatable, Sendable {
    package var method: HTTPRequest.Method
    /// `https`; nil only for CONNECT.
    package var scheme: String?
    /// Host and port.
    package var authority: String?
    /// Path and query, never empty; nil only for CONNECT.
    package var path: String?
    /// The protocol of an extended CONNECT (RFC 9220 §3).
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

/// What the peer allows us (RFC 9114 §7.2.4.1).
package struct HTTP3PeerSettings: Equatable, Sendable {
    /// Bytes of the largest field section it takes; `UInt64.max` if it does not say.
    package var maxFieldSectionSize: UInt64 = .max
    /// Whether it takes extended CONNECT (RFC 9220 §3).
    package var enableConnectProtocol = false
}

/// How urgent a response is (RFC 9218 §4).
package struct HTTP3Priority: Hashable, Sendable {
    /// 0, the most urgent, to 7; 3 if not said.
    package var urgency: UInt8
    /// Whether parts of it are of use, so that it may share the bandwidth with others.
    package var isIncremental: Bool

    package init(urgency: UInt8 = 3, isIncremental: Bool = false) {
        self.urgency = min(urgency, 7)
        self.isIncremental = isIncremental
    }

    /// The value of the `priority` field; empty for the default.
    package var fieldValue: String {
        var parts: [String] = []
        if urgency != 3 { parts.append("u=\(urgency)") }
        if isIncremental { parts.append("i") }
        return parts.joined(separator: ", ")
    }
}
