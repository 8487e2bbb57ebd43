/// Single requests, each with a session and connections of its own, which are closed after it: `Tern.get("https://…")`.
///
/// A ``Session`` is better for more than one: it keeps connections and cookies. These end after 120 s if no `timeout`
/// says otherwise; the closure changes any setting.

/// How long a single request may take in all if nothing else is said.
public let oneShotTimeout = Duration.seconds(120)

/// GET.
public func get(
    _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration = oneShotTimeout,
    _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.get, url, params: params, headers: headers, timeout: timeout, override)
}

/// HEAD. Redirects are followed only if the closure says so.
public func head(
    _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration = oneShotTimeout,
    _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.head, url, params: params, headers: headers, timeout: timeout, override)
}

/// OPTIONS.
public func options(
    _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration = oneShotTimeout,
    _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.options, url, params: params, headers: headers, timeout: timeout, override)
}

/// DELETE.
public func delete(
    _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
    timeout: Duration = oneShotTimeout, _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.delete, url, content, params: params, headers: headers, timeout: timeout, override)
}

/// POST.
public func post(
    _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
    timeout: Duration = oneShotTimeout, _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.post, url, content, params: params, headers: headers, timeout: timeout, override)
}

/// PUT.
public func put(
    _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
    timeout: Duration = oneShotTimeout, _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.put, url, content, params: params, headers: headers, timeout: timeout, override)
}

/// PATCH.
public func patch(
    _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
    timeout: Duration = oneShotTimeout, _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.patch, url, content, params: params, headers: headers, timeout: timeout, override)
}

/// QUERY (RFC 10008).
public func query(
    _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
    timeout: Duration = oneShotTimeout, _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    try await request(.query, url, content, params: params, headers: headers, timeout: timeout, override)
}

/// Any method.
public func request(
    _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(),
    headers: Headers = Headers(), timeout: Duration = oneShotTimeout,
    _ override: ((inout SessionConfiguration) -> Void)? = nil
) async throws(HTTPError) -> Response {
    let session = Session()
    let result: Result<Response, HTTPError>
    do throws(HTTPError) {
        result = .success(
            try await session.request(
                method, url, content, params: params, headers: headers, timeout: timeout, override))
    } catch {
        result = .failure(error)
    }
    await session.close(by: session.configuration.clock.now)
    return try result.get()
}

/// Makes a session with a transport of its own, closes both when `body` is done, however it ends, and gives what it
/// gives.
public func withSession<Value>(
    configuration: SessionConfiguration = SessionConfiguration(),
    _ body: (DefaultSession) async throws -> Value
) async throws -> Value {
    let session = Session(configuration: configuration)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(session))
    } catch {
        result = .failure(error)
    }
    await session.close(by: configuration.clock.now.advanced(by: .seconds(5)))
    return try result.get()
}
