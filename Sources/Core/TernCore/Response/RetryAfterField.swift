/// `Retry-After` (RFC 9110 §10.2.3): when a server wants to be asked again.
public enum RetryAfterField: Sendable, Hashable {
    /// So long after the response was sent.
    case delay(Duration)
    /// At this time, in seconds since 1970.
    case date(Int64)

    /// Reads the value of a field: whole seconds, or a date in one of the forms of RFC 9110 §5.6.7; `nil` for anything
    /// else: signs, fractions, other digits than 0 to 9.
    public init?(_ text: String) {
        let bytes = text.utf8.drop(while: \.isBlank)
        let value = String(Substring(bytes.prefix(bytes.count - bytes.reversed().prefix(while: \.isBlank).count)))
        let digits = value.utf8
        if !digits.isEmpty, digits.allSatisfy(\.isDigit) {
            self = .delay(.seconds(Int64(value) ?? .max))
        } else if digits.first?.isLetter == true, let date = CookieDate.parse(value) {
            self = .date(date)
        } else {
            return nil
        }
    }

    /// The first field of that name, if it can be read.
    public init?(_ fields: HTTPFields) {
        guard fields.contains(.retryAfter), let value = fields[values: .retryAfter].first else { return nil }
        self.init(value)
    }

    /// How long that is from `wallSeconds` since 1970 on; zero for a date that has passed.
    public func wait(at wallSeconds: Int64 = SystemClock().wallSeconds) -> Duration {
        switch self {
        case .delay(let delay): return delay
        case .date(let date):
            let (wait, overflow) = date.subtractingReportingOverflow(wallSeconds)
            return .seconds(overflow ? 0 : max(0, wait))
        }
    }
}
