/// Proves to a proxy who is asking (RFC 9110 §11.7): the same for tunnels, which are opened by CONNECT, and for
/// requests that are handed to the proxy as they are.
///
/// Credentials for a proxy never reach the server behind it, and a 407 that came through a tunnel is no challenge. What
/// opened a tunnel is part of its pool's key; an authenticator whose answers change with each request should be a
/// class, so that its tunnels are found again.
public protocol ProxyAuthenticator: Sendable {
    /// The value of `Proxy-Authorization` to send at once; `nil` waits for a challenge.
    func authorize(_ request: ProxyRequest, _ call: Call) async throws -> String?

    /// Answers a 407: the value to send now, or `nil` to let the refusal stand. Called again for the answer to that,
    /// as long as it gives a value, 10 times at most.
    func answer(_ refusal: ProxyRefusal, to request: ProxyRequest, _ call: Call) async throws -> String?

    /// Sees the fields of a response that came through the proxy with `sent`; by default, does nothing. Not told of
    /// tunnels, whose answers nobody sees.
    func accepted(_ fields: HTTPFields, sent: String, to request: ProxyRequest, _ call: Call)
}

extension ProxyAuthenticator {
    public func answer(_ refusal: ProxyRefusal, to request: ProxyRequest, _ call: Call) async throws -> String? { nil }
    public func accepted(_ fields: HTTPFields, sent: String, to request: ProxyRequest, _ call: Call) {}
}

/// What a proxy is asked for.
public struct ProxyRequest: Sendable {
    /// The proxy.
    public var proxy: ProxyOptions
    /// CONNECT for a tunnel, else the request's own.
    public var method: HTTPRequest.Method
    /// The request target as the proxy gets it: `host:port` for a tunnel, else the whole URL (RFC 9112 §3.2).
    public var target: String
    /// The content that comes with it: none for a tunnel.
    public var body: RequestBody

    /// What `proxy` is asked for.
    public init(proxy: ProxyOptions, method: HTTPRequest.Method, target: String, body: RequestBody = .empty) {
        self.proxy = proxy
        self.method = method
        self.target = target
        self.body = body
    }
}

/// A proxy's 407.
public struct ProxyRefusal: Sendable {
    /// Its fields, with the challenges in `Proxy-Authenticate`.
    public var fields: HTTPFields
    /// The value of `Proxy-Authorization` that was refused; `nil` if none was sent.
    public var sent: String?
    /// How many of the proxy's refusals this request has met, this one included: 1, 2, …
    public var number: Int

    /// A refusal.
    public init(fields: HTTPFields, sent: String? = nil, number: Int = 1) {
        self.fields = fields
        self.sent = sent
        self.number = number
    }
}

extension BasicAuth: ProxyAuthenticator {
    public func authorize(_ request: ProxyRequest, _ call: Call) async throws -> String? { try value(call) }
}

extension BearerAuth: ProxyAuthenticator {
    public func authorize(_ request: ProxyRequest, _ call: Call) async throws -> String? { try value(call) }
}
