/// Proves who is asking.
///
/// Bound to the origin that a call is made for: after a redirect to another origin neither method is called
/// (RFC 9110 §11.6.2 and §15.4), so that credentials never leak.
public protocol Authenticator: Sendable {
    /// Adds credentials before the request is sent, or leaves it as it is and waits for a challenge.
    func authorize(_ request: Request, _ call: Call) async throws -> Request

    /// Answers the challenge of a 401 response: the request to send now, or `nil` to let the response stand. Called
    /// again for the response to that, as long as it gives a request, 10 times at most.
    func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request?
}

extension Authenticator {
    public func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
        nil
    }
}
