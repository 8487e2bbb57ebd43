import TransportCore

/// Sends what replies say, in the words of one version of HTTP. Used on the loop.
protocol ReplyCarrier: AnyObject {
    /// A 1xx response.
    func inform(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields)
    /// The final head.
    func begin(_ play: Play, _ status: HTTPResponse.Status, _ fields: HTTPFields, _ length: ContentLength)
    /// A piece of content. False if there is no room for more: ``Play/roomCame()`` follows.
    func send(_ play: Play, _ bytes: [UInt8]) -> Bool
    /// The end of the message.
    func end(_ play: Play, trailers: HTTPFields)
    /// What no good server does.
    func perform(_ fault: TestServer.Fault, _ play: Play)
    /// So many bytes of the request's content were read: the client may send as many more.
    func consume(_ count: Int, of play: Play)
    /// The reply has no step left.
    func scriptEnded(_ play: Play)
    /// Something was done from outside an event: what it led to is to be looked at.
    func pump()
}

/// How long the content of a response is, as far as its reply tells.
enum ContentLength: Equatable {
    /// There is none, and no field says so.
    case none
    case known(Int)
    case unknown
}

/// A version of HTTP on a connection of TCP.
protocol StreamCarrier: ReplyCarrier {
    /// Takes what came.
    func receive(_ bytes: Span<UInt8>)
    /// The client sends nothing more.
    func receiveEnd(clean: Bool)
    /// Moves what is to be sent to the end of `output`, until that holds about 256 KiB.
    func nextOutput(into output: inout [UInt8])
    /// There is room to send again.
    func drained()
    /// The connection is gone.
    func lost()
    /// Does what is due.
    func expire(at now: Instant)
    /// Since when a request's head is incomplete; `nil` if none is.
    var headSince: Instant? { get }
    /// Whether nothing is under way.
    var isIdle: Bool { get }
    /// Whether the protocol asks that the connection be closed, when all is sent.
    var isOver: Bool { get }
    /// Whether more may be read now.
    var wantsInput: Bool { get }
}
