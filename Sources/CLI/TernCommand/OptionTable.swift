import TernCore

/// Every option of `tern URL`. Names and meanings are curl's; `--transport` and `--timeline` are what curl lacks.
enum OptionTable {
    static let all: [OptionSpec] = request + body + credentials + connection + tls + proxy + time + output + about

    static func option(long name: String) -> OptionSpec? { all.first { $0.long == name } }

    private static let request: [OptionSpec] = [
        .option("request", "X", "METHOD", .request, "use this method") { $0.method = $1 },
        .option("header", "H", "FIELD", .request, "send 'Name: value'; 'Name:' removes, 'Name;' empties; @FILE reads") {
            $0.headers.append($1)
        },
        .flag("head", "I", .request, "ask for the head only") { $0.isHead = $1 },
        .option("user-agent", "A", "NAME", .request, "send this User-Agent; '' for none") { $0.userAgent = $1 },
        .option("referer", "e", "URL", .request, "send this Referer; ';auto' behind sets it on redirects") {
            $0.refersToHops = $1.hasSuffix(";auto")
            $0.referer = $0.refersToHops ? String($1.dropLast(5)) : $1
        },
        .option("range", "r", "RANGE", .request, "ask for these bytes only: 0-99, 100-, -5") { $0.range = $1 },
        .flag("compressed", .request, "ask for a compressed response, and decompress it") { $0.compressed = $1 },
        .option("request-target", "TARGET", .request, "send this target in place of the URL's path") {
            $0.requestTarget = $1
        },
        .flag("path-as-is", .request, "keep /../ and /./ in the path") { $0.pathAsIs = $1 },
        .flag("globoff", "g", .request, "take {}[] in URLs as they are") { $0.globs = !$1 },
        .flag("location", "L", .request, "follow redirects") { $0.followsRedirects = $1 },
        .option("max-redirs", "NUMBER", .request, "follow at most so many (50); -1 for any number") {
            $0.maxRedirects = try Argument.integer($1, "--max-redirs", allowsAny: true)
        },
    ]

    private static let body: [OptionSpec] = [
        .option("data", "d", "DATA", .body, "POST this form data; @FILE reads it, @- from standard input") {
            $0.data.append(Argument.data($1, stripsLines: true))
        },
        .option("data-ascii", "DATA", .body, "the same as --data") {
            $0.data.append(Argument.data($1, stripsLines: true))
        },
        .option("data-raw", "DATA", .body, "POST this; @ has no meaning") { $0.data.append(.text($1)) },
        .option("data-binary", "DATA", .body, "POST this; @FILE is sent as it is") {
            $0.data.append(Argument.data($1, stripsLines: false))
        },
        .option("data-urlencode", "DATA", .body, "POST this, percent-encoded: value, name=value, name@file") {
            $0.data.append(Argument.urlencoded($1))
        },
        .option("json", "DATA", .body, "POST this JSON, and ask for JSON") {
            $0.isJSON = true
            $0.data.append(Argument.data($1, stripsLines: false))
        },
        .flag("get", "G", .body, "put the data into the URL's query, and GET") { $0.dataInQuery = $1 },
        .option("form", "F", "NAME=VALUE", .body, "POST a multipart form: name=text, name=@file, name=<file") {
            $0.form.append(try FormField($1))
        },
        .option("form-string", "NAME=TEXT", .body, "a form field; @, < and ; have no meaning") {
            $0.form.append(try FormField(plain: $1))
        },
        .option("upload-file", "T", "FILE", .body, "PUT this file; - for standard input") { $0.uploadFile = $1 },
        .option("expect100-timeout", "SECONDS", .body, "with -H 'Expect: 100-continue', wait so long for it (1)") {
            $0.expectTimeout = try Argument.seconds($1, "--expect100-timeout")
        },
    ]

    private static let credentials: [OptionSpec] = [
        .option("user", "u", "NAME:PASSWORD", .credentials, "prove who is asking (Basic)") { $0.user = $1 },
        .flag("basic", .credentials, "with Basic authentication, the default") { _, _ in },
        .option("oauth2-bearer", "TOKEN", .credentials, "send this bearer token") { $0.bearer = $1 },
        .option("cookie", "b", "DATA", .credentials, "send 'name=value; …', or keep cookies and start with a file's") {
            $0.cookies.append($1)
        },
    ]

    private static let connection: [OptionSpec] = [
        .flag("http1.1", .connection, "HTTP/1.1 only") { invocation, _ in invocation.protocols = .http1 },
        .flag("http2", .connection, "HTTP/2, or HTTP/1.1 if the server lacks it") { invocation, _ in
            invocation.protocols = [.http1, .http2]
        },
        .flag("http2-prior-knowledge", .connection, "HTTP/2 at once, in clear text too") { invocation, _ in
            invocation.protocols = [.http2, .http2PriorKnowledge]
        },
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
        .option("transport", "NAME", .connection, "auto, curl or h2: what carries the request") { $0.transport = $1 },
    ]

