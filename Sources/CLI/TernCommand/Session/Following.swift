import TernCore

/// What curl does to a request that follows from a redirect: a method given with `-X` stays, whatever the status
/// says, and with `--referer ';auto'` the Referer names the URL that redirected.
struct Following: Middleware {
    let method: HTTPRequest.Method?
    let refers: Bool

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        guard let hop = next.call.history.last else { return try await next(request) }
        var request = request
        if let method { request.method = method }
        if refers {
            request.fields[fields: .referer] = [
                HTTPField(name: .referer, value: hop.url.removingFragment().absoluteString)
            ]
        }
        return try await next(request)
    }
}
