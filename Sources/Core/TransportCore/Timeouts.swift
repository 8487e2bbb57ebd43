/// How long each phase of an exchange may take; `nil` for as long as it likes. Each has an error of its own that
/// tells what elapsed (``TransportError/Code``).
public struct Timeouts: Sendable, Hashable {
    /// Finding addresses of the host: 5 s.
    public var resolve: Duration? = .seconds(5)
    /// Reaching one of them: 5 s for all together.
    public var connect: Duration? = .seconds(5)
    /// The TLS handshake: 10 s.
    public var tls: Duration? = .seconds(10)
    /// Waiting for a connection or a stream to be free: 30 s.
    public var poolWait: Duration? = .seconds(30)
    /// From the end of the request to the first byte of the final head; starts anew with each 1xx: 30 s.
    public var firstByte: Duration? = .seconds(30)
    /// Between two pieces of the response body that the peer sends: 30 s. Time in which the reader does not read
    /// is not counted.
    public var idleRead: Duration? = .seconds(30)
    /// Between two pieces of the request body that the peer takes: 30 s. Time in which the body has nothing to
    /// give is not counted.
    public var idleWrite: Duration? = .seconds(30)
    /// One attempt, from `send` to the last byte of the body: none.
    public var attempt: Duration?
    /// The whole call, redirects, retries and body included, by the wall: none. `Session` makes an
    /// ``Exchange/deadline`` of it.
    public var total: Duration?

    /// The defaults.
    public init() {}

    /// No limit on anything.
    public static var none: Timeouts {
        var timeouts = Timeouts()
        timeouts.resolve = nil
        timeouts.connect = nil
        timeouts.tls = nil
        timeouts.poolWait = nil
        timeouts.firstByte = nil
        timeouts.idleRead = nil
        timeouts.idleWrite = nil
        return timeouts
    }
}

/// How fast bytes of bodies may flow, averaged over a second; `nil` for as fast as they can.
public struct RateCaps: Sendable, Hashable {
    /// Bytes a second of the request body.
    public var send: Int64?
    /// Bytes a second of the response body.
    public var receive: Int64?

    /// Caps; none by default.
    public init(send: Int64? = nil, receive: Int64? = nil) {
        self.send = send
        self.receive = receive
    }

    /// Whether there is any cap.
    public var isLimited: Bool { send != nil || receive != nil }
}
