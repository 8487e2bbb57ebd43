import Synchronization

/// Keeps cookies in memory, by the rules of RFC 6265bis §5.
///
/// Refused are cookies for other hosts than the sender's and those above it, for public suffixes (`Domain=com`,
/// `Domain=co.uk`, by the public suffix list), secure ones over http (loopback included), and those that break the
/// promise of a name like `__Host-…`. `Max-Age` wins over `Expires`. How much is kept is in ``CookieLimits``; beyond it
/// those that were not used for longest go. `SameSite` and `HttpOnly` are kept without effect.
///
/// May be used from many tasks and threads at once. ``load(from:format:at:brokenLines:)`` and ``save(to:format:at:)``
/// bring cookies from and to files.
public final class MemoryCookies: CookieStorage {
    private let jar: Mutex<CookieJar>
    /// How much is kept.
    public let limits: CookieLimits

    /// An empty storage. Sessions that share the object share the cookies.
    public convenience init() { self.init(limits: CookieLimits()) }

    /// An empty storage that keeps as much as `limits` say.
    public init(limits: CookieLimits) {
        self.limits = limits
        jar = Mutex(CookieJar(limits))
    }

    public func fieldValue(for request: Request, at wallSeconds: Int64) -> String? {
        jar.withLock { jar in
            guard jar.count > 0 else { return nil }
            return jar.fieldValue(for: request.url, excluding: request.ownCookieNames, at: wallSeconds)
        }
    }

    /// Whether there is none.
    public var isEmpty: Bool { jar.withLock { $0.count == 0 } }
    /// How many there are; those that have ended may be among them.
    public var count: Int { jar.withLock { $0.count } }

    public func store(_ values: [String], from url: HTTPURL, at wallSeconds: Int64) {
        for value in values {
            guard let set = SetCookie(value, limits: limits),
                let cookie = Cookie(set, from: url, at: wallSeconds, longest: limits.age)
            else { continue }
            jar.withLock { $0.store(cookie, isSecureOrigin: url.scheme == .https, at: wallSeconds) }
        }
    }

    /// Every cookie, the oldest first; those that have ended may be among them.
    public var all: [Cookie] { jar.withLock { $0.all } }

    /// The cookies that a request for `url` carries at `wallSeconds` since 1970: longer paths first, then older ones.
    public func cookies(for url: HTTPURL, at wallSeconds: Int64 = SystemClock().wallSeconds) -> [Cookie] {
        jar.withLock { $0.cookies(for: url, excluding: [], at: wallSeconds) }
    }

    /// The value of the cookie named `name` that a request for `url` would carry first; `nil` if there is none.
    public func value(
        of name: String, for url: HTTPURL, at wallSeconds: Int64 = SystemClock().wallSeconds
    ) -> String? {
        cookies(for: url, at: wallSeconds).first { $0.name == name }?.value
    }

    /// Keeps `cookie`, whoever may set it, in place of one with the same name, domain and path. Returns whether it was
    /// kept: not with a name or value that a field could not carry (a semicolon, control characters, spaces around).
    @discardableResult
    public func set(_ cookie: Cookie) -> Bool {
        guard cookie.canBeSent(limits) else { return false }
        jar.withLock { $0.store(cookie, isSecureOrigin: true, at: .min) }
        return true
    }

    /// Removes the cookies that `isRemoved` picks: all by default.
    public func removeAll(where isRemoved: (Cookie) -> Bool = { _ in true }) {
        jar.withLock { $0.removeAll(where: isRemoved) }
    }

    /// Adds cookies in one step, so that nobody sees half of them.
    func add(_ cookies: [Cookie], at wallSeconds: Int64) {
        jar.withLock { jar in
            for cookie in cookies { jar.store(cookie, isSecureOrigin: true, at: wallSeconds) }
        }
    }
}

extension Cookie {
    /// Whether name and value come out of a `Cookie` field as they went in.
    func canBeSent(_ limits: CookieLimits) -> Bool {
        let read = SetCookie("\(name)=\(value)", limits: limits)
        return read?.name == name && read?.value == value && HTTPField.isValidValue(value)
    }
}

extension Request {
    /// The names in the request's own `Cookie` fields: they win over those of a storage.
    var ownCookieNames: Set<String> {
        guard fields.contains(.cookie) else { return [] }
        var names: Set<String> = []
        for value in fields[values: .cookie] {
            for pair in value.split(separator: ";") {
                let name = pair.prefix { $0 != "=" }
                names.insert(String(name.drop { $0 == " " }))
            }
        }
        return names
    }
}
