/// What happened on a connection, in order. Taken with ``QUICConnection/nextEvent()``, or, where HTTP/3 is spoken, as
/// part of its events.
package enum QUICEvent: Equatable, Sendable {
    /// The peer is who it should be, and streams may be opened.
    indirect case handshakeDone(QUICHandshake)
    /// Client: the server has seen the handshake's end (RFC 9001 §4.1.2). Key updates and migration are possible.
    case handshakeConfirmed
    /// Client: the server did not take the early data. Streams that were opened before are gone; with HTTP/3 each
    /// was closed with the cause `earlyDataRejected`. The same requests may be sent again on this connection.
    case earlyDataRejected
    /// Client: what a later connection may resume, and send early data with. Use each only once (RFC 8446 §C.4).
    case ticket(QUICTicket)
    /// Client: a token that spares a later connection to this address the Retry (RFC 9000 §8.1.3).
    case newToken([UInt8])
    /// Client: the server answered with Retry (RFC 9000 §8.1.2); the handshake goes on.
    case retried
    /// Client: the server does not speak `from`; the handshake begins anew with `to` (RFC 9000 §6.2).
    case versionChanged(from: QUICVersion, to: QUICVersion)
    /// A path was validated and is in use, or was not and is not (RFC 9000 §8.2).
    case path(QUICPath, isValid: Bool)
    /// The keys were changed, by us or by the peer (RFC 9001 §6). Of the peer's changes it is told some time later.
    case keysUpdated
    /// A line for a key log file, without its line end. Who has it can read the traffic.
    case keyLog(String)
    /// The peer lets us open this many more streams in both directions now.
    case streamsAvailable(Int)

    // Streams, where no HTTP/3 is attached
    /// Bytes of a stream, `end` marks the last. Given back with ``QUICConnection/consume(_:of:)``.
    case data(stream: Int64, [UInt8], end: Bool)
    /// The peer sent RESET_STREAM: no more of its bytes come.
    case reset(stream: Int64, code: UInt64)
    /// The peer sent STOP_SENDING: it wants no more of ours.
    case stopSending(stream: Int64)
    /// Both directions are done.
    case closed(stream: Int64)

    /// The connection is over. Nothing follows; there may be a last datagram to send.
    indirect case ended(QUICClosing)
}

/// What a handshake settled.
package struct QUICHandshake: Equatable, Sendable {
    package var version: QUICVersion
    /// The cipher suite by its IANA name.
    package var cipher: String
    /// The group of the key exchange: `x25519`. Nil if there was none.
    package var group: String?
    /// The protocol that ALPN chose.
    package var alpn: String?
    package var resumed: Bool
    /// Whether early data was sent, and whether the server took it; nil if none was sent.
    package var earlyDataAccepted: Bool?
    /// The peer's certificates as it sent them, DER, its own first. Of a resumed session, those of the first one.
    package var certificates: [[UInt8]]
}

/// How a path fares, by the library's measurements.
package struct QUICStatistics: Equatable, Sendable {
    /// Round trips (RFC 9002 §5): the last, the shortest, the smoothed one.
    package var latestRoundTrip: Duration
    package var shortestRoundTrip: Duration
    package var smoothedRoundTrip: Duration
    /// Bytes that may be under way, and that are.
    package var congestionWindow: Int
    package var bytesInFlight: Int
    /// Bytes of the largest datagram that the path is known to carry.
    package var datagram: Int
    /// Datagrams that arrived, and that were handed out.
    package var received: Int
    package var sent: Int
}
