/// When a server wants to be asked again (RFC 9110 §10.2.3).
enum RetryAfter {
    /// How long that is from `wallSeconds` on; `nil` if there is no such field, or none that can be understood.
    static func wait(_ fields: HTTPFields, at wallSeconds: Int64) -> Duration? {
        guard let value = fields[values: .retryAfter].first else { return nil }
        let digits = value.utf8
        if !digits.isEmpty, digits.allSatisfy({ 0x30...0x39 ~= $0 }) {
            return .seconds(Int64(value) ?? .max)
        }
        guard let date = CookieDate.parse(value) else { return nil }
        return .seconds(max(0, date - wallSeconds))
    }
}
