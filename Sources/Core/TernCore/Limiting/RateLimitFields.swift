import StructuredFields

/// What servers say of their limits: `Retry-After` with 429 and 503, and the fields of draft-ietf-httpapi-ratelimit
/// in its newer and older forms, and with `X-` in front, as many servers have them.
enum RateLimitFields {
    /// How long nobody should ask again; `nil` if nothing is said, or something is left.
    static func pause(_ status: HTTPResponse.Status, _ fields: HTTPFields, at wallSeconds: Int64) -> Duration? {
        if status.code == 429 || status.code == 503, let field = RetryAfterField(fields) {
            return field.wait(at: wallSeconds)
        }
        let combined = fields[values: names.combined].joined(separator: ", ")
        if !combined.isEmpty, let pause = structured(combined) { return pause }
        for prefix in [names.plain, names.prefixed] {
            guard let remaining = number(fields, prefix.remaining), remaining <= 0,
                let reset = number(fields, prefix.reset)
            else { continue }
            // Some count from now, some give the calendar's time; seconds from now are never so many.
            let seconds = reset > 1_000_000_000 ? reset - Double(wallSeconds) : reset
            if seconds > 0 { return .seconds(min(seconds, 1e9)) }
        }
        return nil
    }

    /// `RateLimit: "default";r=0;t=30`, or in drafts up to 7 `RateLimit: limit=10, remaining=0, reset=30`. Of several
    /// policies that have nothing left, the longest counts.
    private static func structured(_ text: String) -> Duration? {
        var longest: Double?
        if let members = try? StructuredField.list(text) {
            for member in members {
                guard let left = member.parameters["r"]?.number, left <= 0,
                    let time = member.parameters["t"]?.number, time > 0
                else { continue }
                longest = max(longest ?? 0, time)
            }
        }
        if longest == nil, let members = try? StructuredField.dictionary(text),
            let left = members["remaining"]?.item?.value.number, left <= 0,
            let time = members["reset"]?.item?.value.number, time > 0
        {
            longest = time
        }
        return longest.map { .seconds(min($0, 1e9)) }
    }

    private static func number(_ fields: HTTPFields, _ name: HTTPField.Name) -> Double? {
        guard fields.contains(name), let text = fields[values: name].first else { return nil }
        return (try? StructuredField.item(text))?.value.number
    }

    private static let names = Names()

    private struct Names {
        let combined = name("RateLimit")
        let plain = (remaining: name("RateLimit-Remaining"), reset: name("RateLimit-Reset"))
        let prefixed = (remaining: name("X-RateLimit-Remaining"), reset: name("X-RateLimit-Reset"))

        /// Each is a valid token, so the fallback is never used.
        private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .retryAfter }
    }
}
