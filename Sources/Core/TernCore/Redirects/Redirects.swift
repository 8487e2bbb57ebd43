/// Follows redirects (RFC 9110 §15.4), as ``RedirectPolicy`` says.
struct Redirects: Middleware {
    private let policy: RedirectPolicy

    init(_ policy: RedirectPolicy) { self.policy = policy }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let response = try await next(request)
        guard Redirection.isFollowed(response.status) else { return response }
        return try await follow(response, to: request, next)
    }

    private func follow(
        _ first: TransportResponse, to original: Request, _ next: Next
    ) async throws -> TransportResponse {
        var (request, response) = (original, first)
        var count = 0
        while Redirection.isFollowed(response.status) {
            let following: Request?
            do throws(Redirection.Refusal) {
                following = try Redirection.request(after: response.status, response.fields, to: request, policy)
                if following != nil, count >= policy.limit {
                    if policy.atLimit == .answer { return response }
                    throw .policy(
                        "more than \(policy.limit) redirects, the last one \(response.status) from \(request)")
                }
            } catch {
                response.body.cancel()
                throw next.call.failure(error.kind)
            }
            guard let following else { return response }
            count += 1
            next.call.record(
                Hop(method: request.method, url: request.url, status: response.status, fields: response.fields))
            try await response.discard()
            request = following
            response = try await next(request)
        }
        return response
    }
}
