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
        try await core.perform(core.prepare(.get, url, .empty, params, headers, override), timeout)
    }

    /// HEAD (RFC 9110 §9.3.2). Tells about this very resource: redirects are followed only if the closure sets
    /// ``SessionConfiguration/redirects``.
    public func head(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(.head, url, .empty, params, headers, override), timeout)
    }

    /// OPTIONS (RFC 9110 §9.3.7).
    public func options(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(.options, url, .empty, params, headers, override), timeout)
    }

    /// DELETE (RFC 9110 §9.3.5). Few servers expect content.
    public func delete(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(.delete, url, content, params, headers, override), timeout)
    }

    /// POST (RFC 9110 §9.3.3).
    public func post(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(.post, url, content, params, headers, override), timeout)
    }

    /// PUT (RFC 9110 §9.3.4).
    public func put(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(.put, url, content, params, headers, override), timeout)
    }

    /// PATCH (RFC 5789).
    public func patch(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(.patch, url, content, params, headers, override), timeout)
    }

    /// QUERY (RFC 10008): a safe request that is described by its content.
    public func query(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(.query, url, content, params, headers, override), timeout)
    }

    /// Any method.
    public func request(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(),
        headers: Headers = Headers(), timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(method, url, content, params, headers, override), timeout)
    }

    /// The request that a verb would send, for ``send(_:timeout:_:)``: to look at it, to change it, or to send it
    /// often.
    public func prepare(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(),
        headers: Headers = Headers()
    ) throws(HTTPError) -> Request {
        try core.settings.request(method, url, content, params, headers, offeringCodings: false).request
    }

    /// Sends a request as it is: nothing of the session's base URL, params and headers is added. What surrounds a
    /// call, such as cookies and redirects, applies.
    public func send(
        _ request: Request, timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        try await core.perform(core.prepare(request, override), timeout)
    }
}
