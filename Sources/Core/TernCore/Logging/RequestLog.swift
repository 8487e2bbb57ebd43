import Logging

/// Writes each attempt to a log, as a ``LogPolicy`` says.
struct RequestLog: Middleware {
    private let policy: LogPolicy

    init(_ policy: LogPolicy) { self.policy = policy }

    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let start = next.call.clock.now
        do {
            let response = try await next(request)
            let level = response.status.code < 400 ? policy.level : policy.failureLevel
            write(level, request, next.call, start, response.status.text) { metadata in
                metadata["status"] = "\(response.status.code)"
                metadata["version"] = "HTTP/\(response.version.rawValue)"
                if policy.showsFields { metadata["response-fields"] = fields(response.fields) }
            }
            return response
        } catch {
            // An error may show the URL, which has secrets.
            let text = "\(error)".replacing(request.url.absoluteString, with: policy.shown(request.url))
                .replacing(request.url.target, with: target(request.url))
            write(policy.failureLevel, request, next.call, start, text) { metadata in
                guard let error = error as? TransportError else { return }
                metadata["error"] = "\(error.code.rawValue)"
                metadata["phase"] = "\(error.phase.rawValue)"
            }
            throw error
        }
    }

    private func write(
        _ level: Logger.Level, _ request: Request, _ call: Call, _ start: Instant, _ outcome: String,
        _ add: (inout Logger.Metadata) -> Void
    ) {
        guard policy.logger.logLevel <= level else { return }
        let milliseconds = Int64(start.duration(to: call.clock.now).milliseconds.rounded())
        let url = policy.shown(request.url)
        var metadata: Logger.Metadata = [
            "method": "\(request.method.rawValue)", "url": "\(url)", "ms": "\(milliseconds)",
            "attempt": "\(call.attempts.count)",
        ]
        if policy.showsFields { metadata["request-fields"] = fields(request.fields) }
        add(&metadata)
        policy.logger.log(
            level: level, "\(request.method.rawValue) \(url): \(outcome) after \(milliseconds) ms", metadata: metadata,
            source: "tern")
    }

    private func fields(_ fields: HTTPFields) -> Logger.MetadataValue {
        .array(fields.map { .string("\($0.name.rawName): \(policy.shown($0))") })
    }

    private func target(_ url: HTTPURL) -> String {
        let shown = policy.shown(url)
        return url.path + (shown.firstIndex(of: "?").map { String(shown[$0...]) } ?? "")
    }
}
