extension HTTPRequest.Method {
    /// QUERY: safe and idempotent, with content (RFC 10008).
    public static let query = HTTPRequest.Method("QUERY") ?? .post
}

/// The verbs. Each gives the whole response, up to ``SessionConfiguration/bodyLimit``, whatever its status.
///
/// - `url` is absolute, or relative to ``SessionConfiguration/baseURL``.
/// - `params` are added to its query, and `headers` to the session's; the call's own replace those of the same name.
/// - `timeout` bounds the whole call: redirects, retries and the body.
/// - The trailing closure changes any setting for this call alone:
///   `session.get(url) { $0.redirects = .none }`.
extension Session {
    /// GET (RFC 9110 §9.3.1).
    public func get(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.get, url, params: params, headers: headers, timeout: timeout, override)
    }

    /// HEAD (RFC 9110 §9.3.2). Tells about this very resource: redirects are followed only if the closure sets
    /// ``SessionConfiguration/redirects``.
    public func head(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.head, url, params: params, headers: headers, timeout: timeout, override)
    }

    /// OPTIONS (RFC 9110 §9.3.7).
    public func options(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.options, url, params: params, headers: headers, timeout: timeout, override)
    }

    /// DELETE (RFC 9110 §9.3.5). Few servers expect content.
    public func delete(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.delete, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// POST (RFC 9110 §9.3.3).
    public func post(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.post, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// PUT (RFC 9110 §9.3.4).
    public func put(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.put, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// PATCH (RFC 5789).
    public func patch(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.patch, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// QUERY (RFC 10008): a safe request that is described by its content.
    public func query(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await request(.query, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// Any method.
    public func request(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(),
        headers: Headers = Headers(), timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        let settings = try core.settings(for: method, url, override)
        let request = try settings.request(method, url, content, params, headers)
        return try await core.perform(request, settings, timeout)
    }

    /// The request that a verb would send, for ``send(_:timeout:_:)``: to look at it, to change it, or to send it
    /// often.
    public func prepare(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(),
        headers: Headers = Headers()
    ) throws(HTTPError) -> Request {
        try core.settings.request(method, url, content, params, headers)
    }

    /// Sends a request as it is: nothing of the session's base URL, params and headers is added. What surrounds a
    /// call, such as cookies and redirects, applies.
    public func send(
        _ request: Request, timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        let settings = try core.settings(for: request.method, request.url.absoluteString, override)
        return try await core.perform(request, settings, timeout)
    }
}
