import TestServer
import TransportCore

/// What of a request arrives at the server.
extension ConformanceCase {
    static let requests: [ConformanceCase] = [
        ConformanceCase("request.whole", "method, target, fields and content arrive as they were given") { trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server, "/a/b?c=d&e", .put, body: .text("content"))
            call.fields = [.accept: "text/plain", .eTag: "\"x\""]
            _ = try await trial.text(call)
            guard let seen = server.exchanges.first else { throw ConformanceFailure("no request came") }
            try trial.equal(seen.method, .put, "the method")
            try trial.equal(seen.target, "/a/b?c=d&e", "the target")
            try trial.equal(seen.fields[.accept], "text/plain", "a field")
            try trial.equal(seen.text, "content", "the content")
            try trial.equal(seen.fields[.contentLength], "7", "Content-Length")
            try trial.equal(seen.authority, "127.0.0.1:\(server.port)", "the authority")
            try trial.equal(seen.version, trial.way.version, "the version")
        },
        ConformanceCase("request.repeated-fields", "repeated fields arrive in order, and are not joined") { trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server)
            for value in ["1", "2, 3", ""] { call.fields.append(HTTPField(name: .warning, value: value)) }
            _ = try await trial.text(call)
            try trial.equal(server.exchanges.first?.fields[values: .warning], ["1", "2, 3", ""], "Warning")
        },
        ConformanceCase("request.methods", "every method arrives, one that nobody knows, too") { trial in
            let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PROPFIND", "x-odd"]
            let server = try trial.server { _ in .text("") }
            for name in methods {
                guard let method = HTTPRequest.Method(name) else { continue }
                _ = try await trial.text(trial.call(server, "/", method))
            }
            try trial.equal(server.exchanges.map(\.method.rawValue), methods, "the methods")
        },
        ConformanceCase("request.no-content", "a POST without content has a length of nought, a GET has none") {
            trial in
            let server = try trial.server { _ in .text("") }
            _ = try await trial.text(trial.call(server, "/", .post))
            _ = try await trial.text(trial.call(server))
            try trial.equal(server.exchanges.first?.fields[.contentLength], "0", "Content-Length of the POST")
            try trial.equal(server.exchanges.last?.fields[.contentLength], nil, "Content-Length of the GET")
            try trial.equal(server.exchanges.last?.fields[.transferEncoding], nil, "Transfer-Encoding of the GET")
        },
        ConformanceCase("request.targets", "percent-encoding and odd paths are kept") { trial in
            let targets = ["/%7Ea%2Fb", "//double//", "/a?b=%20&c=+", "/a;b=c,d", "/?", "/a/%2e%2E/b"]
            let server = try trial.server { _ in .text("") }
            for target in targets {
                let call = try trial.call(server, target)
                let expected = try HTTPURL(call.url).target
                _ = try await trial.text(call)
                try trial.equal(server.exchanges.last?.target, expected, "the target of \(target)")
            }
        },
        ConformanceCase("request.fragment", "the fragment and user information are not sent") { trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server, "/a#fragment")
            call.url = call.url.replacingScheme(with: "user:secret@")
            _ = try await trial.text(call)
            try trial.equal(server.exchanges.first?.target, "/a", "the target")
            try trial.equal(server.exchanges.first?.authority, "127.0.0.1:\(server.port)", "the authority")
            try trial.equal(server.exchanges.first?.fields[.authorization], nil, "Authorization")
        },
        ConformanceCase("request.host", "a Host field replaces the authority") { trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server)
            call.fields[.hostField] = "other.example:99"
            _ = try await trial.text(call)
            try trial.equal(server.exchanges.first?.authority, "other.example:99", "the authority")
        },
        ConformanceCase(
            "request.framing-fields", "fields that frame a message are taken or refused, the same everywhere"
        ) { trial in
            let server = try trial.server { _ in .text("") }
            let refused: [(HTTPField.Name, String)] = [
                (.transferEncoding, "chunked"), (.upgrade, "websocket"), (.connection, "x-other"), (.te, "gzip"),
                (.contentLength, "9"), (.contentLength, "x"),
            ]
            for (name, value) in refused {
                var call = try trial.call(server, "/", .post, body: .text("12"))
                call.fields[name] = value
                try trial.expect(
                    try await trial.failure(call, "\(name): \(value)"), .badRequest, safety: .notSent,
                    for: "\(name): \(value)")
            }
            try trial.equal(server.connections.count, 0, "connections, as nothing was to be sent")
            var call = try trial.call(server, "/", .post, body: .text("12"))
            call.fields[.te] = "trailers"
            call.fields[.contentLength] = "2"
            _ = try await trial.text(call)
            try trial.equal(server.exchanges.first?.fields[values: .contentLength], ["2"], "Content-Length")
            try trial.equal(server.exchanges.first?.fields[.te], "trailers", "TE")
        },
        ConformanceCase("request.cookies", "several Cookie fields become one") { trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server)
            call.fields.append(HTTPField(name: .cookie, value: "a=1"))
            call.fields.append(HTTPField(name: .cookie, value: "b=2"))
            _ = try await trial.text(call)
            let cookies = server.exchanges.first?.fields[values: .cookie] ?? []
            // HTTP/2 and 3 may cut the field into crumbs (RFC 9113 §8.2.3).
            try trial.equal(cookies.joined(separator: "; "), "a=1; b=2", "Cookie")
        },
        ConformanceCase("request.large-fields", "fields of 20 KiB arrive") { trial in
            let server = try trial.server { _ in .text("") }
            var call = try trial.call(server)
            call.fields[.warning] = String(repeating: "x", count: 20_000)
            _ = try await trial.text(call)
            try trial.equal(server.exchanges.first?.fields[.warning]?.utf8.count, 20_000, "bytes of the field")
        },
        ConformanceCase("request.star", "OPTIONS * asks about the server") { trial in
            let server = try trial.server { _ in .text("") }
            let call = try trial.call(server, "/", .options)
            let exchange = try call.exchange()
            var starred = exchange
            starred.request.targetOverride = "*"
            _ = try await trial.transport.send(starred)
            try trial.equal(server.exchanges.first?.target, "*", "the target")
        },
    ]
}

extension String {
    /// `https://…` becomes `https://` + `part` + `…`.
    func replacingScheme(with part: String) -> String {
        guard let slashes = firstIndex(of: "/") else { return self }
        let rest = self[index(slashes, offsetBy: 2)...]
        return self[..<slashes] + "//" + part + rest
    }
}
