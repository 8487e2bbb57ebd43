internal import Digests

/// The nonces that servers and proxies gave, and how often each was used (RFC 7616 §3.3, §3.6).
struct DigestMemory {
    /// Who gave a nonce.
    enum Party: Hashable {
        case server(Origin)
        case proxy(String)
    }

    /// One use of a nonce.
    struct Ticket {
        let challenge: DigestChallenge
        let secret: String
        let clientNonce: String
        let count: UInt32
    }

    private struct Entry {
        var challenge: DigestChallenge
        let secret: String
        let clientNonce: String
        var count: UInt32
        /// The beginnings of the URLs that the answer is good for; `nil` for all of the party's.
        let prefixes: [String]?

        mutating func use() -> Ticket {
            count += 1
            return Ticket(challenge: challenge, secret: secret, clientNonce: clientNonce, count: count)
        }
    }

    /// The realms of each party, that of the last challenge first.
    private var entries: [Party: [Entry]] = [:]

    /// Parties remembered: a crawler's session must not grow without bound.
    private static let partyLimit = 1_024
    /// Realms remembered for each.
    private static let realmLimit = 8

    /// A use of what `party` gave for `url`, before it asks.
    mutating func ticket(for party: Party, _ url: HTTPURL?) -> Ticket? {
        guard var known = entries[party] else { return nil }
        let address = url?.removingFragment().absoluteString
        guard
            let index = known.firstIndex(where: { entry in
                guard entry.count < .max else { return false }
                guard let prefixes = entry.prefixes, let address else { return true }
                return prefixes.contains { address.hasPrefix($0) }
            })
        else { return nil }
        let ticket = known[index].use()
        entries[party] = known
        return ticket
    }

    /// A use of the nonce in `challenge`, which is kept for requests to come. A nonce that is known counts on.
    mutating func ticket(
        for party: Party, _ url: HTTPURL?, answering challenge: DigestChallenge, secret: String, clientNonce: String
    ) -> Ticket {
        var known = entries[party] ?? []
        var entry = Entry(
            challenge: challenge, secret: secret, clientNonce: clientNonce, count: 0,
            prefixes: url.flatMap { Self.prefixes(challenge.domain, $0) })
        if let index = known.firstIndex(where: { $0.challenge.realm == challenge.realm }) {
            let old = known.remove(at: index)
            if old.challenge.nonce == challenge.nonce, old.challenge.algorithm == challenge.algorithm,
                old.count < .max
            {
                entry = old
            }
        }
        let ticket = entry.use()
        known.insert(entry, at: 0)
        if known.count > Self.realmLimit { known.removeLast() }
        if entries.count >= Self.partyLimit, entries[party] == nil { entries.removeAll() }
        entries[party] = known
        return ticket
    }

    /// Drops a nonce that did not help.
    mutating func forget(_ nonce: String, of party: Party) {
        entries[party]?.removeAll { $0.challenge.nonce == nonce }
    }

    /// The server wants another nonce from now on (RFC 7616 §3.5: `nextnonce`).
    mutating func replace(_ nonce: String, with next: String, of party: Party) {
        guard let index = entries[party]?.firstIndex(where: { $0.challenge.nonce == nonce }) else { return }
        entries[party]?[index].challenge.nonce = next
        entries[party]?[index].count = 0
    }

    /// What of `domain` lies on the server that was asked: only there it may be used.
    private static func prefixes(_ domain: [String], _ url: HTTPURL) -> [String]? {
        if domain.isEmpty { return nil }
        return domain.compactMap { try? url.resolving($0) }.filter { $0.origin == url.origin }.map(\.absoluteString)
    }
}
