internal import COpenSSL
internal import DequeModule

/// Sessions that may be resumed, by route. Bounded; the one longest unused goes first. One for each loop: not safe
/// for use by two threads at once.
///
/// A session is only found with the context and the host it came from, since its certificate is not verified again.
package final class TLSSessionStore {
    private struct Key: Hashable {
        let context: ObjectIdentifier
        let host: String?
        let route: String
    }
    private struct Entry {
        var sessions: [StoredSession]
        var usedAt: UInt64
        /// Keeps the context's identity from being used again.
        let context: TLSContext
    }

    /// Routes whose sessions are kept.
    package let capacity: Int
    /// Sessions that are kept for one route. Servers give two; with TLS 1.3 each is used once (RFC 8446 §C.4).
    private static let perRoute = 4

    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    /// A store for `capacity` routes: 256 if not said.
    package init(capacity: Int = 256) { self.capacity = max(1, capacity) }

    /// Sessions that are kept.
    package var count: Int { entries.values.reduce(0) { $0 + $1.sessions.count } }

    /// Forgets all.
    package func removeAll() { entries.removeAll() }

    func keep(_ session: consuming StoredSession, for route: String, host: String?, context: TLSContext) {
        uses += 1
        let key = Key(context: ObjectIdentifier(context), host: host, route: route)
        var entry = entries[key] ?? Entry(sessions: [], usedAt: uses, context: context)
        entry.usedAt = uses
        if entry.sessions.count >= Self.perRoute { entry.sessions.removeFirst() }
        entry.sessions.append(session)
        entries[key] = entry
        guard entries.count > capacity, let oldest = entries.min(by: { $0.value.usedAt < $1.value.usedAt }) else {
            return
        }
        entries[oldest.key] = nil
    }

    /// The newest session for a route. One of TLS 1.3 is taken out.
    func take(for route: String, host: String?, context: TLSContext) -> StoredSession? {
        let key = Key(context: ObjectIdentifier(context), host: host, route: route)
        guard var entry = entries[key], let session = entry.sessions.last else { return nil }
        uses += 1
        entry.usedAt = uses
        if session.isSingleUse { entry.sessions.removeLast() }
        entries[key] = entry.sessions.isEmpty ? nil : entry
        return session
    }
}

/// Owns one reference to an `SSL_SESSION`.
@safe
final class StoredSession {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    var isSingleUse: Bool { unsafe SSL_SESSION_get_protocol_version(pointer) >= TLSProtocolVersion.tls13.number }

    deinit { unsafe SSL_SESSION_free(pointer) }
}
