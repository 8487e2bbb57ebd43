/// What resumes a session later: TLS's own data, and the transport parameters and settings that early data obeys.
package struct QUICTicket: Equatable, Sendable {
    /// GnuTLS's form of a session, the keys in it: as secret as a password. A digest over it and the parameters
    /// stands at its end; without it, or damaged, it resumes nothing.
    package var session: [UInt8]
    /// The server's transport parameters (RFC 9000 §7.4.1); empty if early data cannot be sent.
    package var parameters: [UInt8]

    package init(session: [UInt8], parameters: [UInt8]) {
        self.session = session
        self.parameters = parameters
    }
}

/// Tickets and tokens, by route. Bounded; the one longest unused goes first. One for each loop: not safe for use by
/// two threads at once.
///
/// A ticket is only found with the context and the host it came from, since the server's certificate is not verified
/// again when a session is resumed.
package final class QUICTicketStore {
    private struct Key: Hashable {
        let context: ObjectIdentifier
        let host: String?
        let route: String
    }
    private struct Entry {
        var tickets: [QUICTicket] = []
        var token: [UInt8] = []
        var usedAt: UInt64 = 0
        /// Keeps the context's identity from being used again.
        let context: QUICContext
    }

    /// Routes whose tickets are kept.
    package let capacity: Int
    /// Tickets that are kept for one route.
    private static let perRoute = 4
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    /// A store for `capacity` routes: 256 if not said.
    package init(capacity: Int = 256) { self.capacity = max(1, capacity) }

    /// Tickets that are kept.
    package var count: Int { entries.values.reduce(0) { $0 + $1.tickets.count } }

    /// Forgets all.
    package func removeAll() { entries.removeAll() }

    /// Keeps a ticket for `route`, which must say what tells one server from another beside host and context.
    package func keep(_ ticket: QUICTicket, for route: String, host: String?, context: QUICContext) {
        change(route, host, context) { entry in
            if entry.tickets.count >= Self.perRoute { entry.tickets.removeFirst() }
            entry.tickets.append(ticket)
        }
    }

    /// Keeps the newest token of a server.
    package func keep(token: [UInt8], for route: String, host: String?, context: QUICContext) {
        change(route, host, context) { $0.token = token }
    }

    /// The newest ticket, taken out: each is used once (RFC 8446 §C.4).
    package func takeTicket(for route: String, host: String?, context: QUICContext) -> QUICTicket? {
        let key = Key(context: ObjectIdentifier(context), host: host, route: route)
        uses += 1
        entries[key]?.usedAt = uses
        return entries[key]?.tickets.popLast()
    }

    /// The token, taken out: it links two connections for who watches them if used again (RFC 9000 §8.1.3).
    package func takeToken(for route: String, host: String?, context: QUICContext) -> [UInt8] {
        let key = Key(context: ObjectIdentifier(context), host: host, route: route)
        guard let token = entries[key]?.token else { return [] }
        entries[key]?.token = []
        return token
    }

    private func change(_ route: String, _ host: String?, _ context: QUICContext, _ body: (inout Entry) -> Void) {
        uses += 1
        let key = Key(context: ObjectIdentifier(context), host: host, route: route)
        var entry = entries[key] ?? Entry(context: context)
        entry.usedAt = uses
        body(&entry)
        entries[key] = entry
        guard entries.count > capacity, let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt }) else {
            return
        }
        entries[oldest.key] = nil
    }
}
