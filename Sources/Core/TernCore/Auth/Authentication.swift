/// Applies an ``Authenticator`` where the call's own origin is asked, and nowhere else.
struct Authentication: Middleware {
    private let authenticator: any Authenticator
    private let isPrompt: Bool

    /// How many challenges in a row are answered: 10. Digest needs 2, and NTLM 3.
    static let answerLimit = 10

    init(_ authenticator: any Authenticator) {
        self.authenticator = authenticator
        isPrompt = authenticator is any PromptAuthenticator
    }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let call = next.call
        guard authenticator.covers(request, call) || call.configuration.redirects.trustsOtherOrigins else {
            return try await next(request)
        }
        var sent = try await bounded(call) { [authenticator] in try await authenticator.authorize(request, call) }
        var response = try await next(sent)
        var answers = 0
        while response.status == .unauthorized, answers < Self.answerLimit {
            let (asked, challenge) = (sent, response)
            let answer: Request?
            do {
                answer = try await bounded(call) { [authenticator] in
                    try await authenticator.answer(challenge, to: asked, call)
                }
            } catch {
                response.body.cancel()
                throw error
            }
            guard let answer else { return response }
            guard answer.body.isReplayable else {
                response.body.cancel()
                let error = BodyNotReplayable(reason: "\(sent) was answered with \(response.status)")
                throw call.failure(.body(error))
            }
            answers += 1
            call.record(Hop(method: sent.method, url: sent.url, status: response.status, fields: response.fields))
            try await response.discard()
            sent = answer
            response = try await next(sent)
        }
        if response.status != .unauthorized { authenticator.accepted(response, to: sent, call) }
        return response
    }

    private func bounded<Value: Sendable>(
        _ call: Call, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        if isPrompt { return try await operation() }
        return try await call.asMiddleware { try await call.withinDeadline("its authenticator", operation) }
    }
}
