/// What a peer may make us hold, for one exchange. Every cap has a name, a unit and a reason.
public struct Limits: Sendable, Hashable {
    /// Bytes of one response head, and of one trailer section: 256 KiB, as other clients allow.
    public var head: Int = 256 * 1024
    /// Fields of one head or trailer section: 1,000. More is an attack on memory, not a message.
    public var fields: Int = 1_000
    /// Informational responses before the final one: 100.
    public var informational: Int = 100
    /// Bytes of a streamed response body that wait to be read: 256 KiB. Beyond them the peer is made to wait.
    public var unreadBody: Int = 256 * 1024

    /// The defaults.
    public init() {}
}

/// How many connections a transport keeps, and for how long.
public struct PoolLimits: Sendable, Hashable {
    /// Connections to one origin over HTTP/1.1: 32.
    public var connectionsPerOrigin: Int = 32
    /// Connections to one origin over HTTP/2 or 3: 1, and more when all streams of it are in use.
    public var multiplexedConnectionsPerOrigin: Int = 1
    /// How long an idle connection is kept: 60 s. Servers close theirs after 60 to 75 s.
    public var idle: Duration = .seconds(60)
    /// How old a connection may become: 10 min, so that address changes are noticed.
    public var age: Duration = .seconds(600)

    /// The defaults.
    public init() {}
}
