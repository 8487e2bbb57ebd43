/// What fields of a response say, read.
extension Response {
    /// The links of the `Link` fields (RFC 8288), resolved against the response's URL.
    public var links: Links { Links(Link.all(in: headers[values: Response.linkField], base: url)) }

    /// `Retry-After` (RFC 9110 §10.2.3), if there is one that can be read.
    public var retryAfter: RetryAfterField? { RetryAfterField(headers) }

    /// `Content-Disposition` (RFC 6266), if there is one that can be read.
    public var contentDisposition: ContentDisposition? {
        headers[values: .contentDisposition].first.flatMap { ContentDisposition($0) }
    }

    /// The cookies that this very response sets, as ``MemoryCookies`` would keep them: those that it would refuse, and
    /// those that remove others, are left out. Those of redirects before it are in ``history``.
    public func cookies(at wallSeconds: Int64 = SystemClock().wallSeconds) -> [Cookie] {
        let kept = MemoryCookies()
        kept.store(headers[values: .setCookie], from: url, at: wallSeconds)
        return kept.all
    }

    /// `Link`; a valid token, so that the fallback is never used.
    static let linkField = HTTPField.Name("Link") ?? .location
}

extension StreamingResponse {
    /// The links of the `Link` fields (RFC 8288), resolved against the response's URL.
    public var links: Links { Links(Link.all(in: headers[values: Response.linkField], base: url)) }

    /// `Retry-After` (RFC 9110 §10.2.3), if there is one that can be read.
    public var retryAfter: RetryAfterField? { RetryAfterField(headers) }

    /// `Content-Disposition` (RFC 6266), if there is one that can be read.
    public var contentDisposition: ContentDisposition? {
        headers[values: .contentDisposition].first.flatMap { ContentDisposition($0) }
    }
}
