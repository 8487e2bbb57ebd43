/// Cookies by domain, with the rules of RFC 6265bis §5.7 and §5.8 for keeping and choosing them. No lock, no clock.
struct CookieJar {
    private struct Entry {
        var cookie: Cookie
        /// Counts up; kept when a cookie is overwritten (RFC 6265bis §5.7 step 23).
        var created: UInt64
        var used: UInt64
    }

    private let limits: CookieLimits
    private var entries: [String: [Entry]] = [:]
    /// How many secure cookies have a name: so that few names need a look at all domains.
    private var secureNames: [String: Int] = [:]
    private var counter: UInt64 = 0
    private(set) var count = 0

    init(_ limits: CookieLimits = CookieLimits()) { self.limits = limits }

    /// Every cookie, the oldest first.
    var all: [Cookie] { entries.values.joined().sorted { $0.created < $1.created }.map(\.cookie) }

    /// The cookies that go to `url`: longer paths first, then older cookies (RFC 6265bis §5.8.3). Cookies whose name is
    /// in `excluded` are left out.
    mutating func cookies(for url: HTTPURL, excluding excluded: Set<String>, at wallSeconds: Int64) -> [Cookie] {
        guard count > 0 else { return [] }
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
        chosen.sort { left, right in
            let (a, b) = (left.cookie.path.utf8.count, right.cookie.path.utf8.count)
            return a == b ? left.created < right.created : a > b
        }
        return chosen.map(\.cookie)
    }

    /// The value of the `Cookie` field for `url`; `nil` if there are no cookies for it.
    mutating func fieldValue(for url: HTTPURL, excluding excluded: Set<String>, at wallSeconds: Int64) -> String? {
        var value = ""
        for cookie in cookies(for: url, excluding: excluded, at: wallSeconds) {
            let length = cookie.name.utf8.count + cookie.value.utf8.count + 3
            if value.utf8.count + length > limits.field { break }
            if !value.isEmpty { value += "; " }
            value += "\(cookie.name)=\(cookie.value)"
        }
        return value.isEmpty ? nil : value
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
    /// (RFC 6265bis §5.7 step 16, "leave secure cookies alone").
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
            if kept.count >= limits.perDomain { makeRoom(in: &kept, at: wallSeconds) }
            if limits.perDomain > 0 { kept.append(Entry(cookie: cookie, created: counter, used: counter)) }
        }
        replace(cookie.domain, by: kept)
        if count > limits.total { evict(at: wallSeconds) }
    }

    /// Removes all cookies that `isRemoved` picks.
    mutating func removeAll(where isRemoved: (Cookie) -> Bool) {
        for (domain, kept) in entries { replace(domain, by: kept.filter { !isRemoved($0.cookie) }) }
    }

    private mutating func replace(_ domain: String, by kept: [Entry]) {
        for old in entries[domain] ?? [] where old.cookie.isSecure {
            let rest = (secureNames[old.cookie.name] ?? 1) - 1
            secureNames[old.cookie.name] = rest > 0 ? rest : nil
        }
        for new in kept where new.cookie.isSecure { secureNames[new.cookie.name, default: 0] += 1 }
        count += kept.count - (entries[domain]?.count ?? 0)
        entries[domain] = kept.isEmpty ? nil : kept
    }

    private func wouldHideSecure(_ cookie: Cookie) -> Bool {
        guard secureNames[cookie.name] != nil else { return false }
        return entries.contains { domain, kept in
            (CookieScope.matches(domain, domain: cookie.domain) || CookieScope.matches(cookie.domain, domain: domain))
                && kept.contains {
                    $0.cookie.isSecure && $0.cookie.name == cookie.name
                        && CookieScope.matches(cookie.path, cookiePath: $0.cookie.path)
                }
        }
    }

    /// Those that have ended go first, then those that are not secure, then the others; of each kind, the one that was
    /// not used for longest (RFC 6265bis §5.7).
    private func makeRoom(in kept: inout [Entry], at wallSeconds: Int64) {
        kept.removeAll { $0.cookie.isExpired(at: wallSeconds) }
        guard kept.count >= limits.perDomain else { return }
        let first = kept.indices.min { a, b in
            let (left, right) = (kept[a], kept[b])
            return left.cookie.isSecure == right.cookie.isSecure ? left.used < right.used : !left.cookie.isSecure
        }
        if let first { kept.remove(at: first) }
    }

    private mutating func evict(at wallSeconds: Int64) {
        removeAll { $0.isExpired(at: wallSeconds) }
        guard count > limits.total else { return }
        guard limits.total > 0 else { return removeAll { _ in true } }
        // A tenth at once, so that a crawler's jar is not searched for every cookie.
        let used = entries.values.joined().map(\.used).sorted()
        let bound = used[min(count - limits.total + limits.total / 10, used.count - 1)]
        for (domain, kept) in entries { replace(domain, by: kept.filter { $0.used >= bound }) }
    }
}
