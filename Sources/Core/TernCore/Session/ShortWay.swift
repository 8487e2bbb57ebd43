/// The way of most calls: past links that would change neither the request nor what comes of it.
///
/// The links of the default chain watch for what seldom comes: a redirect, a cookie, a coded body, a lost connection.
/// Each costs two asynchronous calls even where it does nothing, together more than the rest of a session. So a call
/// whose request they would leave alone is sent at once; if what comes is of no concern to them either, it is the
/// answer. If it is, the call goes through the chain all the same, which finds the outcome in place of the transport
/// (``Call/keep(_:)``).
struct ShortWay: Sendable {
    private let followsRedirects: Bool
    private let cookies: MemoryCookies?
    private let decodes: Bool
    private let retries: Bool
    private let proxies: ProxyMemory?

    /// `nil` if a link may do what only itself knows.
    init?(_ configuration: SessionConfiguration) {
        guard configuration.callMiddleware.isEmpty, configuration.attemptMiddleware.isEmpty,
            configuration.hooks.isEmpty, configuration.observers.isEmpty, configuration.auth == nil,
            configuration.proxyAuth == nil, !configuration.recordsTimeline, configuration.limiter == nil,
            configuration.logging == nil, configuration.exchange.expectContinue == nil
        else { return nil }
        if let policy = configuration.retry, !(policy is SafeRetry) { return nil }
        cookies = configuration.cookies as? MemoryCookies
        if configuration.cookies != nil, cookies == nil { return nil }
        followsRedirects = configuration.redirects.isFollowing
        decodes = configuration.decoding.isActive
        retries = configuration.retry != nil
        proxies = configuration.proxies.memory
    }

    /// Whether `request`, which enters the chain of `call`, would leave it as it is.
    func isOpen(to request: Request, of call: Call) -> Bool {
        guard request.isUnchanged(from: call.request), call.offersCodings || !decodes else { return false }
        if let proxies, !proxies.isEmpty { return false }
        guard let cookies else { return true }
        return cookies.isEmpty && !request.fields.contains(.cookie)
    }

    /// Whether `response` would come out of the chain as it is.
    func isOpen(to response: TransportResponse) -> Bool {
        if followsRedirects, Redirection.isFollowed(response.status) { return false }
        switch response.status.code {
        case 407 where proxies != nil: return false
        case 421, 425: if retries { return false }
        default: break
        }
        if cookies != nil, response.fields.contains(.setCookie) { return false }
        return !decodes || !response.fields.contains(.contentEncoding)
    }
}
