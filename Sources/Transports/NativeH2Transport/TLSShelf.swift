import TLSEngine

/// Contexts and sessions of one loop. A context takes milliseconds to make, since it reads the trusted authorities, so
/// routes with equal settings share one.
final class TLSShelf {
    private var contexts: [TLSSettings: TLSContext] = [:]
    let sessions = TLSSessionStore()

    /// Forgets all.
    func clear() {
        contexts = [:]
        sessions.removeAll()
    }

    /// Contexts that are kept. Beyond them all are dropped: who has so many identities makes them anew.
    private static let limit = 64

    func context(_ settings: TLSSettings) throws(TLSError) -> TLSContext {
        if let known = contexts[settings] { return known }
        let context = try TLSContext(.client, settings)
        if contexts.count >= TLSShelf.limit { contexts = [:] }
        contexts[settings] = context
        return context
    }
}
