/// Proves to a server who is asking.
///
/// Bound to the origin that a call is made for: after a redirect to another origin no method is called
/// (RFC 9110 §11.6.2 and §15.4), so that credentials never leak. Only one that looks its credentials up by host,
/// as ``NetrcAuth`` does, may widen that in ``covers(_:_:)``.
///
/// What a method throws ends the call: an ``HTTPError`` as it is, anything else as ``HTTPError/Kind/middleware(_:)``.
/// A call's deadline bounds their waiting; a method that is cancelled then should end.
public protocol Authenticator: Sendable {
    /// Adds credentials before the request is sent, or leaves it as it is and waits for a challenge.
    func authorize(_ request: Request, _ call: Call) async throws -> Request

    /// Answers the challenge of a 401 response: the request to send now, or `nil` to let the response stand. Called
    /// again for the response to that, as long as it gives a request, 10 times at most.
    func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request?

    /// Whether credentials may go to the origin of `request`: if it is the call's own, by default.
    func covers(_ request: Request, _ call: Call) -> Bool

    /// Sees the response that was no challenge; by default, does nothing.
    func accepted(_ response: TransportResponse, to request: Request, _ call: Call)
}

extension Authenticator {
    public func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
        nil
    }
    public func covers(_ request: Request, _ call: Call) -> Bool { call.isForOrigin(request) }
    public func accepted(_ response: TransportResponse, to request: Request, _ call: Call) {}
}

/// Authenticators that wait for nobody, so that no clock has to watch over them.
protocol PromptAuthenticator: Authenticator {}

extension Call {
    /// How many 401 answers in a row were answered, up to now.
    var answeredChallenges: Int { history.reversed().prefix { $0.status == .unauthorized }.count }

    /// Whether a request with this `Authorization` was handed to the transport more than once.
    func hasRepeated(authorization: String) -> Bool {
        attempts.filter { $0.request.fields[.authorization] == authorization }.count > 1
    }
}
