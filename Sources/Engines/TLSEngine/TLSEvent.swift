/// What happened on a connection. ``handshakeDone(_:)`` comes before any plaintext, ``closed(clean:)`` after all.
package enum TLSEvent: Equatable, Sendable {
    /// The peer is who it should be, and content may flow.
    case handshakeDone(TLSHandshake)
    /// A line for a key log file, without its line end. Who has it can read the traffic.
    case keyLog(String)
    /// The peer sends nothing more. `clean`: it said so with close_notify; else its bytes just ended, and what was
    /// framed by the end of the connection may be cut short (RFC 8446 §6.1).
    case closed(clean: Bool)
    /// The connection is of no more use. There may be a last alert to send.
    case failed(TLSError)
}

/// What a handshake settled.
package struct TLSHandshake: Equatable, Sendable {
    package var version: TLSProtocolVersion?
    /// The cipher suite by its IANA name.
    package var cipher: String
    /// The group of the key exchange: `x25519`. Nil if there was none.
    package var group: String?
    /// The protocol that ALPN chose.
    package var alpn: String?
    package var resumed: Bool
    /// The peer's certificates as it sent them, DER, its own first. Of a resumed session, its own alone may be known.
    package var certificates: [[UInt8]]
    /// The name that the client asked for (SNI, RFC 6066 §3).
    package var serverName: String?
}
