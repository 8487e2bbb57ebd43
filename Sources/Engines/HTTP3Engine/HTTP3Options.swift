/// Limits and wishes of one connection. Each cap bounds memory or work that a peer can ask for.
package struct HTTP3Options: Sendable {
    /// Bytes of one head or trailer section, 32 for each field included (RFC 9114 §4.2.2): 256 KiB.
    package var headBytes: Int = 256 << 10
    /// Fields of one head or trailer section: 1,000.
    package var fields: Int = 1_000
    /// Informational responses before a final one: 100. Without a cap they never end.
    package var informationalResponses: Int = 100
    /// Bytes of the table that the peer's QPACK encoder fills: 4,096 (RFC 9204 §3.2.3).
    package var qpackTable: Int = 4_096
    /// Bytes that wait in a stream's send queue before `send` says that it is full: 128 KiB.
    package var sendQueue: Int = 128 << 10
    /// Server: whether extended CONNECT is taken (RFC 9220).
    package var enableConnectProtocol = false

    package init() {}
}
