/// The links of a session's chain, outermost first: the one place that says what a call passes through. What is not
/// configured is not in it.
enum DefaultChain {
    static func links(of configuration: SessionConfiguration) -> [any Middleware] {
        var links: [any Middleware] = configuration.callMiddleware
        if configuration.redirects.isFollowing { links.append(Redirects(configuration.redirects)) }
        if let auth = configuration.auth { links.append(Authentication(auth)) }
        if let policy = configuration.retry { links.append(Retry(policy)) }
        // Below retry, so that each attempt has a use of a nonce to itself.
        if let memory = configuration.proxies.memory {
            links.append(ProxyAuthentication(configuration.proxyAuth, memory))
        }
        if configuration.exchange.expectContinue != nil { links.append(Expectation()) }
        // Below this line: once for each attempt. Cookies, too: an answer that is replaced, a 401 or 503, may set some
        // (RFC 6265 §3), and what follows it must send them.
        if let limiter = configuration.limiter { links.append(limiter) }
        if let storage = configuration.cookies {
            links.append(Cookies(storage, allowsIncoming: configuration.allowsIncomingCookies))
        }
        if !configuration.hooks.isEmpty || !configuration.observers.isEmpty {
            links.append(HookLink(configuration.hooks, configuration.observers))
        }
        links += configuration.attemptMiddleware
        if let policy = configuration.logging { links.append(RequestLog(policy)) }
        if configuration.decoding.isActive { links.append(Decoding(configuration.decoding)) }
        return links
    }
}
