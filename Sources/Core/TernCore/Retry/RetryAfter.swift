/// When a server wants to be asked again (RFC 9110 §10.2.3).
enum RetryAfter {
    /// How long that is from `wallSeconds` on; `nil` if there is no such field, or none that can be understood.
    static func wait(_ fields: HTTPFields, at wallSeconds: Int64) -> Duration? {
        RetryAfterField(fields)?.wait(at: wallSeconds)
    }
}
