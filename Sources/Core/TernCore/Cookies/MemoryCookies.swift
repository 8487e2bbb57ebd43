import Synchronization

/// Keeps cookies in memory, by the rules of RFC 6265 §5.
///
/// Taken are at most 3,000 cookies, 180 for one domain, each of at most 4,096 bytes; beyond that those that were not
/// used for longest go. Refused are cookies for other hosts than the sender's and those above it, for names of one
/// label (`Domain=com`), secure ones over http (loopback included), and those that break the promise of a name like
/// `__Host-…`. Suffixes such as `co.uk` are not known yet. `SameSite` and `HttpOnly` are kept without effect.
public final class MemoryCookies: CookieStorage {
    private let jar = Mutex(CookieJar())

    /// An empty storage. Sessions that share the object share the cookies.
    public init() {}

    public func fieldValue(for request: Request, at wallSeconds: Int64) -> String? {
        jar.withLock { jar in
            guard jar.count > 0 else { return nil }
            return jar.fieldValue(for: request.url, excluding: request.ownCookieNames, at: wallSeconds)
        }
    }

    /// Whether there is none.
    var isEmpty: Bool { jar.withLock { $0.count == 0 } }

    public func store(_ values: [String], from url: HTTPURL, at wallSeconds: Int64) {
        for value in values {
            guard let set = SetCookie(value), let cookie = Cookie(set, from: url, at: wallSeconds) else { continue }
            jar.withLock { $0.store(cookie, isSecureOrigin: url.scheme == .https, at: wallSeconds) }
        }
    }

    /// Every cookie, the oldest first; those that have ended may be among them.
    public var all: [Cookie] { jar.withLock { $0.all } }

    /// Keeps `cookie`, whoever may set it, in place of one with the same name, domain and path. Returns whether it was
    /// kept: not with a name or value that a field could not carry (a semicolon, control characters, spaces around).
    @discardableResult
    public func set(_ cookie: Cookie) -> Bool {
        let read = SetCookie("\(cookie.name)=\(cookie.value)")
        guard read?.name == cookie.name, read?.value == cookie.value else { return false }
        jar.withLock { $0.store(cookie, isSecureOrigin: true, at: .min) }
        return true
    }

    /// Removes the cookies that `isRemoved` picks: all by default.
    public func removeAll(where isRemoved: (Cookie) -> Bool = { _ in true }) {
        jar.withLock { $0.removeAll(where: isRemoved) }
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
