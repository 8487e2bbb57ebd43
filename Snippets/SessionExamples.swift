// The four usage examples of the session document that Docs/ComingFromNiquests.md follows, against a server that runs
// httpbin: swift run SessionExamples http://127.0.0.1:8080
import Glibc
import Tern

struct User: Decodable { var id: Int }
struct Told: Decodable {
    var headers: [String: String]
    var cookies: [String: String]?
}

/// Basic session usage.
func basic(_ server: String) async throws {
    let session = Session()

    // Default headers and authentication for all requests.
    session.configure { settings in
        settings.headers[.userAgent] = "MyApp/1.0"
        settings.headers[.accept] = "application/json"
        settings.auth = BasicAuth(user: "username", password: "password")
    }

    // Several requests with the same settings.
    let users = try await session.get("\(server)/anything/users").checkStatus()
    let posts = try await session.get("\(server)/basic-auth/username/password").checkStatus()
    print("basic     \(try users.json(as: Told.self).headers["User-Agent"] ?? "-"), then \(posts.status.code)")

    // Cookies are kept.
    let login = try await session.post(
        "\(server)/response-headers", .form(["username": "user", "password": "pass"]),
        params: ["Set-Cookie": "login=yes; Path=/"]
    ).checkStatus()
    let protected = try await session.get("\(server)/cookies").checkStatus()
    print(
        "basic     login \(login.status.code), then \(protected.text.contains("\"login\": \"yes\"") ? "known" : "lost")"
    )

    await session.close()
}

/// Context manager usage.
func scoped(_ server: String) async throws {
    try await withSession { session in
        session.headers[.authorization] = "Bearer token123"

        let list = "W3siaWQiOiAxfSwgeyJpZCI6IDJ9XQ=="  // [{"id": 1}, {"id": 2}]
        let users = try await session.get("\(server)/base64/\(list)").json(as: [User].self)
        for user in users {
            let profile = try await session.get("\(server)/anything/users/\(user.id)")
            print("scoped    user \(user.id): \(try profile.json(as: Told.self).headers["Authorization"] ?? "-")")
        }
    }
    // The session is closed here, whatever happened.
}

/// Async session usage.
func concurrent(_ server: String) async throws -> [Told] {
    try await withSession { session in
        session.configure { settings in
            settings.headers[.accept] = "application/json"
            settings.timeouts.total = .seconds(30)
        }
        async let first = session.get("\(server)/anything/endpoint1")
        async let second = session.get("\(server)/anything/endpoint2")
        async let third = session.get("\(server)/anything/endpoint3")
        return try await [first, second, third].map { try $0.json(as: Told.self) }
    }
}

/// Advanced session configuration.
func advanced(_ server: String) async throws {
    var configuration = SessionConfiguration()
    var retries = BackoffRetry(limit: 3)
    retries.backoff = .milliseconds(500)
    configuration.retry = retries

    // Timeouts.
    configuration.timeouts.connect = .seconds(5)
    configuration.timeouts.idleRead = .seconds(30)

    // TLS: whom to trust, and who we are.
    configuration.tls.trust = .file("/path/to/ca-bundle.crt")
    configuration.tls.identity = ClientIdentity(
        certificates: .file("/path/to/client.crt"), key: .file("/path/to/client.key"))

    // Proxies; this server is on this machine.
    configuration.proxies = try .table(
        ["http": "http://proxy.example.com:8080", "https": "https://proxy.example.com:8443"],
        except: "localhost,127.0.0.0/8")

    // Hooks.
    configuration.hooks = [
        ClosureHook.preRequest { request in
            print("advanced  sending \(request.method.rawValue) request")
            return request
        },
        ClosureHook.response { response, _ in
            print("advanced  received \(response.status.code) response")
            return response
        },
    ]

    let session = Session(configuration: configuration)
    let response = try await session.get("\(server)/get")
    print("advanced  \(response.bytes.isEmpty ? "nothing" : "data") after \(response.attempts.count) attempt")
    await session.close()
}

guard CommandLine.arguments.count == 2 else {
    print("usage: SessionExamples URL-OF-HTTPBIN")
    exit(2)
}
let server = CommandLine.arguments[1]
do {
    try await basic(server)
    try await scoped(server)
    print("async     \(try await concurrent(server).count) responses")
    try await advanced(server)
} catch {
    print("failed: \(error)")
    exit(1)
}
