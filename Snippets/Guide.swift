// The examples of Docs/Guide.md, in its order.
import Tern

func guide(_ session: Session<AutomaticTransport>) async throws {
    // MARK: bodies
    _ = try await session.post("https://a.example/form", .form(["name": "tern", "age": 3]))
    _ = try await session.post("https://a.example/text", .text("a line"))
    _ = try await session.put("https://a.example/file", .file("photo.jpg", type: "image/jpeg"))
    let form: Multipart = [
        .text("title", "a tern"), .file("photo", path: "photo.jpg", type: "image/jpeg"),
    ]
    _ = try await session.post("https://a.example/upload", .multipart(form))

    // MARK: one call's own settings
    let response = try await session.get("https://a.example/", params: ["page": 2], timeout: .seconds(5)) { call in
        call.redirects = .none
        call.timeouts.connect = .seconds(1)
        call.tls.minimumVersion = .tls13
    }
    print(response.status, response.headers[values: .setCookie])

    // MARK: streaming
    let stream = try await session.stream(.get, "https://a.example/events")
    for try await chunk in stream.body { print(chunk.count) }

    // MARK: auth and retry
    let api = try session.with { settings in
        settings.auth = BearerAuth(token: "…")
        settings.retry = BackoffRetry(limit: 3)
        settings.baseURL = .appending(try HTTPURL("https://api.example/v1"))
    }
    _ = try await api.get("birds")

    // MARK: hooks and middleware
    let watched = session.with { settings in
        settings.hooks = [
            ClosureHook.preRequest { request in
                var request = request
                request.fields[.init("X-Trace") ?? .from] = "42"
                return request
            }
        ]
        settings.attemptMiddleware = [Stopwatch()]
    }
    _ = try await watched.get("https://a.example/")

    // MARK: errors
    do {
        _ = try await session.get("https://a.example/").checkStatus()
    } catch {
        switch error.kind {
        case .transport(let failure) where failure.retrySafety == .notSent: print("nothing was sent", failure.phase)
        case .status(let status): print("the server said", status)
        default: print(error)
        }
    }
}

func guideToTheRest(_ session: Session<CurlTransport>) async throws {
    // MARK: cookies and state
    let jar = MemoryCookies()
    try await jar.load(from: "cookies.txt")
    session.cookies = jar
    _ = try await session.get("https://a.example/") { $0.callCookies = ["theme": "dark"] }
    try await jar.save(to: "cookies.txt")
    try await session.saveState(to: "session.json")

    // MARK: proxies and the environment
    let rules = try ProxyRules.table(
        ["http": "http://proxy:8080", "https": "socks5h://proxy", "https://intra.example": nil],
        except: "localhost,10.0.0.0/8,.local.example")
    session.configure { $0.proxies = rules }

    // MARK: rates, guard and log
    session.configure { settings in
        settings.limiter = RateLimiter(.tokenBucket(perSecond: 10, burst: 20))
        settings.refusesPrivateAddresses = true
        settings.logging = .standard
    }

    // MARK: many requests
    let pages = await session.gather(["https://a.example/1", "https://a.example/2"], concurrency: 8)
    print(try pages.map { try $0.get().status })
}

func guideWithoutAwait(_ session: Session<CurlTransport>) throws {
    // MARK: none with await
    let blocking = BlockingSession(session)
    print(try blocking.get("https://a.example/").links["next"]?.url as Any)
}

/// A link around each attempt.
struct Stopwatch: Middleware {
    func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
        let start = next.call.clock.now
        let response = try await next(request)
        print(request, start.duration(to: next.call.clock.now))
        return response
    }
}
