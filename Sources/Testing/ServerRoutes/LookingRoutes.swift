import Digests
import TestServer

/// Routes that tell what came.
extension Routes {
    static let looking: [Route] = [
        Route("/anything: method, fields, query and content of any request, as JSON") { described($0, withBody: true) },
        Route("/get: the same of a GET", [.get]) { described($0, withBody: false) },
        Route("/post: the same of a POST", [.post]) { described($0, withBody: true) },
        Route("/put: the same of a PUT", [.put]) { described($0, withBody: true) },
        Route("/patch: the same of a PATCH", [.patch]) { described($0, withBody: true) },
        Route("/delete: the same of a DELETE", [.delete]) { described($0, withBody: true) },
        Route("/headers: the fields, as JSON") { visit in
            json([("headers", fields(of: visit))])
        },
        Route("/user-agent: what the client calls itself") { visit in
            json([("user-agent", visit.request.fields[.userAgent].map { .text($0) } ?? .none)])
        },
        Route("/ip: the client's address") { visit in json([("origin", .text(origin(of: visit)))]) },
        Route("/connection: what is known of the connection: protocol, TLS, its number") { connection($0) },
        Route("/echo: the request's content, while it comes") { visit in
            var fields = HTTPFields()
            if let type = visit.request.fields[.contentType] { fields[.contentType] = type }
            return [.head(.ok, fields), .echo, .end]
        },
        Route("/upload: bytes and SHA-256 of what was sent", [.post, .put]) { _ in
            [
                .receive,
                .then { request in
                    var members: [(name: String, value: JSONText)] = [("bytes", .number(request.bodyCount))]
                    // Of what is longer only a part is kept.
                    if request.bodyCount == request.body.count {
                        let digest = (try? MessageDigest.of(request.body, .sha256)) ?? []
                        members.append(("sha256", .text(Hexadecimal.encode(digest))))
                    }
                    return json(members).steps
                },
            ]
        },
        Route("/status/CODE: an answer with that status") { status($0) },
        Route("/json: a document", [.get]) { _ in
            json([("name", .text("arctic tern")), ("latin", .text("Sterna paradisaea")), ("wingspan", .number(80))])
        },
        Route("/html: a page", [.get]) { _ in
            .text(
                "<!DOCTYPE html>\n<title>Tern</title>\n<h1>The bird that flies farthest</h1>\n",
                fields: [.contentType: "text/html; charset=utf-8"])
        },
        Route("/response-headers?NAME=VALUE: these fields in the answer") { visit in
            var fields = HTTPFields()
            for item in visit.query {
                guard let name = HTTPField.Name(item.name), HTTPField.isValidValue(item.value) else { continue }
                fields.append(HTTPField(name: name, value: item.value))
            }
            return json([("sent", JSONText.pairs(visit.query))], fields: fields)
        },
    ]

    static func json(
        _ members: [(name: String, value: JSONText)], _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> TestServer.Reply {
        .json(JSONText.object(members).pretty, status, fields: fields)
    }

    static func fields(of visit: Visit) -> JSONText {
        var pairs = visit.request.fields.map { (name: $0.name.rawName, value: $0.value) }
        if let authority = visit.request.authority, visit.request.version > .http11 {
            pairs.insert((name: "Host", value: authority), at: 0)
        }
        return JSONText.pairs(pairs)
    }

    private static func origin(of visit: Visit) -> String {
        if case .ip(let address, _) = visit.request.remote { "\(address)" } else { "unknown" }
    }

    private static func described(_ visit: Visit, withBody: Bool) -> TestServer.Reply {
        [
            .receive,
            .then { request in
                var members: [(name: String, value: JSONText)] = [
                    ("method", .text(request.method.rawValue)), ("url", .text(visit.url(request.target))),
                    ("args", JSONText.pairs(visit.query)), ("headers", fields(of: visit)),
                    ("origin", .text(origin(of: visit))), ("version", .text(request.version.rawValue)),
                ]
                if withBody { members += content(of: request) }
                if !request.trailers.isEmpty {
                    members.append(
                        (
                            "trailers",
                            JSONText.pairs(request.trailers.map { (name: $0.name.rawName, value: $0.value) })
                        ))
                }
                return json(members).steps
            },
        ]
    }

    private static func content(
        of request: TestServer.RecordedExchange
    ) -> [(name: String, value: JSONText)] {
        var members: [(name: String, value: JSONText)] = [("bytes", .number(request.bodyCount))]
        guard let text = String(validating: request.body, as: UTF8.self) else { return members }
        members.append(("data", .text(text)))
        if request.fields[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true {
            members.append(
                ("form", JSONText.pairs(FormEncoding.decode(text).map { (name: $0.0, value: $0.1) })))
        }
        return members
    }

    private static func connection(_ visit: Visit) -> TestServer.Reply {
        let tls = visit.request.tls
        return json([
            ("version", .text(visit.request.version.rawValue)), ("number", .number(visit.request.connection)),
            ("stream", visit.request.stream.map { .number(Int(clamping: $0)) } ?? .none),
            ("tls", tls?.version.map { .text($0.rawValue) } ?? .none),
            ("cipher", tls?.cipher.map { .text($0) } ?? .none), ("group", tls?.group.map { .text($0) } ?? .none),
            ("alpn", tls?.alpn.map { .text($0) } ?? .none),
            ("resumed", tls?.resumed.map { .flag($0) } ?? .none),
        ])
    }

    private static func status(_ visit: Visit) -> TestServer.Reply {
        guard let code = visit.parts.dropFirst().first.flatMap(Int.init), (200...599).contains(code) else {
            return .text("/status takes a number from 200 to 599\n", .badRequest)
        }
        var fields = HTTPFields()
        switch code {
        case 301, 302, 303, 307, 308: fields[.location] = "/get"
        case 401: fields[.wwwAuthenticate] = "Basic realm=\"tern\""
        case 407: fields[.proxyAuthenticate] = "Basic realm=\"tern\""
        case 429, 503: fields[.retryAfter] = "1"
        default: break
        }
        return .status(HTTPResponse.Status(code: code), fields: fields)
    }
}
