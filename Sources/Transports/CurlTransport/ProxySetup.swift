import CCurl
import TransportCore

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
