package import Names
import Wire

/// The answer of the DNS to a question for HTTPS records (RFC 9460), and what follows from it for an origin.
package struct ServiceAnswer: Sendable {
    /// The name that the records belong to: the one asked for, or where aliases of the DNS (CNAME) led.
    package let owner: String
    package let records: [ServiceRecord]
    /// Seconds that all of it holds.
    package let timeToLive: Int64

    /// The type of HTTPS records.
    package static let type: UInt16 = 65
    private static let alias: UInt16 = 5
    /// Records that are read, and aliases that are followed: who sends more wants to be a burden.
    private static let most = 64

    /// Reads a message (RFC 1035 §4.1) that answers a question for HTTPS records; nil if it breaks the format, is no
    /// answer, or tells of a failure. One that was cut short is read as far as it goes.
    package init?(_ message: [UInt8]) {
        var reader = DNSReader(message)
        guard reader.number16() != nil, let flags = reader.number16(), flags & 0x8000 != 0, flags & 0xF == 0,
            let questions = reader.number16(), let answers = reader.number16(), reader.number32() != nil,
            questions == 1, var name = reader.name(isCompressed: true), reader.number16() == Self.type,
            reader.number16() == 1
        else { return nil }
        var aliases: [String: String] = [:]
        var found: [(name: String, record: ServiceRecord)] = []
        var shortest: UInt32?
        for _ in 0..<min(Int(answers), Self.most) {
            guard let owner = reader.name(isCompressed: true), let type = reader.number16(),
                let kind = reader.number16(), let life = reader.number32(), let length = reader.number16()
            else { break }
            let start = reader.at
            guard let data = reader.bytes(Int(length)) else { break }
            guard kind == 1 else { continue }
            if type == Self.alias {
                var names = DNSReader(message, at: start)
                guard let target = names.name(isCompressed: true) else { return nil }
                aliases[owner] = target
            } else if type == Self.type, let record = ServiceRecord(data) {
                found.append((owner, record))
            } else {
                continue
            }
            shortest = min(shortest ?? life, life)
        }
        for _ in 0..<aliases.count { name = aliases[name] ?? name }
        owner = name
        records = found.filter { $0.name == name }.map(\.record)
        // RFC 2181 §8: a life with the highest bit set is none.
        timeToLive = Int64(shortest.map { $0 > 0x7FFF_FFFF ? 0 : $0 } ?? 0)
    }

    /// What is asked for an origin (RFC 9460 §2.3, §9.1); nil if the DNS knows nothing of such a host.
    package static func question(for origin: Origin) -> String? {
        guard origin.scheme == .https, isAskable(origin.host) else { return nil }
        return origin.port == 443 ? origin.host : "_\(origin.port)._https.\(origin.host)"
    }

    /// Not addresses, names of this machine or of the local network (RFC 6761, RFC 6762), or such without a dot.
    private static func isAskable(_ host: String) -> Bool {
        guard IPAddress(host) == nil, host.utf8.count <= 235 else { return false }
        let labels = host.split(separator: ".")
        guard labels.count > 1, let last = labels.last else { return false }
        return !["localhost", "local", "test", "invalid", "onion"].contains(last)
    }

    /// What is to be done with the answer.
    package enum Meaning: Sendable, Hashable {
        /// Another name is to be asked for (AliasMode, §2.4.2).
        case ask(String)
        /// These are the places where the origin speaks HTTP/3, best first; there may be none.
        case services([AltService])
    }

    /// What the answer means for `origin`.
    package func meaning(for origin: Origin) -> Meaning {
        // Where there is an alias, all else is ignored (§2.4.1).
        if let alias = records.first(where: { $0.priority == 0 }) {
            return alias.target.isEmpty ? .services([]) : .ask(alias.target)
        }
        let usable = records.filter { $0.alpn.contains("h3") && !$0.needsUnknown && $0.port != 0 }
        let sorted = usable.enumerated().sorted { ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset) }
        return .services(
            sorted.prefix(AltSvcLimits.alternatives).compactMap { _, record in
                let name = record.target.isEmpty ? owner : record.target
                // The question for another port has a name of its own, that no address belongs to.
                let host = name == Self.question(for: origin) ? origin.host : name
                guard let host = Authority.host(Array(host.utf8)[...]) else { return nil }
                return AltService(host: host, port: record.port ?? origin.port)
            })
    }
}
