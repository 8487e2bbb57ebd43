// The Swift lines of Docs/ComingFromNiquests.md about sessions, requests, cookies, proxies and what surrounds them, in
// its order.
import CurlTransport
import MockTransport
import NativeH2Transport
import Tern

func sessions() async throws {
    // MARK: a session
    let session = Session()
    session.headers["X-App"] = "1"
    session.configure { $0.headers[.userAgent] = "MyApp/1.0" }
    await session.close()

    // MARK: scoped
    let text = try await withSession { session in try await session.get("https://a.example/").text }
    print(text)

    // MARK: one's own settings
    var configuration = SessionConfiguration()
    configuration.baseURL = .appending(try HTTPURL("https://api.example/v1"))
    configuration.params = ["key": "abc"]
    configuration.headers = ["Accept": "application/json"]
    configuration.timeouts.total = .seconds(30)
    configuration.timeouts.connect = .seconds(5)
    configuration.timeouts = .none
    configuration.connect.protocols = [.http1, .http2]
    configuration.connect.protocols = .http2PriorKnowledge
    configuration.connect.family = .ipv4
    configuration.connect.localAddress = IPAddress("192.0.2.7")
    configuration.connect.interface = "eth0"
    configuration.connect.unixSocket = "/var/run/docker.sock"
    configuration.tls.trust = .file("/etc/ssl/my-ca.pem")
    configuration.tls.verifiesPeer = false
    configuration.tls.pins = [.certificate(sha256: [UInt8](repeating: 0, count: 32))]
    configuration.tls.minimumVersion = .tls13
    configuration.tls.identity = ClientIdentity(certificates: .file("client.crt"), key: .file("client.key"))
    configuration.bodyLimit = 1 << 30
    let api = Session(configuration: configuration)
    _ = try await api.get("birds")

    // MARK: pools
    var pool = CurlTransport.Configuration()
    pool.pool.connectionsPerOrigin = 10
    pool.pool.idle = .seconds(60)
    let pooled = Session(owning: CurlTransport(configuration: pool))
    await pooled.close()

    // MARK: another transport
    let native = Session(owning: NativeH2Transport())
    await native.close()

    // MARK: an application in this process
    let app = Session(transport: MockTransport { sent in MockResponse(.ok, "hello, \(sent.request.url.path)") })
    _ = try await app.get("http://app.test/bird")

    // MARK: mounted transports
    let routed = Session(
        owning: try RoutingTransport(mounts: [
            "https://": AnyTransport(NativeH2Transport()), "http://": AnyTransport(CurlTransport()),
            "https://api.example/v2": AnyTransport(MockTransport { _ in .json("{}") }),
        ]))
    await routed.close()
}

func requests(_ session: Session<CurlTransport>) async throws {
    // MARK: verbs
    _ = try await session.get("https://a.example/", params: ["q": "terns", "tag": ["sea", "bird"], "page": nil])
    _ = try await session.head("https://a.example/") { $0.redirects = .follow() }
    _ = try await session.query("https://a.example/search", .json(["q": "terns"]))
    _ = try await session.request(HTTPRequest.Method("PURGE") ?? .delete, "https://a.example/")

    // MARK: bodies
    _ = try await session.post("https://a.example/", .form(["name": "tern"]))
    _ = try await session.post("https://a.example/", .text("a line"))
    _ = try await session.post("https://a.example/", .bytes([1, 2, 3], type: "application/octet-stream"))
    _ = try await session.post("https://a.example/", .json(["name": "tern"]))
    _ = try await session.post("https://a.example/", .file("photo.jpg", type: "image/jpeg"))
    let form: Multipart = [.text("title", "a tern"), .file("photo", path: "photo.jpg", type: "image/jpeg")]
    _ = try await session.post("https://a.example/", .multipart(form))

    // MARK: one call
    _ = try await session.get("https://a.example/", headers: ["Accept": "text/html", .userAgent: nil])
    _ = try await session.get("https://a.example/", timeout: .seconds(5))
    _ = try await session.get("https://a.example/") { $0.callCookies = ["theme": "dark"] }
    _ = try await session.get("https://a.example/") { $0.redirects = .none }
    _ = try await session.get("https://a.example/") {
        $0.proxies = .all(ProxyOptions(.http, host: "proxy", port: 8080))
    }
    _ = try await session.post("https://a.example/", .file("large.bin")) { $0.expectContinue = .seconds(1) }
    _ = try await session.put("https://a.example/", .file("large.bin")) { call in
        call.hooks.append(.onUpload { _, sent, total in print(sent, total ?? 0) })
    }

    // MARK: prepare and send
    var request = try session.prepare(.get, "https://a.example/", headers: ["Accept": "text/html"])
    request.fields[.acceptLanguage] = "de"
    _ = try await session.send(request)

    // MARK: streams
    let stream = try await session.stream("https://a.example/large")
    for try await chunk in stream.body { print(chunk.count) }
    for try await line in try await session.stream("https://a.example/log").lines { print(line) }
    _ = try await session.download("https://a.example/large", to: "large.bin") { print($0.fraction ?? 0) }

    // MARK: responses
    let response = try await session.get("https://a.example/").checkStatus()
    print(response.status.code, response.headers[values: .setCookie], response.text, response.bytes.count)
    print(response.links["next"]?.url as Any, response.retryAfter as Any)
    print(response.contentDisposition?.safeFilename ?? "download")
    print(response.cookies(), response.history.count, response.version, response.connection)

    // MARK: many at once
    let pages = await session.gather(["https://a.example/1", "https://a.example/2"], concurrency: 8)
    for page in pages { print(try page.get().status) }
    await session.gather(["1", "2"], concurrency: 8) { (session, page) async throws(HTTPError) -> Response in
        try await session.get("https://a.example/\(page)")
    } finished: { index, result in
        print(index, result)
    }
}

func cookiesAndEnvironment(_ session: Session<CurlTransport>) async throws {
    // MARK: cookies
    let cookies = MemoryCookies()
    session.cookies = cookies
    cookies.set(Cookie("theme", "dark", domain: "a.example"))
    print(cookies.value(of: "theme", for: try HTTPURL("https://a.example/")) ?? "none")
    cookies.removeAll { $0.domain == "a.example" }
    session.configure { $0.allowsIncomingCookies = false }
    try await cookies.load(from: "cookies.txt")
    try await cookies.save(to: "cookies.txt")
    try await cookies.save(to: "cookies.json", format: .json)

    // MARK: state
    try await session.loadState(from: "session.json")
    try await session.saveState(to: "session.json")

    // MARK: proxies
    let rules = try ProxyRules.table(
        ["http": "http://proxy.example:8080", "https": "socks5h://proxy.example", "https://intra.example": nil],
        except: "localhost,10.0.0.0/8")
    session.configure { $0.proxies = rules }
    session.configure { $0.proxies = .none }
    session.configure { $0.trustEnvironment = false }

    // MARK: limits, guard, log
    session.configure { $0.limiter = RateLimiter(.tokenBucket(perSecond: 10, burst: 20)) }
    session.configure { $0.limiter = RateLimiter(.leakyBucket(perSecond: 10)) }
    session.configure { $0.refusesPrivateAddresses = true }
    session.configure { $0.logging = .standard }
}

func single() async throws {
    // MARK: single requests
    _ = try await Tern.get("https://a.example/")
    _ = try await Tern.post("https://a.example/", .json(["name": "tern"]), timeout: .seconds(10))
}

func blocking() throws {
    // MARK: without await
    let session = BlockingSession()
    print(try session.get("https://a.example/").checkStatus().text)
    try session.close()
}
