import TernCore

/// The `options` of a line: settings that differ from the session's.
struct BatchOptions: Sendable {
    private var changes: [@Sendable (inout SessionConfiguration) -> Void] = []

    var isEmpty: Bool { changes.isEmpty }

    init() {}

    init(_ value: BatchValue) throws(BatchValueError) {
        guard case .object(let members) = value.value else { throw value.wrong("an object") }
        var certificate: (cert: String?, key: String?)
        var redirects: (follows: Bool?, limit: Int?)
        var login: (user: String?, scheme: String?)
        var seen: Set<String> = []
        for member in members {
            guard seen.insert(member.name).inserted else { throw BatchValueError(member.name, "stands twice") }
            let value = BatchValue(member.name, member.value)
            switch member.name {
            case "timeout":
                let time = try value.seconds()
                changes.append { $0.timeouts.total = time }
            case "connectTimeout":
                let time = try value.seconds()
                changes.append {
                    $0.timeouts.resolve = time
                    $0.timeouts.connect = time
                    $0.timeouts.tls = time
                }
            case "followRedirects": redirects.follows = try value.bool()
            case "maxRedirects": redirects.limit = try value.integer()
            case "maxBodyBytes":
                let limit = try value.integer()
                changes.append { $0.bodyLimit = limit }
            case "decode":
                let decodes = try value.bool()
                changes.append { $0.decoding = decodes ? .automatic() : .none }
            case "retries":
                let limit = try value.integer(upTo: 1_000)
                changes.append { $0.retry = limit == 0 ? SafeRetry() : BackoffRetry(limit: limit) }
            case "proxy":
                let proxy = try value.proxy()
                changes.append { $0.proxies = proxy.map { ProxyRules.all($0) } ?? .none }
            case "insecure":
                let isInsecure = try value.bool()
                changes.append { $0.tls.verifiesPeer = !isInsecure }
            case "cacert":
                let path = try value.string()
                changes.append { $0.tls.trust = .file(path) }
            case "cert": certificate.cert = try value.string()
            case "key": certificate.key = try value.string()
            case "unixSocket":
                let path = try value.string()
                changes.append { $0.connect.unixSocket = path }
            case "resolve":
                let overrides = try value.overrides()
                changes.append { $0.connect.overrides = overrides + $0.connect.overrides }
            case "user": login.user = try value.string()
            case "auth": login.scheme = try value.one(of: BatchLogin.schemes)
            default: throw BatchValueError("options." + member.name, "is not a key that is known here")
            }
        }
        take(redirects.follows, redirects.limit)
        try take(certificate.cert, certificate.key)
        try take(login: login.user, login.scheme)
    }

    /// Carries the changes out.
    func apply(to configuration: inout SessionConfiguration) { for change in changes { change(&configuration) } }

    private mutating func take(_ follows: Bool?, _ limit: Int?) {
        guard follows != nil || limit != nil else { return }
        changes.append { configuration in
            guard follows ?? configuration.redirects.isFollowing else { return configuration.redirects = .none }
            configuration.redirects = .follow(limit: limit ?? 50, allowsDowngrade: true)
        }
    }

    private mutating func take(_ certificate: String?, _ key: String?) throws(BatchValueError) {
        guard let certificate else {
            if key != nil { throw BatchValueError("key", "needs a \"cert\"") }
            return
        }
        let identity = ClientIdentity(certificates: .file(certificate), key: .file(key ?? certificate))
        changes.append { $0.tls.identity = identity }
    }

    private mutating func take(login user: String?, _ scheme: String?) throws(BatchValueError) {
        guard let user else {
            if scheme != nil { throw BatchValueError("auth", "needs a \"user\"") }
            return
        }
        let credentials = BatchLogin.credentials(user)
        guard let auth = BatchLogin.authenticator(scheme ?? "basic", credentials) else {
            throw BatchValueError("auth", "is not built yet: \(scheme ?? "")")
        }
        changes.append { $0.auth = auth }
    }
}

extension BatchValue {
    fileprivate func proxy() throws(BatchValueError) -> ProxyOptions? {
        let text = try string()
        guard !text.isEmpty else { return nil }
        do { return try Places.proxy(text) } catch { throw BatchValueError(key, "cannot be used: \(error)") }
    }

    fileprivate func overrides() throws(BatchValueError) -> [AddressOverride] {
        try array().map { value throws(BatchValueError) in
            guard case .array(let parts) = value, parts.count == 3, case .string(let host) = parts[0],
                case .number(let number) = parts[1], let port = Int(number), (1...65_535).contains(port),
                case .string(let text) = parts[2], let address = IPAddress(Places.unbracketed(text))
            else { throw BatchValueError(key, "takes [[\"host\", port, \"address\"], …]") }
            return AddressOverride(
                host: host == "*" ? nil : Places.unbracketed(host), port: port, target: .addresses([address]))
        }
    }
}

/// `user` and `auth` of a line.
enum BatchLogin {
    static let schemes = ["basic", "digest", "any", "bearer"]

    static func credentials(_ text: String) -> Credentials {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return Credentials(user: String(parts.first ?? ""), password: parts.count > 1 ? String(parts[1]) : "")
    }

    static func authenticator(_ scheme: String, _ credentials: Credentials) -> (any Authenticator)? {
        switch scheme {
        case "basic": BasicAuth(credentials)
        case "digest": DigestAuth(credentials)
        case "any": AnyAuth(credentials)
        case "bearer": BearerAuth(token: credentials.user)
        default: nil
        }
    }
}
