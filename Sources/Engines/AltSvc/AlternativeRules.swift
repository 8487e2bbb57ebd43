package import Names

/// Which of the alternatives that an origin names are used, and why the others are not.
package struct AlternativeRules: Sendable {
    /// The origin that named them.
    package var origin: Origin
    /// Whether the origin was reached at a private or loopback address: nil if that is not known.
    package var isOriginPrivate: Bool?
    /// Whether the peer's certificate was verified. If it was not, only the origin's own host is believed in.
    package var isVerified: Bool

    package init(_ origin: Origin, isOriginPrivate: Bool?, isVerified: Bool = true) {
        self.origin = origin
        self.isOriginPrivate = isOriginPrivate
        self.isVerified = isVerified
    }

    /// The alternatives of a field in a response that is `age` seconds old (RFC 7838 §3.1), and the reasons for what
    /// was left out.
    package func alternatives(
        in field: AltSvcField, age: Int64, at now: Int64
    ) -> (alternatives: [Alternative], refused: [String]) {
        var alternatives: [Alternative] = []
        var refused = field.faults
        var others: Set<String> = []
        for entry in field.entries {
            guard entry.alpn == "h3" else {
                others.insert(entry.alpn)
                continue
            }
            let service = AltService(alpn: entry.alpn, host: entry.host ?? origin.host, port: entry.port)
            if let reason = refusal(of: service) {
                refused.append(reason)
                continue
            }
            let left = entry.maxAge - max(0, age)
            guard left > 0 else { continue }
            alternatives.append(
                Alternative(service, expires: now + left, persists: entry.persists, mayBePrivate: mayBePrivate))
        }
        if alternatives.isEmpty, !others.isEmpty {
            refused.append("of \(others.sorted().prefix(4).joined(separator: ", ")) none is h3")
        }
        return (alternatives, Array(refused.prefix(AltSvcLimits.faults)))
    }

    /// The alternatives that HTTPS records name.
    package func alternatives(
        at services: [AltService], for seconds: Int64, at now: Int64
    ) -> (alternatives: [Alternative], refused: [String]) {
        var alternatives: [Alternative] = []
        var refused: [String] = []
        for service in services {
            if let reason = refusal(of: service) {
                refused.append(reason)
            } else {
                alternatives.append(
                    Alternative(
                        service, expires: now + min(seconds, AltSvcLimits.longestAge), source: .dns,
                        mayBePrivate: mayBePrivate))
            }
        }
        return (alternatives, refused)
    }

    /// Whether alternatives of the origin may be at private addresses.
    package var mayBePrivate: Bool { isOriginPrivate ?? Self.isPrivate(origin.host) ?? false }

    private func refusal(of service: AltService) -> String? {
        guard service.host != origin.host else { return nil }
        if !isVerified { return "\(service) is on another host, and the origin's certificate was not verified" }
        if !mayBePrivate, Self.isPrivate(service.host) == true {
            return "\(service) is at a private address, and \(origin.host) is not"
        }
        return nil
    }

    /// Whether a host is at a private or loopback address, as far as its name tells.
    private static func isPrivate(_ host: String) -> Bool? {
        if let address = IPAddress(host) { return address.isPrivate }
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        return name == "localhost" || name.hasSuffix(".localhost") ? true : nil
    }
}
