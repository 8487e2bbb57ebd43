import Synchronization
import TestServer

/// Routes about cookies, redirects and caches.
extension Routes {
    /// Visits to `/busy` in this process: each third is let in.
    private static let busyVisits = Atomic(0)

    static let moving: [Route] = [
        Route("/cookies: the cookies, as JSON; /cookies/set?NAME=VALUE and /cookies/delete?NAME change them", [.get]) {
            cookies($0)
        },
        Route("/login: sets a cookie and leads to /account", [.get]) { _ in
            .status(.found, fields: [.location: "/account", .setCookie: "id=42; Path=/; HttpOnly"])
        },
        Route("/account: tells the cookie", [.get]) { visit in
            .text("the server saw the cookie \(visit.request.fields[values: .cookie].joined(separator: "; "))")
        },
        Route("/busy: 503 two times of three, with Retry-After", [.get]) { _ in
            busyVisits.wrappingAdd(1, ordering: .relaxed).newValue % 3 == 0
                ? .text("free at last\n") : .text("busy\n", .serviceUnavailable, fields: [.retryAfter: "0"])
        },
        Route("/redirect/N: N redirects, to /get") { visit in
            let left = visit.number(in: 1...100, else: 1)
            return .redirect(to: left == 1 ? "/get" : "/redirect/\(left - 1)")
        },
        Route("/relative-redirect/N: the same") { visit in
            let left = visit.number(in: 1...100, else: 1)
            return .redirect(to: left == 1 ? "../get" : "\(left - 1)")
        },
        Route("/absolute-redirect/N: the same with whole URLs") { visit in
            let left = visit.number(in: 1...100, else: 1)
            return .redirect(to: visit.url(left == 1 ? "/get" : "/absolute-redirect/\(left - 1)"))
        },
        Route("/redirect-to?url=URL&status_code=CODE: a redirect to anywhere") { visit in
            guard let url = visit["url"], HTTPField.isValidValue(url) else {
                return .text("/redirect-to needs ?url=\n", .badRequest)
            }
            let code = visit["status_code"].flatMap(Int.init) ?? 302
            return .redirect(to: url, .init(code: (300...399).contains(code) ? code : 302))
        },
        Route("/cache: 304 if the client has it already; /cache/N: to be kept N seconds", [.get]) { visit in
            guard visit.parts.count == 1 else {
                let age = visit.number(in: 0...31_536_000, else: 60)
                return json([("url", .text(visit.request.target))], fields: [.cacheControl: "public, max-age=\(age)"])
            }
            let validators: HTTPFields = [
                .eTag: "\"tern\"", .lastModified: "Tue, 01 Sep 2026 00:00:00 GMT",
            ]
            let asked = visit.request.fields
            if asked.contains(.ifNoneMatch) || asked.contains(.ifModifiedSince) {
                return .status(.notModified, fields: validators)
            }
            return json([("url", .text(visit.request.target))], fields: validators)
        },
        Route("/etag/TAG: with that tag; If-Match and If-None-Match are heeded", [.get, .put]) { visit in
            guard let tag = visit.parts.dropFirst().first, HTTPField.isValidValue(tag), !tag.contains("\"") else {
                return .text("/etag needs a tag\n", .badRequest)
            }
            let fields: HTTPFields = [.eTag: "\"\(tag)\""]
            if Tags.list(visit.request.fields[values: .ifNoneMatch], holds: tag) {
                return .status(visit.request.method == .put ? .preconditionFailed : .notModified, fields: fields)
            }
            let wanted = visit.request.fields[values: .ifMatch]
            if !wanted.isEmpty, !Tags.list(wanted, holds: tag) { return .status(.preconditionFailed, fields: fields) }
            return json([("tag", .text(tag))], fields: fields)
        },
    ]

    private static func cookies(_ visit: Visit) -> TestServer.Reply {
        switch visit.parts.dropFirst().first {
        case "set":
            var fields: HTTPFields = [.location: "/cookies"]
            var items = visit.query
            if visit.parts.count == 4 { items.append((name: visit.parts[2], value: visit.parts[3])) }
            for item in items where HTTPField.isValidValue(item.name + item.value) {
                fields.append(HTTPField(name: .setCookie, value: "\(item.name)=\(item.value); Path=/"))
            }
            return .status(.found, fields: fields)
        case "delete":
            var fields: HTTPFields = [.location: "/cookies"]
            for item in visit.query where HTTPField.isValidValue(item.name) {
                fields.append(HTTPField(name: .setCookie, value: "\(item.name)=; Path=/; Max-Age=0"))
            }
            return .status(.found, fields: fields)
        default:
            let pairs = visit.request.fields[values: .cookie].flatMap { $0.split(separator: ";") }.map { pair in
                let parts = pair.drop { $0 == " " }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
            }
            return json([("cookies", JSONText.pairs(pairs))])
        }
    }
}

/// Entity tags (RFC 9110 §8.8.3).
enum Tags {
    /// Whether one of `values` is `*` or lists the tag, weak or strong.
    static func list(_ values: [String], holds tag: String) -> Bool {
        values.contains { value in
            value.split(separator: ",").contains { member in
                let trimmed = member.drop { $0 == " " }
                let bare = trimmed.hasPrefix("W/") ? trimmed.dropFirst(2) : trimmed
                return bare == "*" || bare.prefix { $0 != " " } == "\"\(tag)\""
            }
        }
    }
}