    private static let tls: [OptionSpec] = [
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
            $0.maximumTLS = try Argument.tlsVersion($1, "--tls-max")
        },
    ]

    private static let proxy: [OptionSpec] = [
        .option("proxy", "x", "URL", .proxy, "go through this proxy: http, https, socks4, socks4a, socks5, socks5h") {
            $0.proxy = $1
        },
        .option("noproxy", "HOSTS", .proxy, "not for these hosts, in place of the variable no_proxy") {
            $0.noProxy = $1
        },
        .option("proxy-user", "U", "NAME:PASSWORD", .proxy, "prove who is asking to the proxy (Basic)") {
            $0.proxyUser = $1
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

    private static let time: [OptionSpec] = [
        .option("max-time", "m", "SECONDS", .time, "give up after so long, all included") {
            $0.maxTime = try Argument.limit($1, "--max-time")
        },
        .option("connect-timeout", "SECONDS", .time, "give up connecting after so long") {
            $0.connectTimeout = try Argument.limit($1, "--connect-timeout")
        },
        .option("limit-rate", "SPEED", .time, "bytes a second at most, with k, M or G") {
            $0.limitRate = try Argument.bytes($1, "--limit-rate")
        },
        .option("max-filesize", "BYTES", .time, "refuse a longer body (63)") {
            $0.maxFileSize = try Argument.bytes($1, "--max-filesize")
        },
        .option("retry", "NUMBER", .time, "try again so often after passing failures") {
            $0.retry.limit = try Argument.integer($1, "--retry")
        },
        .option("retry-delay", "SECONDS", .time, "wait so long in between, in place of growing times") {
            $0.retry.delay = try Argument.limit($1, "--retry-delay")
        },
        .option("retry-max-time", "SECONDS", .time, "begin no further try after so long") {
            $0.retry.longest = try Argument.limit($1, "--retry-max-time")
        },
        .flag("retry-connrefused", .time, "a refused connection is a passing failure, too") {
            $0.retry.afterRefusal = $1
        },
        .flag("retry-all-errors", .time, "every failure is a passing one") { $0.retry.afterAnything = $1 },
    ]

    private static let output: [OptionSpec] = [
        .option("output", "o", "FILE", .output, "write the body to this file; once for each URL") {
            $0.outputs.append(.file($1))
        },
        .flag("remote-name", "O", .output, "write the body to a file named as in the URL") {
            if $1 { $0.outputs.append(.remoteName) }
        },
        .flag("remote-name-all", .output, "--remote-name for all URLs") { $0.remoteNameForAll = $1 },
        .option("output-dir", "FOLDER", .output, "where output files go") { $0.outputFolder = $1 },
        .flag("create-dirs", .output, "make the folders of the output file") { $0.createDirs = $1 },
        .flag("include", "i", .output, "show the response's head, too") { $0.include = $1 },
        .option("dump-header", "D", "FILE", .output, "write the head to this file") { $0.dumpHeader = $1 },
        .flag("silent", "s", .output, "no progress, no messages") { $0.silent = $1 },
        .flag("show-error", "S", .output, "messages even with --silent") { $0.showError = $1 },
        .flag("verbose", "v", .output, "tell what happens") { $0.verbose = $1 },
        .flag("fail", "f", .output, "a status of 400 or more is an error (22)") { $0.fail = $1 },
        .flag("fail-with-body", .output, "the same, but show the body") { $0.failWithBody = $1 },
        .option("write-out", "w", "FORMAT", .output, "at the end, write this: %{http_code} and so on; @FILE reads it") {
            $0.writeOut = $1
        },
        .flag("progress-bar", "#", .output, "a bar on a terminal, the default") { $0.showsMeter = $1 },
        .flag("progress-meter", .output, "a bar on a terminal; --no-progress-meter for none") { $0.showsMeter = $1 },
        .flag("no-buffer", "N", .output, "write at once, which is always so") { _, _ in },
        .flag("timeline", .output, "at the end, show the phases with their times") { $0.timeline = $1 },
    ]

    private static let about: [OptionSpec] = [
        .flag("help", "h", .about, "show this") { $0.showsHelp = $1 },
        .flag("version", "V", .about, "show versions, and what each transport can do here") { $0.showsVersion = $1 },
        .flag("disable", "q", .about, "read no configuration file, which is always so") { _, _ in },
        .option("url", "URL", .about, "a URL; the same as one without an option") { $0.urls.append($1) },
    ]
}
