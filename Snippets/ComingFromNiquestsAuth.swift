// The Swift lines of Docs/ComingFromNiquests.md, section "Auth", in its order.
import Tern

func auth(_ session: Session<CurlTransport>, _ url: String, _ fetchToken: @escaping TokenAuth.Refresh) async throws {
    // Basic and Bearer
    session.configure { $0.auth = BasicAuth(user: "user", password: "pass") }
    session.configure { $0.auth = BearerAuth(token: "token123") }
    _ = try await session.get(url) { $0.auth = BasicAuth(user: "user", password: "pass") }
    _ = try await session.get("https://user:pass@a.example/")
    _ = try await session.get(url, headers: [.authorization: "Custom abc"])

    // Digest
    session.configure { $0.auth = DigestAuth(user: "user", password: "pass") }
    session.configure { $0.auth = DigestAuth(user: "user", password: "pass", protectsContent: true) }
    session.configure { $0.auth = AnyAuth(user: "user", password: "pass") }

    // Tokens that are refreshed
    session.configure { $0.auth = TokenAuth(.init("token123", lifetime: .seconds(3_600)), refresh: fetchToken) }

    // netrc
    try session.configure { $0.auth = try NetrcAuth() }
    try session.configure { $0.auth = try NetrcAuth("/etc/robot.netrc", scheme: .any) }
    print(try Netrc(contentsOf: "/etc/robot.netrc").credentials(for: "a.example") as Any)

    // Proxies
    let proxy = ProxyOptions(.http, host: "proxy.example", port: 3128)
    session.configure {
        $0.proxies = .all(proxy)
        $0.proxyAuth = DigestAuth(user: "user", password: "pass")
    }

    // An own scheme
    session.configure { $0.auth = Stamped(key: "k") }

    // Challenges
    let response = try await session.get(url)
    for challenge in Challenge.parse(response.headers[values: .wwwAuthenticate]) {
        print(challenge.scheme, challenge.realm ?? "no realm")
    }
}

/// niquests: a subclass of `AuthBase` with `__call__`.
struct Stamped: Authenticator {
    let key: String

    func authorize(_ request: Request, _ call: Call) async throws -> Request {
        var request = request
        request.fields[.authorization] = "Stamped \(key)"
        return request
    }

    func answer(_ response: TransportResponse, to request: Request, _ call: Call) async throws -> Request? {
        nil  // or another request, made from the challenge in `response.fields`
    }
}
