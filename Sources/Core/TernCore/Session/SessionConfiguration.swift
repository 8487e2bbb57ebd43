/// The settings of a session. A value: `session.configure` changes them at once for the calls that follow, and every
/// verb takes a closure that changes them for one call.
public struct SessionConfiguration: Sendable {
    // What is asked
    /// What relative URLs are relative to.
    public var baseURL: BaseURL?
    /// Fields for every request. A call's own fields replace those of the same name.
    public var headers: Headers = SessionConfiguration.standardHeaders
    /// Query items for every request. A call's own come after them and replace those of the same name.
    public var params: QueryItems = []

    // What happens around it
    /// Proves who is asking. None by default; user information in a URL counts as Basic credentials.
    public var auth: (any Authenticator)?
    /// Proves to proxies who is asking. If there is none, the credentials of ``ProxyOptions`` are sent by Basic, and
    /// serve for Digest where a proxy wants that.
    public var proxyAuth: (any ProxyAuthenticator)?
    /// Keeps cookies: in memory by default. `nil` sends and stores none.
    public var cookies: (any CookieStorage)? = MemoryCookies()
    /// When requests are sent again: once, if that is provably safe.
    public var retry: (any RetryPolicy)? = SafeRetry()
    /// Which redirects are followed: 20 at most, never from https to http.
    public var redirects: RedirectPolicy = .follow()
    /// Which content codings are asked for and taken off.
    public var decoding: DecodingPolicy = .automatic()
    /// Looks at every hop and attempt.
    public var hooks: [any Hook] = []
    /// Sees the phases of every exchange.
    public var observers: [any EventObserver] = []
    /// Own links around the whole call, the first outermost.
    public var callMiddleware: [any Middleware] = []
    /// Own links around each attempt, the first outermost.
    public var attemptMiddleware: [any Middleware] = []
    /// Whether responses carry a ``Timeline``: no.
    public var recordsTimeline: Bool = false

    // How it travels
    /// How long each phase may take.
    public var timeouts: Timeouts {
        get { exchange.timeouts }
        _modify { yield &exchange.timeouts }
    }
    /// Timeouts, limits, rates and early data, as the transport gets them.
    public var exchange = ExchangeOptions()
    /// The longest body that is buffered: 64 MiB, before and after decoding.
    public var bodyLimit: Int = 64 * 1024 * 1024
    /// Trust and identity.
    public var tls = TLSOptions()
    /// Protocols, addresses and sockets.
    public var connect = ConnectOptions()
    /// Which proxy is used for which URL: none.
    public var proxies: ProxyRules = .none

    /// Tells the time.
    public var clock: any HTTPClock = SystemClock()

    /// The defaults.
    public init() {}

    /// `User-Agent: tern/…` and `Accept: */*`.
    public static let standardHeaders: Headers = [.userAgent: "tern/\(ternVersion)", .accept: "*/*"]
}

/// The version of this library.
public let ternVersion = "0.1.0"

/// What relative URLs are relative to.
public enum BaseURL: Sendable, Hashable {
    /// References are resolved as in a web page (RFC 3986 §5.2): `/x` replaces the whole path.
    case resolving(HTTPURL)
    /// Paths are appended: `x` and `/x` both go below the base's path.
    case appending(HTTPURL)
}

/// Which proxy is used for which URL.
public struct ProxyRules: Sendable {
    /// The choice: `nil` for none.
    public var select: @Sendable (HTTPURL) -> ProxyOptions?
    /// A choice made by `select`, asked once for each origin.
    public init(select: @escaping @Sendable (HTTPURL) -> ProxyOptions?) {
        self.select = select
        memory = ProxyMemory()
    }

    private init() {
        select = { _ in nil }
        memory = nil
    }

    /// What proxies have asked for; `nil` if there is none. Shared by all copies.
    let memory: ProxyMemory?

    /// No proxy.
    public static let none = ProxyRules()
    /// The same proxy for everything.
    public static func all(_ proxy: ProxyOptions) -> ProxyRules { ProxyRules { _ in proxy } }
}
