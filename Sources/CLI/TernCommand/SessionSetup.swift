import Glibc
import Tern

/// Makes a session of what the command line says about connections, trust, time and repetition.
enum SessionSetup {
    static func transport(_ invocation: Invocation) throws -> AnyTransport {
        switch invocation.transport {
        case "auto", "curl": AnyTransport(CurlTransport())
        default:
            throw UsageError("--transport: there is no '\(invocation.transport)' here; try auto or curl")
        }
    }

    static func configuration(_ invocation: Invocation) throws -> SessionConfiguration {
        var configuration = SessionConfiguration()
        configuration.headers = [
            .userAgent: invocation.userAgent ?? "tern/\(ternVersion)", .accept: "*/*",
        ]
        configuration.redirects =
            invocation.followsRedirects
            ? .follow(limit: invocation.maxRedirects, allowsDowngrade: true) : .none
        configuration.decoding = invocation.compressed ? .automatic() : .none
        configuration.cookies = invocation.cookies.isEmpty ? nil : MemoryCookies()
        configuration.retry = retry(invocation)
        configuration.recordsTimeline = invocation.timeline || invocation.writeOut != nil
        configuration.timeouts = .none
        configuration.timeouts.total = invocation.maxTime
        configuration.timeouts.connect = invocation.connectTimeout ?? .seconds(300)
        configuration.timeouts.resolve = invocation.connectTimeout
        configuration.timeouts.tls = invocation.connectTimeout
        configuration.exchange.rates = RateCaps(send: invocation.limitRate, receive: invocation.limitRate)
        configuration.bodyLimit = .max
        configuration.tls = try tls(invocation)
        configuration.connect = try connect(invocation)
        if let proxy = try proxy(invocation) { configuration.proxies = .all(proxy) }
        if let token = invocation.bearer { configuration.auth = BearerAuth(token: token) }
        if let user = invocation.user {
            let credentials = try credentials(user)
            configuration.auth = BasicAuth(user: credentials.user, password: credentials.password)
        }
        return configuration
    }

    private static func retry(_ invocation: Invocation) -> (any RetryPolicy)? {
        guard invocation.retries > 0 else { return SafeRetry() }
        var policy = BackoffRetry(limit: invocation.retries)
        // curl's list of passing failures, and its times: 1 s, doubled, 10 minutes at most.
        policy.statuses = [408, 429, 500, 502, 503, 504, 522, 524]
        policy.methods = nil
        policy.backoff = invocation.retryDelay ?? .seconds(1)
        policy.longestBackoff = invocation.retryDelay ?? .seconds(600)
        policy.random = { 1 }
        return policy
    }

    private static func tls(_ invocation: Invocation) throws -> TLSOptions {
        var tls = TLSOptions()
        tls.verifiesPeer = !invocation.insecure
        if let folder = invocation.capath { tls.trust = .directory(folder) }
        if let file = invocation.cacert { tls.trust = .file(file) }
        tls.minimumVersion = invocation.minimumTLS
        tls.maximumVersion = invocation.maximumTLS
        if let cert = invocation.cert {
            let parts = cert.split(separator: ":", maxSplits: 1).map(String.init)
            let file = parts.first ?? cert
            tls.identity = ClientIdentity(
                certificates: .file(file), key: .file(invocation.key ?? file),
                password: invocation.keyPassword ?? (parts.count > 1 ? parts[1] : nil))
        }
        for pin in invocation.pinnedKey?.split(separator: ";") ?? [] {
            guard pin.hasPrefix("sha256//"), let hash = Base64Text.decode(String(pin.dropFirst(8))), hash.count == 32
            else { throw UsageError("--pinnedpubkey: '\(pin)' is not sha256//BASE64 of a SHA-256") }
            tls.pins.append(.publicKey(sha256: hash))
        }
        if let path = unsafe getenv("SSLKEYLOGFILE") { tls.keyLogFile = unsafe String(cString: path) }
        return tls
    }

    private static func connect(_ invocation: Invocation) throws -> ConnectOptions {
        var connect = ConnectOptions()
        connect.protocols = invocation.protocols
        connect.family = invocation.family
        connect.unixSocket = invocation.unixSocket
        if let interface = invocation.interface {
            if let address = IPAddress(interface) { connect.localAddress = address } else { connect.interface = interface }
        }
        connect.overrides = try invocation.resolve.map(Places.resolve) + invocation.connectTo.map(Places.connectTo)
        return connect
    }

    private static func proxy(_ invocation: Invocation) throws -> ProxyOptions? {
        guard let text = invocation.proxy, !text.isEmpty else { return nil }
        var proxy = try Places.proxy(text)
        proxy.tls.verifiesPeer = !invocation.insecure
        if let file = invocation.cacert { proxy.tls.trust = .file(file) }
        if let user = invocation.proxyUser { proxy.credentials = try credentials(user) }
        return proxy
    }

    /// `name:password`; asks for a password that is not there, as curl does.
    private static func credentials(_ text: String) throws -> Credentials {
        if let colon = text.firstIndex(of: ":") {
            return Credentials(user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
        }
        guard isatty(STDIN_FILENO) == 1, let password = unsafe getpass("Enter password for user '\(text)': ") else {
            return Credentials(user: text, password: "")
        }
        return Credentials(user: text, password: unsafe String(cString: password))
    }
}
