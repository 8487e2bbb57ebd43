/// A link of the chain that every call passes through.
///
/// Call `next` to go on: once, several times (to try again), or not at all (to answer yourself). A link sits in one
/// of two positions (``SessionConfiguration``): around the whole call, or around each attempt, below retry. What it
/// throws reaches the caller as ``HTTPError`` of kind ``HTTPError/Kind/middleware(_:)``, unless it is a
/// ``TransportError`` or an ``HTTPError`` already.
public protocol Middleware: Sendable {
    /// Handles one request.
    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse
}

/// The rest of the chain, below a link.
public struct Next: Sendable {
    /// The call that the request belongs to.
    public let call: Call
    let position: Int

    /// Passes `request` on to the next link, or to the transport after the last one.
    public func callAsFunction(_ request: Request) async throws -> TransportResponse {
        let chain = call.settings.chain
        guard position < chain.count else { return try await call.transmit(request) }
        return try await chain[position].intercept(request, Next(call: call, position: position + 1))
    }
}
