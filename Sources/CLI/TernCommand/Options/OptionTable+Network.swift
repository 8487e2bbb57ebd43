import TernCore

/// Options about who is asked, who asks, and the way there.
extension OptionTable {
    static let credentials: [OptionSpec] = [
        .option("user", "u", "NAME:PASSWORD", .credentials, "prove who is asking") { $0.user = $1 },
        .flag("basic", .credentials, "with Basic authentication, the default") { if $1 { $0.schemes = .basic } },
        .flag("digest", .credentials, "with Digest authentication") { $0.schemes = $1 ? .digest : .basic },
        .flag("anyauth", .credentials, "with the best way that the server offers") { $0.schemes = $1 ? .any : .basic },
        .option("oauth2-bearer", "TOKEN", .credentials, "send this bearer token") { $0.bearer = $1 },
        .flag("location-trusted", .credentials, "follow redirects, and prove to other hosts, too, who is asking") {
            $0.followsRedirects = $1
            $0.trustsOtherHosts = $1
        },
        .flag("netrc", "n", .credentials, "take user and password from ~/.netrc") { $0.netrc = $1 ? .required : nil },
        .flag("netrc-optional", .credentials, "the same, unless the URL names a user") {
            $0.netrc = $1 ? .optional : nil
        },
        .option("netrc-file", "FILE", .credentials, "take them from this file") {
            $0.netrcFile = $1
            $0.netrc = $0.netrc ?? .required
        },
        .option("cookie", "b", "DATA", .credentials, "send 'name=value; …', or keep cookies and start with a file's") {
            $0.cookies.append($1)
        },
        .option("cookie-jar", "c", "FILE", .credentials, "keep cookies, and write them to this file at the end") {
            $0.cookieJar = $1
        },
        .flag("junk-session-cookies", "j", .credentials, "leave out cookies of the file that last for a session") {
            $0.forgetsSessionCookies = $1
        },
    ]

    static let connection: [OptionSpec] = [
        .flag("http1.1", .connection, "HTTP/1.1 only") { invocation, _ in invocation.protocols = .http1 },
        .flag("http2", .connection, "HTTP/2, or HTTP/1.1 if the server lacks it") { invocation, _ in
            invocation.protocols = [.http1, .http2]
        },
        .flag("http2-prior-knowledge", .connection, "HTTP/2 at once, in clear text too") { invocation, _ in
            invocation.protocols = [.http2, .http2PriorKnowledge]
        },
        .flag("http3", .connection, "HTTP/3, or an older one if it does not get through") { invocation, _ in
            invocation.protocols = [.http1, .http2, .http3]
            invocation.assumesHTTP3 = true
        },
        .flag("http3-only", .connection, "HTTP/3 only") { invocation, _ in
            invocation.protocols = .http3
            if invocation.transport == "auto" { invocation.transport = "quic" }
        },
        .option("alt-svc", "FILE", .connection, "keep what servers say about HTTP/3 in this file") { $0.altSvc = $1 },
        .flag("ipv4", "4", .connection, "IPv4 addresses only") { $0.family = $1 ? .ipv4 : .any },
        .flag("ipv6", "6", .connection, "IPv6 addresses only") { $0.family = $1 ? .ipv6 : .any },
        .option("resolve", "HOST:PORT:ADDRESS", .connection, "use this address for the host and port") {
            $0.resolve.append($1)
        },
        .option("connect-to", "HOST:PORT:HOST2:PORT2", .connection, "connect to the second in place of the first") {
            $0.connectTo.append($1)
        },
        .option("interface", "NAME", .connection, "connect from this interface or address") { $0.interface = $1 },
        .option("unix-socket", "PATH", .connection, "connect to this Unix socket") { $0.unixSocket = $1 },
        .option("transport", "NAME", .connection, "\(TransportChoice.names): what carries the request") {
            $0.transport = $1
        },
    ]

    static let tls: [OptionSpec] = [
        .flag("insecure", "k", .tls, "trust any certificate: for tests only") { $0.insecure = $1 },
        .option("cacert", "FILE", .tls, "trust the authorities in this file alone") { $0.cacert = $1 },
        .option("capath", "FOLDER", .tls, "trust the authorities in this folder alone") { $0.capath = $1 },
        .option("cert", "E", "FILE[:PASSWORD]", .tls, "show this client certificate") { $0.cert = $1 },
        .option("key", "FILE", .tls, "its private key") { $0.key = $1 },
        .option("pass", "PASSWORD", .tls, "the key's password") { $0.keyPassword = $1 },
        .option("pinnedpubkey", "HASHES", .tls, "the server's key must be one of sha256//BASE64;…") {
            $0.pinnedKey = $1
        },
        .flag("tlsv1", "1", .tls, "TLS 1.0 or newer") { invocation, _ in invocation.minimumTLS = .tls10 },
        .flag("tlsv1.0", .tls, "TLS 1.0 or newer") { invocation, _ in invocation.minimumTLS = .tls10 },
        .flag("tlsv1.1", .tls, "TLS 1.1 or newer") { invocation, _ in invocation.minimumTLS = .tls11 },
        .flag("tlsv1.2", .tls, "TLS 1.2 or newer, the default") { invocation, _ in invocation.minimumTLS = .tls12 },
        .flag("tlsv1.3", .tls, "TLS 1.3 or newer") { invocation, _ in invocation.minimumTLS = .tls13 },
        .option("tls-max", "VERSION", .tls, "1.2 or 1.3: no newer one") {
            $0.maximumTLS = try OptionArgument.tlsVersion($1, "--tls-max")
        },
    ]

    static let proxy: [OptionSpec] = [
        .option("proxy", "x", "URL", .proxy, "go through this proxy: http, https, socks4, socks4a, socks5, socks5h") {
            $0.proxy = $1
        },
        .option("noproxy", "HOSTS", .proxy, "not for these hosts, in place of the variable no_proxy") {
            $0.noProxy = $1
        },
        .option("proxy-user", "U", "NAME:PASSWORD", .proxy, "prove who is asking to the proxy") { $0.proxyUser = $1 },
        .flag("proxy-basic", .proxy, "with Basic authentication, the default") { if $1 { $0.proxySchemes = .basic } },
        .flag("proxy-digest", .proxy, "with Digest authentication") { $0.proxySchemes = $1 ? .digest : .basic },
        .flag("proxy-anyauth", .proxy, "with the best way that the proxy offers") {
            $0.proxySchemes = $1 ? .any : .basic
        },
        .option("proxy-header", "FIELD", .proxy, "a field for the proxy alone") { $0.proxyHeaders.append($1) },
        .flag("proxytunnel", "p", .proxy, "a tunnel (CONNECT) for http: URLs, too") { $0.proxyTunnel = $1 },
        .flag("proxy-insecure", .proxy, "trust any certificate of an https proxy") { $0.proxyInsecure = $1 },
        .option("proxy-cacert", "FILE", .proxy, "trust the authorities in this file for an https proxy") {
            $0.proxyCacert = $1
        },
        .option("socks4", "HOST[:PORT]", .proxy, "a SOCKS4 proxy") { $0.proxy = "socks4://" + $1 },
        .option("socks4a", "HOST[:PORT]", .proxy, "a SOCKS4a proxy") { $0.proxy = "socks4a://" + $1 },
        .option("socks5", "HOST[:PORT]", .proxy, "a SOCKS5 proxy; names are resolved here") {
            $0.proxy = "socks5://" + $1
        },
        .option("socks5-hostname", "HOST[:PORT]", .proxy, "a SOCKS5 proxy that resolves names") {
            $0.proxy = "socks5h://" + $1
        },
    ]
}
