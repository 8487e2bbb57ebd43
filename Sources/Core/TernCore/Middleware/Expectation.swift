/// Sends a request again without `Expect: 100-continue` when its server does not know that expectation: after a 417
/// (RFC 9110 §10.1.1), once. The body has not been sent then, or can be had again.
struct Expectation: Middleware {
    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let response = try await next(request)
        guard response.status.code == 417, !request.body.isEmpty, request.body.isReplayable,
            !request.fields.contains(.expect)
        else { return response }
        try await response.discard()
        return try await next.over { $0.avoidsExpectation = true }(request)
    }
}
