/// A hook made of a closure, or of several for different points.
///
///     session.configure { $0.hooks.append(.preRequest { request in … }) }
public struct ClosureHook: Hook {
    /// A closure for ``Hook/preRequest(_:)``.
    public typealias PreRequest = @Sendable (_ request: Request) async throws -> Request
    /// A closure for ``Hook/preSend(_:on:reused:)``.
    public typealias PreSend = @Sendable (_ request: Request, _ on: ConnectionInfo, _ reused: Bool) -> Void
    /// A closure for ``Hook/onUpload(_:sent:total:)``.
    public typealias OnUpload = @Sendable (_ request: Request, _ sent: Int64, _ total: Int64?) -> Void
    /// A closure for ``Hook/earlyResponse(_:to:)``.
    public typealias EarlyResponse = @Sendable (_ response: HTTPResponse, _ to: Request) -> Void
    /// A closure for ``Hook/response(_:to:)``.
    public typealias Answer = @Sendable (_ response: TransportResponse, _ to: Request) async throws -> TransportResponse

    private let before: PreRequest?
    private let sending: PreSend?
    private let uploading: OnUpload?
    private let early: EarlyResponse?
    private let after: Answer?

    /// A hook that does what the closures do, and nothing where there is none.
    public init(
        preRequest: PreRequest? = nil, preSend: PreSend? = nil, onUpload: OnUpload? = nil,
        earlyResponse: EarlyResponse? = nil, response: Answer? = nil
    ) {
        before = preRequest
        sending = preSend
        uploading = onUpload
        early = earlyResponse
        after = response
    }

    /// Whether it looks at what happens between request and response.
    var observes: Bool { sending != nil || uploading != nil || early != nil }

    public func preRequest(_ request: Request) async throws -> Request { try await before?(request) ?? request }
    public func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool) {
        sending?(request, connection, reused)
    }
    public func onUpload(_ request: Request, sent: Int64, total: Int64?) { uploading?(request, sent, total) }
    public func earlyResponse(_ response: HTTPResponse, to request: Request) { early?(response, request) }
    public func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
        try await after?(response, request) ?? response
    }
}

extension Hook where Self == ClosureHook {
    /// Before a request goes to the transport: gives the request to send.
    public static func preRequest(_ body: @escaping ClosureHook.PreRequest) -> ClosureHook {
        ClosureHook(preRequest: body)
    }
    /// A connection was chosen. Called on the transport's thread: never block.
    public static func preSend(_ body: @escaping ClosureHook.PreSend) -> ClosureHook { ClosureHook(preSend: body) }
    /// A piece of the body has gone. Called on the transport's thread: never block.
    public static func onUpload(_ body: @escaping ClosureHook.OnUpload) -> ClosureHook { ClosureHook(onUpload: body) }
    /// A 1xx response came, except 101. Called on the transport's thread: never block.
    public static func earlyResponse(_ body: @escaping ClosureHook.EarlyResponse) -> ClosureHook {
        ClosureHook(earlyResponse: body)
    }
    /// The final response came: gives the response to use.
    public static func response(_ body: @escaping ClosureHook.Answer) -> ClosureHook { ClosureHook(response: body) }
}
