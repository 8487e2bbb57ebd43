import Glibc
import Tern

/// Makes a session of what the command line says about connections, trust, time and repetition.
enum SessionSetup {
    static func configuration(
        _ invocation: Invocation, _ shared: SharedState = SharedState()
    ) async throws -> SessionConfiguration {
        var configuration = SessionConfiguration()
        let agent = invocation.userAgent ?? "tern/\(ternVersion)"
        configuration.headers = agent.isEmpty ? [.accept: "*/*"] : [.userAgent: agent, .accept: "*/*"]
        configuration.redirects =
            invocation.followsRedirects
            ? .follow(limit: invocation.maxRedirects, allowsDowngrade: true) : .none
        configuration.redirects.trustsOtherOrigins = invocation.trustsOtherHosts
        configuration.decoding = invocation.compressed ? .automatic() : .none
        configuration.cookies = await cookies(invocation, shared)
        configuration.retry = CurlRetry(settings: invocation.retry, tells: invocation.tells)
        configuration.timeouts = .none
        configuration.timeouts.total = invocation.maxTime
        // curl's limit holds for finding the host, connecting and the handshake together; 300 s where none is given.
        let connecting = invocation.connectTimeout ?? .seconds(300)
        configuration.timeouts.resolve = connecting
        configuration.timeouts.connect = connecting
        configuration.timeouts.tls = connecting
        configuration.exchange.rates = RateCaps(send: invocation.limitRate, receive: invocation.limitRate)
        configuration.exchange.keepsTransferCodings = invocation.raw
        configuration.bodyLimit = .max
        // What curl takes from the environment, and nothing else, is put together below.
        configuration.environment = Environment()
        configuration.tls = try tls(invocation)
        configuration.connect = try connect(invocation)
        configuration.proxies = try proxies(invocation)
        configuration.auth = try CurlAuth.authenticator(invocation)
        configuration.proxyAuth = CurlAuth.proxyAuthenticator(invocation)
        return configuration
    }

    /// What the command line says about all requests of a session, its fields among them. Cookies are kept, and
    /// bodies are buffered up to the library's limit.
    static func batchConfiguration(
        _ invocation: Invocation, _ shared: SharedState
    ) async throws -> SessionConfiguration {
        var configuration = try await configuration(invocation, shared)
        try RequestBuilder(invocation: invocation).addFields(to: &configuration.headers)
        configuration.cookies = shared.cookies(keeping: true)
        configuration.bodyLimit = SessionConfiguration().bodyLimit
        return configuration
    }

    /// Cookies are kept if an argument of `--cookie` names a file, there or not, rather than cookies, or if they are
    /// to be written.
    private static func cookies(_ invocation: Invocation, _ shared: SharedState) async -> MemoryCookies? {
        let files = invocation.cookies.filter { !$0.contains("=") }
        guard let storage = shared.cookies(keeping: !files.isEmpty || invocation.cookieJar != nil) else { return nil }
        let read = MemoryCookies()
        for file in files where !file.isEmpty {
            // A file that is not there, or lines that are no cookies, are left out, as curl has it.
            if file == "-", let bytes = try? InputReader.all(of: "-") {
                _ = try? read.load(text: bytes, brokenLines: .skip)
            } else {
                _ = try? await read.load(from: file, brokenLines: .skip)
            }
        }
        for cookie in read.all where !invocation.forgetsSessionCookies || cookie.expiry != nil { storage.set(cookie) }
        return storage
    }

