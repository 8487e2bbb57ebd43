/// The rules by which one request follows from another and its 3xx response (RFC 9110 §15.4).
enum Redirection {
    /// Why a redirect is not followed.
    enum Refusal: Error {
        case policy(String)
        case body(BodyNotReplayable)

        var kind: HTTPError.Kind {
            switch self {
            case .policy(let reason): .redirects(reason)
            case .body(let error): .body(error)
            }
        }
    }

    /// Whether a response with `status` names another URL to ask by itself. 300 leaves the choice to people; 304
    /// answers a conditional request; 305 and 306 are deprecated (RFC 9110 §15.4.1 to 7).
    static func isFollowed(_ status: HTTPResponse.Status) -> Bool {
        switch status.code {
        case 301, 302, 303, 307, 308: true
        default: false
        }
    }

    /// The request that follows; `nil` if the response names no `Location`, and is the answer then.
    static func request(
        after status: HTTPResponse.Status, _ fields: HTTPFields, to request: Request, _ policy: RedirectPolicy
    ) throws(Refusal) -> Request? {
        guard let url = try target(of: status, fields, to: request) else { return nil }
        if request.url.scheme == .https, url.scheme == .http, !policy.allowsDowngrade {
            throw .policy("\(status) from \(request) leads from https to \(url), which is not allowed")
        }
        var following = request
        following.url = url
        following.targetOverride = nil
        following.method = method(after: status, request.method, policy)
        if following.method != request.method || status.code == 303 && following.method != .post {
            following.body = .empty
            following.trailers = [:]
            remove(contentFields, from: &following)
        } else if !request.body.isReplayable {
            throw .body(BodyNotReplayable(reason: "\(status) leads to \(url)"))
        }
        if url.origin != request.url.origin {
            // Another origin has another name, whomever one trusts.
            remove([.hostField], from: &following)
            if !policy.trustsOtherOrigins {
                remove(originFields, from: &following)
                remove(policy.sensitiveFields, from: &following)
            }
        }
        return following
    }

    private static func target(
        of status: HTTPResponse.Status, _ fields: HTTPFields, to request: Request
    ) throws(Refusal) -> HTTPURL? {
        let locations = fields[values: .location]
        guard let location = locations.first else { return nil }
        guard locations.allSatisfy({ $0 == location }) else {
            throw .policy("\(status) from \(request) has \(locations.count) Location fields that differ")
        }
        do {
            return try request.url.resolving(location).removingCredentials().inheritingFragment(of: request.url)
        } catch {
            throw .policy("\(status) from \(request) has a Location that cannot be followed: \(error)")
        }
    }

    /// 301 and 302: "the user agent MAY change the method from POST to GET", and all do; QUERY is safe and stays
    /// (RFC 10008 §2.5). 303: GET or HEAD. 307 and 308: "MUST NOT change".
    private static func method(
        after status: HTTPResponse.Status, _ method: HTTPRequest.Method, _ policy: RedirectPolicy
    ) -> HTTPRequest.Method {
        if method == .post, policy.keepsPost.contains(status.code) { return method }
        return switch status.code {
        case 301, 302: method == .post ? .get : method
        case 303: method == .head ? .head : .get
        default: method
        }
    }

    private static func remove(_ names: [HTTPField.Name], from request: inout Request) {
        for name in names where request.fields.contains(name) { request.fields[fields: name] = [] }
    }

    /// What describes content that is not sent any more (RFC 9110 §15.4, RFC 9530 §2 and 3).
    private static let contentFields =
        [
            .contentType, .contentLength, .contentEncoding, .contentLanguage, .contentLocation, .contentRange,
            .transferEncoding, .trailer, .lastModified, .expect,
        ] + ["Digest", "Content-Digest", "Repr-Digest"].compactMap { HTTPField.Name($0) }

    /// What was meant for one origin only (RFC 9110 §15.4, §11.6.2).
    private static let originFields: [HTTPField.Name] = [.authorization, .cookie, .proxyAuthorization]
}
