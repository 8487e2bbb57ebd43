/// Several hooks as one, called in their order: to hand a set of them around.
///
///     let house = audit + HookGroup([trace, stamp])
public struct HookGroup: Hook {
    /// The hooks, the first called first.
    public let hooks: [any Hook]

    /// A hook that is all of `hooks`. Groups among them are taken apart.
    public init(_ hooks: [any Hook]) { self.hooks = hooks.flatMap { ($0 as? HookGroup)?.hooks ?? [$0] } }

    public func preRequest(_ request: Request) async throws -> Request {
        var request = request
        for hook in hooks { request = try await hook.preRequest(request) }
        return request
    }
    public func preSend(_ request: Request, on connection: ConnectionInfo, reused: Bool) {
        for hook in hooks { hook.preSend(request, on: connection, reused: reused) }
    }
    public func onUpload(_ request: Request, sent: Int64, total: Int64?) {
        for hook in hooks { hook.onUpload(request, sent: sent, total: total) }
    }
    public func earlyResponse(_ response: HTTPResponse, to request: Request) {
        for hook in hooks { hook.earlyResponse(response, to: request) }
    }
    public func response(_ response: TransportResponse, to request: Request) async throws -> TransportResponse {
        var response = response
        for hook in hooks { response = try await hook.response(response, to: request) }
        return response
    }
}

extension Hook {
    /// Both hooks as one, `first` called first.
    public static func + (first: Self, second: some Hook) -> HookGroup { HookGroup([first, second]) }
}