    private static func tls(_ invocation: Invocation) throws -> TLSOptions {
        var tls = TLSOptions()
        tls.verifiesPeer = !invocation.insecure
        try trust(invocation, &tls)
        tls.minimumVersion = invocation.minimumTLS
        tls.maximumVersion = invocation.maximumTLS
        if let cert = invocation.cert {
            let (file, password) = Places.certificate(cert)
            tls.identity = ClientIdentity(
                certificates: .file(file), key: .file(invocation.key ?? file),
                password: invocation.keyPassword ?? password)
        }
        for pin in invocation.pinnedKey?.split(separator: ";") ?? [] {
            guard pin.hasPrefix("sha256//"), let hash = Base64Text.decode(String(pin.dropFirst(8))), hash.count == 32
            else {
                throw UsageError(
                    "--pinnedpubkey: '\(pin)' is not sha256//BASE64 of a SHA-256; key files are not built into tern")
            }
            tls.pins.append(.publicKey(sha256: hash))
        }
        if let path = unsafe getenv("SSLKEYLOGFILE") { tls.keyLogFile = unsafe String(cString: path) }
        return tls
    }

    /// Whom to trust. What curl takes together, a file and a folder, is put together here.
    private static func trust(_ invocation: Invocation, _ tls: inout TLSOptions) throws {
        switch (invocation.cacert, invocation.capath) {
        case (nil, nil):
            // curl's own variable comes before those of OpenSSL.
            if let path = unsafe getenv("CURL_CA_BUNDLE") { tls.trust = .file(unsafe String(cString: path)) }
        case (let file?, nil): tls.trust = .file(file)
        case (nil, let folder?): tls.trust = .directory(folder)
        case (.some, .some):
            throw UsageError("--cacert and --capath together are not built into tern: give one of them")
        }
    }

    private static func connect(_ invocation: Invocation) throws -> ConnectOptions {
        var connect = ConnectOptions()
        connect.protocols = invocation.protocols
        connect.family = invocation.family
        connect.unixSocket = invocation.unixSocket
        if let interface = invocation.interface {
            // curl's marks say which of both it is.
            let name = interface.hasPrefix("if!") ? String(interface.dropFirst(3)) : nil
            let host = interface.hasPrefix("host!") ? String(interface.dropFirst(5)) : interface
            if name == nil, let address = IPAddress(host) {
                connect.localAddress = address
            } else {
                connect.interface = name ?? host
            }
        }
        connect.overrides =
            try invocation.resolve.map(Places.resolve)
            + invocation.connectTo.filter { !$0.isEmpty }.map(Places.connectTo)
        return connect
    }

    private static func proxies(_ invocation: Invocation) throws -> ProxyRules {
        let environment = ProxyEnvironment(.process, reading: .curl, noProxy: invocation.noProxy)
        if let text = invocation.proxy {
            guard !text.isEmpty else { return .none }
            let proxy = try proxy(text, invocation)
            return ProxyRules { environment.isExcepted($0) ? nil : proxy }
        }
        // A variable that holds no proxy is an error for the URLs that it is meant for, and no others.
        var known: [String: ProxyOptions] = [:]
        for url in invocation.urls.compactMap({ try? HTTPURL(URLText.complete($0)) }) {
            if let text = environment.text(for: url) { known[text] = try proxy(text, invocation) }
        }
        for scheme in ["http", "https"] {
            // Redirects may lead from one scheme to the other.
            guard let url = try? HTTPURL("\(scheme)://other.invalid/"), let text = environment.text(for: url) else {
                continue
            }
            known[text] = known[text] ?? (try? proxy(text, invocation))
        }
        guard !known.isEmpty else { return .none }
        return ProxyRules { [known] url in environment.text(for: url).flatMap { known[$0] } }
    }

    private static func proxy(_ text: String, _ invocation: Invocation) throws -> ProxyOptions {
        var proxy = try Places.proxy(text)
        proxy.tls.verifiesPeer = !invocation.proxyInsecure
        if let file = invocation.proxyCacert { proxy.tls.trust = .file(file) }
        if let user = invocation.proxyUser { proxy.credentials = CurlAuth.credentials(user) }
        proxy.tunnelsClearText = invocation.proxyTunnel
        for line in invocation.proxyHeaders {
            guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
                throw UsageError("--proxy-header: expected 'Name: value', got '\(line)'")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            proxy.fields.append(HTTPField(name: name, value: String(value)))
        }
        return proxy
    }
}
