extension Session {
    /// Sends a GET and gives the response as soon as its head is here; the rest is as with any method.
    public func stream(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) async throws(HTTPError) -> StreamingResponse {
        try await core.begin(core.prepare(.get, url, .empty, params, headers, override), timeout)
    }

    /// Sends a request and gives the response as soon as its head is here; the body is read by the caller, as it
    /// comes. Dropping the response ends the exchange. The parameters are those of the verbs; `timeout` bounds the
    /// reading, too.
    public func stream(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(),
        headers: Headers = Headers(), timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> StreamingResponse {
        try await core.begin(core.prepare(method, url, content, params, headers, override), timeout)
    }

    /// Sends a request as it is, as ``send(_:timeout:_:)`` does, and gives the response as soon as its head is here.
    public func stream(
        _ request: Request, timeout: Duration? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> StreamingResponse {
        try await core.begin(core.prepare(request, override), timeout)
    }

    /// Writes what a GET gives to the file at `path`, in pieces as they come, and gives the response without bytes.
    ///
    /// Only the content of a 2xx response is written, over what was there. Any other leaves the file alone and is
    /// given whole, for ``Response/checkStatus()``. If the transfer fails or is cancelled, what has come stays in the
    /// file.
    ///
    /// - Parameter progress: called on the caller's task after each piece is written.
    @discardableResult
    public func download(
        _ url: String, to path: String, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil,
        progress: ((DownloadProgress) -> Void)? = nil, _ override: Override? = nil
    ) async throws(HTTPError) -> Response {
        let prepared = try core.prepare(.get, url, .empty, params, headers, override)
        let response = try await core.begin(prepared, timeout)
        guard response.status.kind == .successful else {
            return try await response.collect(upTo: prepared.settings.bodyLimit)
        }
        return try await response.save(to: path, progress: progress)
    }
}
