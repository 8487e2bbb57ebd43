/// Looks at calls, and may change what goes out and what comes back, at five points. Each fires on every hop and
/// attempt: after redirects, challenges and retries, too. The first and the last may wait, replace and throw; the three
/// in between observe, on the transport's thread, and must not block.
///
/// What a hook throws ends the call in ``HTTPError/Kind/middleware(_:)`` with the hook's error inside, and is never
/// retried; an ``HTTPError`` and a `CancellationError` come out as they are. A call's deadline bounds the waiting of
/// hooks; one that is cancelled then should end.
public protocol Hook: Sendable {
    /// Before a request goes to the transport: gives the request to send.
    func preRequest(_ request: Request) async throws -> Request
    /// A connection was chosen, and the request is about to go out on it.
    func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool)
    /// A piece of the body has gone: `sent` bytes so far; `total` is `nil` if it is not known.
    func onUpload(_ request: Request, sent: Int64, total: Int64?)
    /// A 1xx response came, except 101.
    func earlyResponse(_ response: HTTPResponse, to request: Request)
    /// The final response came: gives the response to go on with.
    func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse
}

extension Hook {
    public func preRequest(_ request: Request) async throws -> Request { request }
    public func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool) {}
    public func onUpload(_ request: Request, sent: Int64, total: Int64?) {}
    public func earlyResponse(_ response: HTTPResponse, to request: Request) {}
    public func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
        response
    }
}
