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
    /// Whether cookies that come are kept: yes. If not, those that are kept already are sent all the same.
    public var allowsIncomingCookies: Bool = true
    /// Cookies for a call of its own, set in the call's closure: sent to the origin that it is made for, and not kept.
    /// Set for a session, they go with every call, whatever its origin.
    public var callCookies = CallCookies()
    /// Which redirects are followed: 20 at most, never from https to http.
    public var redirects: RedirectPolicy = .follow()
    /// Which content codings are asked for and taken off.
    public var decoding: DecodingPolicy = .automatic()
    /// Keeps the rate of requests below a bound, and heeds servers that ask to slow down: none by default.
    public var limiter: RateLimiter?
    /// Writes every attempt to a log, without secrets: off by default; `.standard` is enough to switch it on.
    public var logging: LogPolicy?
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
    /// Refuses to connect to addresses that are not of the public Internet, on every hop and after the host's name is
    /// resolved: for programs that ask URLs of strangers (server-side request forgery). Off by default.
    ///
    /// Loopback, private, link-local, carriers' shared, multicast and reserved addresses end the call in
    /// ``TransportError/Code/addressRefused``, IPv4 ones dressed as IPv6 included; `connect.rules.allowed` makes
    /// exceptions. A call through a proxy that resolves names itself is refused, too: nobody here would see where it
    /// leads.
    public var refusesPrivateAddresses: Bool {
        get { connect.rules.deniesPrivate }
        set { connect.rules.deniesPrivate = newValue }
    }
    /// Sends `Expect: 100-continue` with requests that have a body, and waits so long for the answer before the body
    /// goes out anyway (RFC 9110 §10.1.1): `nil`, the default, does not ask. A server that refuses the request says so
    /// before the body is sent; one that answers 417 gets the request once more without it. Transports that cannot ask
    /// over the protocols allowed refuse such a request: libcurl asks over HTTP/1.1 only.
    public var expectContinue: Duration? {
        get { exchange.expectContinue }
        set { exchange.expectContinue = newValue }
    }
    /// Which proxy is used for which URL: what the environment says.
    public var proxies: ProxyRules = .fromEnvironment
    /// Whether ``environment`` is heeded where nothing else is configured: yes. If not, neither proxies nor trust nor a
    /// key log are taken from it.
    public var trustEnvironment: Bool = true
    /// The variables that are heeded: those that the process had when the configuration was made.
    public var environment = Environment.process {
        didSet { environmentProxies = .environment(environment) }
    }
    /// Made once for each environment: it remembers what its proxies have asked for.
    private var environmentProxies = ProxyRules.none

    /// Tells the time.
    public var clock: any HTTPClock = SystemClock()

    /// The defaults.
    public init() { environmentProxies = .environment(environment) }

    /// The same with trust, key log and proxies from the environment where it is trusted and nothing else is said.
    var heedingEnvironment: SessionConfiguration {
        var effective = self
        if proxies.isFromEnvironment { effective.proxies = trustEnvironment ? environmentProxies : .none }
        if !environment.variables.isEmpty {
            effective.tls = trustEnvironment ? environment.applied(to: tls) : environment.kept(from: tls)
        }
        return effective
    }

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
