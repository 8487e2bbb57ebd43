import CCurl
import TransportCore

/// The options of an easy handle that are the same for every exchange on a route.
///
/// Everything that libcurl would do of its own accord, redirects, cookies, authentication, decoding, proxies and netrc
/// from the environment, stays off.
struct RouteSetup {
    let route: Route
    /// The protocols that may be chosen: those of the route, or HTTP/1.1 alone where an exchange pins it.
    let protocols: ProtocolSet
    let limits: PoolLimits
    /// What stands in `CURLOPT_CONNECT_TO`.
    let connectTo: StringList?
    let keyLog: KeyLog?

    /// Sets the options; ``Easy/refusal`` tells whether libcurl took them.
    func apply(to easy: Easy) {
        easy.set(CURLOPT_NOSIGNAL, true)
        easy.set(CURLOPT_QUICK_EXIT, true)
        easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
        easy.set(CURLOPT_PATH_AS_IS, true)
        easy.set(CURLOPT_HTTP_CONTENT_DECODING, false)
        easy.set(CURLOPT_PIPEWAIT, true)
        easy.set(CURLOPT_TCP_KEEPALIVE, true)
        easy.set(CURLOPT_MAXAGE_CONN, max(1, Int(limits.idle.components.seconds)))
        easy.set(CURLOPT_MAXLIFETIME_CONN, max(1, Int(limits.age.components.seconds)))
        // Its own timeouts would end a phase with a code that says nothing of the phase: ours come first.
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(Int32.max))
        easy.set(CURLOPT_HTTP_VERSION, version)
        switch route.connect.family {
        case .any: break
        case .ipv4: easy.set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V4))
        case .ipv6: easy.set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V6))
        }
        if let connectTo { easy.set(CURLOPT_CONNECT_TO, connectTo) }
        if let path = route.connect.unixSocket { easy.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        if let interface = route.connect.interface {
            easy.set(CURLOPT_INTERFACE, "if!\(interface)")
        } else if let address = route.connect.localAddress {
            easy.set(CURLOPT_INTERFACE, "host!\(address)")
        }
        ProxySetup(route.proxy).apply(to: easy, for: route)
        if route.origin.scheme == .https {
            TLSSetup(route.tls).apply(to: easy, .origin)
            easy.set(CURLOPT_SSL_SESSIONID_CACHE, route.tls.resumesSessions)
            easy.setTLSContextFunction()
        } else if route.proxy?.kind == .https {
            easy.setTLSContextFunction()
        }
    }

    private var version: Int {
        if route.origin.scheme == .http {
            return protocols.contains(.http2PriorKnowledge)
                ? Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE) : Int(CURL_HTTP_VERSION_1_1)
        }
        return protocols.isDisjoint(with: [.http2, .http2PriorKnowledge])
            ? Int(CURL_HTTP_VERSION_1_1) : Int(CURL_HTTP_VERSION_2TLS)
    }
}

/// Trust, identity and versions of TLS.
struct TLSSetup {
    /// Whom the options are for: libcurl has a second set for an HTTPS proxy.
    enum Peer { case origin, proxy }
    private let tls: TLSOptions

    init(_ tls: TLSOptions) { self.tls = tls }

    func apply(to easy: Easy, _ peer: Peer) {
        let isOrigin = peer == .origin
        easy.set(isOrigin ? CURLOPT_SSL_VERIFYPEER : CURLOPT_PROXY_SSL_VERIFYPEER, tls.verifiesPeer)
        easy.set(isOrigin ? CURLOPT_SSL_VERIFYHOST : CURLOPT_PROXY_SSL_VERIFYHOST, tls.verifiesPeer ? 2 : 0)
        applyTrust(easy, isOrigin)
        let newest = tls.maximumVersion.map { Int(TLSSetup.code($0)) << 16 } ?? 0
        easy.set(
            isOrigin ? CURLOPT_SSLVERSION : CURLOPT_PROXY_SSLVERSION, Int(TLSSetup.code(tls.minimumVersion)) | newest)
        guard let identity = tls.identity else { return }
        easy.set(isOrigin ? CURLOPT_SSLCERTTYPE : CURLOPT_PROXY_SSLCERTTYPE, "PEM")
        easy.set(isOrigin ? CURLOPT_SSLKEYTYPE : CURLOPT_PROXY_SSLKEYTYPE, "PEM")
        switch identity.certificates {
        case .file(let path): easy.set(isOrigin ? CURLOPT_SSLCERT : CURLOPT_PROXY_SSLCERT, path)
        case .pem(let bytes): easy.set(isOrigin ? CURLOPT_SSLCERT_BLOB : CURLOPT_PROXY_SSLCERT_BLOB, blob: bytes)
        }
        switch identity.key {
        case .file(let path): easy.set(isOrigin ? CURLOPT_SSLKEY : CURLOPT_PROXY_SSLKEY, path)
        case .pem(let bytes): easy.set(isOrigin ? CURLOPT_SSLKEY_BLOB : CURLOPT_PROXY_SSLKEY_BLOB, blob: bytes)
        }
        if let password = identity.password {
            easy.set(isOrigin ? CURLOPT_KEYPASSWD : CURLOPT_PROXY_KEYPASSWD, password)
        }
    }

