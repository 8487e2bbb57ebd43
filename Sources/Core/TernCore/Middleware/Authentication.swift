/// Applies an ``Authenticator`` where the call's own origin is asked, and nowhere else.
struct Authentication: Middleware {
    private let authenticator: any Authenticator

    /// How many challenges in a row are answered: 10. Digest needs 2, and NTLM 3.
    private static let answerLimit = 10

    init(_ authenticator: any Authenticator) { self.authenticator = authenticator }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let call = next.call
        guard call.isForOrigin(request) else { return try await next(request) }
        var sent = try await authenticator.authorize(request, call)
        var response = try await next(sent)
        var answers = 0
        while response.status == .unauthorized, answers < Self.answerLimit {
            guard let again = try await authenticator.answer(response, to: sent, call) else { break }
            guard again.body.isReplayable else {
                response.body.cancel()
                let error = BodyNotReplayable(reason: "\(sent) was answered with \(response.status)")
                throw call.failure(.body(error))
            }
            answers += 1
            call.record(Hop(method: sent.method, url: sent.url, status: response.status, fields: response.fields))
            try await response.discard()
            sent = again
            response = try await next(sent)
        }
        return response
    }
}
