/// Keeps cookies (RFC 6265). Used from many tasks at once; neither method may block for long.
public protocol CookieStorage: Sendable {
    /// The value of the `Cookie` field for `request`; `nil` if no cookie matches. `wallSeconds` is the calendar's
    /// time since 1970.
    func fieldValue(for request: Request, at wallSeconds: Int64) -> String?

    /// Takes what a response to a request for `url` sets. `values` are those of its `Set-Cookie` fields, in order.
    func store(_ values: [String], from url: HTTPURL, at wallSeconds: Int64)
}
