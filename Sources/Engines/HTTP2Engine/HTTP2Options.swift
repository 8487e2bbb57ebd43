internal import Wire

/// Which side of the connection an engine is.
package enum HTTP2Role: Sendable { case client, server }

/// Limits and wishes of one connection. Each cap bounds memory or work that a peer can ask for.
package struct HTTP2Options: Sendable {
    /// Bytes of content that wait on a new stream: 256 KiB.
    package var streamWindow: Int32 = 256 << 10
    /// Bytes to which a stream's window grows when its reader keeps up and the path is long or fast: 8 MiB.
    package var streamWindowLimit: Int32 = 8 << 20
    /// Bytes that may be under way on the whole connection at first: 1 MiB.
    package var connectionWindow: Int32 = 1 << 20
    /// Bytes to which the connection's window grows: 16 MiB.
    package var connectionWindowLimit: Int32 = 16 << 20
    /// Bytes of one head or trailer section, 32 for each field included (RFC 9113 §6.5.2): 256 KiB.
    package var headBytes: Int = 256 << 10
    /// Fields of one head or trailer section: 1,000.
    package var fields: Int = 1_000
    /// Informational responses before a final one: 100. Without a cap they never end.
    package var informationalResponses: Int = 100
    /// Frames that carry nothing which a peer may send at once: 1,000. Each frame with content gives one back, and
    /// every second 100.
    package var idleFrames: Int = 1_000
    /// Bytes of one frame that we take: 16 KiB, the least there is (RFC 9113 §4.2).
    package var maxFrameSize: UInt32 = 16_384
    /// Bytes of the table that the peer's encoder fills: 4,096 (RFC 7541 §4.2).
    package var headerTableSize: UInt32 = 4_096
    /// Server: streams that a client may have open at once: 100.
    package var maxConcurrentStreams: UInt32 = 100
    /// Server: whether extended CONNECT is taken (RFC 8441).
    package var enableConnectProtocol = false
    /// Bytes that wait in a stream's send queue before `send` says that it is full: 128 KiB.
    package var sendQueue: Int = 128 << 10
    /// How long the peer may take to acknowledge our SETTINGS: 10 s. `nil` for ever.
    package var settingsTimeout: Duration? = .seconds(10)
    /// How long nothing may come while streams are open before a PING asks; `nil`, the default, never asks.
    package var keepAliveInterval: Duration?
    /// How long the answer to that PING may take: 10 s.
    package var keepAliveTimeout: Duration = .seconds(10)
    /// The identifier of the first stream that a client opens: 1. Odd.
    package var firstStreamID: Int32 = 1

    package init() {}
}

/// What the peer may send on one stream, where that differs from the connection's ``HTTP2Options``.
package struct HTTP2StreamLimits: Sendable, Hashable {
    /// Bytes of one head or trailer section, 32 for each field included.
    package var headBytes: Int
    /// Fields of one head or trailer section.
    package var fields: Int
    /// Bytes of content that wait, at most, and to which the window never grows; nil for the connection's.
    package var window: Int32?

    package init(headBytes: Int, fields: Int, window: Int32? = nil) {
        self.headBytes = headBytes
        self.fields = fields
        self.window = window
    }
}

extension HTTP2Options {
    var streamLimits: HTTP2StreamLimits { HTTP2StreamLimits(headBytes: headBytes, fields: fields) }
}
