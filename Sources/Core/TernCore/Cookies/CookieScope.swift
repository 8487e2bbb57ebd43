/// Which hosts and paths a cookie goes to (RFC 6265 §5.1.3 and 5.1.4), and who may set it (§5.3).
enum CookieScope {
    /// Whether `host` is `domain` or lies below it. An IP address is only itself: the caller asks about names.
    static func matches(_ host: String, domain: String) -> Bool {
        host == domain || lies(host, below: domain)
    }

    /// Whether `host` ends in a dot and `domain`.
    static func lies(_ host: String, below domain: String) -> Bool {
        let (whole, tail) = (host.utf8, domain.utf8)
        guard whole.count > tail.count, whole.reversed().starts(with: tail.reversed()) else { return false }
        return whole[whole.index(whole.endIndex, offsetBy: -tail.count - 1)] == UInt8(ascii: ".")
    }

    /// Whether a cookie for `cookiePath` goes to `path`.
    static func matches(_ path: String, cookiePath: String) -> Bool {
        let (whole, head) = (path.utf8, cookiePath.utf8)
        guard whole.starts(with: head) else { return false }
        if whole.count == head.count || head.last == UInt8(ascii: "/") { return true }
        return whole[whole.index(whole.startIndex, offsetBy: head.count)] == UInt8(ascii: "/")
    }

    /// The path of a cookie that names none: that of the URL up to its last slash (RFC 6265 §5.1.4).
    static func defaultPath(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// A domain as ``HTTPURL/host`` would write it, `bücher.example` as `xn--bcher-kva.example`; `nil` if it is none.
    static func normal(_ domain: String) -> String? {
        if domain.utf8.allSatisfy({ $0 < 0x80 }) { return domain }
        guard !domain.utf8.contains(where: { "/:@?#[]\\".utf8.contains($0) }) else { return nil }
        return (try? HTTPURL("http://\(domain)/"))?.host
    }
}

extension Cookie {
    /// The cookie that `set` makes when it comes from `url` at `wallSeconds`; `nil` if it may not be set.
    init?(_ set: SetCookie, from url: HTTPURL, at wallSeconds: Int64, longest: Duration? = nil) {
        let host = url.host
        let isLone: Bool
        if let given = set.domain {
            guard let domain = CookieScope.normal(given),
                url.isIPLiteral
                    ? domain == host
                    : CookieScope.matches(host, domain: domain)
            else { return nil }
            isLone = url.isIPLiteral || PublicSuffixList.contains(domain)
            // Nobody but the suffix itself, `localhost` say, may name it (RFC 6265 §5.3 step 5).
            guard !isLone || domain == host else { return nil }
            self.domain = domain
        } else {
            isLone = true
            self.domain = host
        }
        isHostOnly = isLone
        name = set.name
        value = set.value
        path = set.path ?? CookieScope.defaultPath(of: url.path)
        isSecure = set.isSecure
        isHTTPOnly = set.isHTTPOnly
        sameSite = set.sameSite
        // Max-Age wins over Expires (RFC 6265 §5.3 step 3).
        let end = set.maxAge.map { $0 <= 0 ? Int64.min : wallSeconds.saturatingAdd($0) } ?? set.expires
        let latest = longest.map { wallSeconds.saturatingAdd($0.components.seconds) } ?? .max
        expiry = end.map { min($0, latest) }
        // "Secure" means from and to https, the loopback included: the scheme says whether others can listen.
        if isSecure, url.scheme != .https { return nil }
        guard keepsPrefixPromise(set) else { return nil }
    }

    /// The names `__Secure-…` and `__Host-…` promise attributes (RFC 6265bis §4.1.3); compared without regard to
    /// case, since servers may compare so.
    private func keepsPrefixPromise(_ set: SetCookie) -> Bool {
        let lowered = name.lowercased()
        if lowered.hasPrefix("__secure-") { return isSecure }
        if lowered.hasPrefix("__host-") { return isSecure && set.domain == nil && set.path == "/" }
        return true
    }
}

extension Int64 {
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
