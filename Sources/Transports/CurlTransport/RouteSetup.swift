import CCurl
import FileIO
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
        // Of the two, the option takes one: with both, the socket is bound to the interface when it is opened.
        if let address = route.connect.localAddress {
            easy.set(CURLOPT_INTERFACE, "host!\(address)")
        } else if let interface = route.connect.interface {
            easy.set(CURLOPT_INTERFACE, "if!\(interface)")
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
