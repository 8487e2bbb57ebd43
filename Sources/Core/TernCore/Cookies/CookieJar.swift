/// Cookies by domain, with the rules of RFC 6265 §5.3 and §5.4 for keeping and choosing them. No lock, no clock.
struct CookieJar {
    private struct Entry {
        var cookie: Cookie
        /// Counts up; kept when a cookie is overwritten (RFC 6265 §5.3 step 11).
        var created: UInt64
        var used: UInt64
    }

    /// All together: 3,000 (RFC 6265 §6.1).
    static let limit = 3_000
    /// For one domain: 180, as in browsers; RFC 6265 §6.1 asks for 50 at least.
    static let domainLimit = 180

    private var entries: [String: [Entry]] = [:]
    private var counter: UInt64 = 0
    private(set) var count = 0

    /// Every cookie, the oldest first.
    var all: [Cookie] { entries.values.joined().sorted { $0.created < $1.created }.map(\.cookie) }

    /// The value of the `Cookie` field for `url`: longer paths first, then older cookies (RFC 6265 §5.4). Cookies
    /// whose name is in `excluded` are left out. `nil` if there are none.
    mutating func fieldValue(for url: HTTPURL, excluding excluded: Set<String>, at wallSeconds: Int64) -> String? {
        guard count > 0 else { return nil }
        var chosen: [Entry] = []
        let path = url.path
        for domain in Self.domains(of: url) {
            guard let kept = entries.index(forKey: domain.name) else { continue }
            // By index, so that noting the use copies nothing.
            for index in entries.values[kept].indices {
                let cookie = entries.values[kept][index].cookie
                guard domain.isHost || !cookie.isHostOnly, !cookie.isSecure || url.scheme == .https,
                    CookieScope.matches(path, cookiePath: cookie.path), !cookie.isExpired(at: wallSeconds),
                    !excluded.contains(cookie.name)
                else { continue }
                counter += 1
                entries.values[kept][index].used = counter
                chosen.append(entries.values[kept][index])
            }
        }
        if chosen.isEmpty { return nil }
        chosen.sort { left, right in
            let (a, b) = (left.cookie.path.utf8.count, right.cookie.path.utf8.count)
            return a == b ? left.created < right.created : a > b
        }
        return chosen.map { "\($0.cookie.name)=\($0.cookie.value)" }.joined(separator: "; ")
    }

    /// The host, and the names above it. Only the host itself if it is an IP address.
    private static func domains(of url: HTTPURL) -> [(name: String, isHost: Bool)] {
        let host = url.host
        var domains = [(host, true)]
        if url.isIPLiteral { return domains }
        var rest = host[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            domains.append((String(rest), false))
        }
        return domains
    }

    /// Keeps `cookie` in place of one with the same name, domain and path; one that has ended only removes it.
    /// `isSecureOrigin` says whether it came over https: if not, it cannot hide a secure cookie of the same name
    /// (RFC 6265bis §5.7, "leave secure cookies alone").
    mutating func store(_ cookie: Cookie, isSecureOrigin: Bool, at wallSeconds: Int64) {
        if !isSecureOrigin, wouldHideSecure(cookie) { return }
        counter += 1
        var kept = entries[cookie.domain] ?? []
        let old = kept.firstIndex {
            $0.cookie.name == cookie.name && $0.cookie.path == cookie.path
                && $0.cookie.isHostOnly == cookie.isHostOnly
        }
        if cookie.isExpired(at: wallSeconds) {
            if let old { kept.remove(at: old) }
        } else if let old {
            kept[old] = Entry(cookie: cookie, created: kept[old].created, used: counter)
        } else {
            if kept.count >= Self.domainLimit { Self.makeRoom(in: &kept, at: wallSeconds) }
            kept.append(Entry(cookie: cookie, created: counter, used: counter))
        }
        replace(cookie.domain, by: kept)
        if count > Self.limit { evict(at: wallSeconds) }
    }

    /// Removes all cookies that `isRemoved` picks.
    mutating func removeAll(where isRemoved: (Cookie) -> Bool) {
        for (domain, kept) in entries { replace(domain, by: kept.filter { !isRemoved($0.cookie) }) }
    }

    private mutating func replace(_ domain: String, by kept: [Entry]) {
        count += kept.count - (entries[domain]?.count ?? 0)
        entries[domain] = kept.isEmpty ? nil : kept
    }

    private func wouldHideSecure(_ cookie: Cookie) -> Bool {
        entries.contains { domain, kept in
            (CookieScope.matches(domain, domain: cookie.domain) || CookieScope.matches(cookie.domain, domain: domain))
                && kept.contains {
                    $0.cookie.isSecure && $0.cookie.name == cookie.name
                        && CookieScope.matches(cookie.path, cookiePath: $0.cookie.path)
                }
        }
    }

    /// Those that have ended go first, then the one that was not used for longest (RFC 6265 §5.3).
    private static func makeRoom(in kept: inout [Entry], at wallSeconds: Int64) {
        kept.removeAll { $0.cookie.isExpired(at: wallSeconds) }
        guard kept.count >= domainLimit,
            let oldest = kept.indices.min(by: { kept[$0].used < kept[$1].used })
        else { return }
        kept.remove(at: oldest)
    }

    private mutating func evict(at wallSeconds: Int64) {
        removeAll { $0.isExpired(at: wallSeconds) }
        guard count > Self.limit else { return }
        // A tenth at once, so that a crawler's jar is not searched for every cookie.
        let used = entries.values.joined().map(\.used).sorted()
        let bound = used[min(count - Self.limit + Self.limit / 10, used.count - 1)]
        for (domain, kept) in entries { replace(domain, by: kept.filter { $0.used >= bound }) }
    }
}