    private func applyTrust(_ easy: Easy, _ isOrigin: Bool) {
        let file = isOrigin ? CURLOPT_CAINFO : CURLOPT_PROXY_CAINFO
        let directory = isOrigin ? CURLOPT_CAPATH : CURLOPT_PROXY_CAPATH
        switch tls.trust {
        case .system:
            // As OpenSSL reads them; libcurl leaves that to its callers.
            let fromEnvironment = (Environment.value("SSL_CERT_FILE"), Environment.value("SSL_CERT_DIR"))
            if fromEnvironment.0 != nil || fromEnvironment.1 != nil {
                easy.set(file, fromEnvironment.0)
                easy.set(directory, fromEnvironment.1)
            }
        case .file(let path):
            easy.set(file, path)
            easy.set(directory, String?.none)
        case .directory(let path):
            easy.set(file, String?.none)
            easy.set(directory, path)
        case .certificates(let pem):
            easy.set(file, String?.none)
            easy.set(directory, String?.none)
            easy.set(isOrigin ? CURLOPT_CAINFO_BLOB : CURLOPT_PROXY_CAINFO_BLOB, blob: pem)
        }
    }

    private static func code(_ version: TLSVersion) -> UInt32 {
        switch version {
        case .tls10: UInt32(CURL_SSLVERSION_TLSv1_0)
        case .tls11: UInt32(CURL_SSLVERSION_TLSv1_1)
        case .tls12: UInt32(CURL_SSLVERSION_TLSv1_2)
        case .tls13: UInt32(CURL_SSLVERSION_TLSv1_3)
        }
    }
}

/// The proxy of a route, or none whatever the environment says.
struct ProxySetup {
    private let proxy: ProxyOptions?

    init(_ proxy: ProxyOptions?) { self.proxy = proxy }

    func apply(to easy: Easy, for route: Route) {
        // Empty, not unset: unset means the environment's.
        easy.set(CURLOPT_NOPROXY, "")
        guard let proxy else { return easy.set(CURLOPT_PROXY, "") }
        easy.set(CURLOPT_PROXY, proxy.host.utf8.contains(UInt8(ascii: ":")) ? "[\(proxy.host)]" : proxy.host)
        easy.set(CURLOPT_PROXYPORT, proxy.port)
        easy.set(CURLOPT_PROXYTYPE, type(proxy.kind))
        easy.set(CURLOPT_PROXYAUTH, tern_curl_basic_authentication())
        easy.set(CURLOPT_SOCKS5_AUTH, tern_curl_basic_authentication())
        if let credentials = proxy.credentials {
            easy.set(CURLOPT_PROXYUSERNAME, credentials.user)
            easy.set(CURLOPT_PROXYPASSWORD, credentials.password)
        }
        easy.set(CURLOPT_HTTPPROXYTUNNEL, proxy.tunnelsClearText)
        easy.set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        if proxy.kind == .https { TLSSetup(proxy.tls).apply(to: easy, .proxy) }
    }

    private func type(_ kind: ProxyOptions.Kind) -> Int {
        switch kind {
        case .http: Int(CURLPROXY_HTTP.rawValue)
        case .https: Int(CURLPROXY_HTTPS.rawValue)
        case .socks4: Int(CURLPROXY_SOCKS4.rawValue)
        case .socks4a: Int(CURLPROXY_SOCKS4A.rawValue)
        case .socks5: Int(CURLPROXY_SOCKS5.rawValue)
        case .socks5h: Int(CURLPROXY_SOCKS5_HOSTNAME.rawValue)
        }
    }

    /// The fields for the proxy alone, as libcurl takes them. Its own `User-Agent` is kept out of CONNECT.
    static func fields(_ proxy: ProxyOptions) -> StringList {
        StringList(
            ["User-Agent:"]
                + proxy.fields.map { $0.value.isEmpty ? "\($0.name.rawName);" : "\($0.name.rawName): \($0.value)" })
    }
}
