import QUICEngine
import TLSEngine

/// Contexts of one loop. One takes milliseconds to make, since it reads the trusted authorities, so routes with equal
/// settings share it.
final class ContextShelf {
    private var contexts: [TLSSettings: QUICContext] = [:]

    /// Contexts that are kept. Beyond them all are dropped: who has so many identities makes them anew.
    private static let limit = 64

    /// Forgets all.
    func clear() { contexts = [:] }

    func context(_ settings: TLSSettings) throws(TLSError) -> QUICContext {
        if let known = contexts[settings] { return known }
        let context = try QUICContext(try TLSContext(.client, settings))
        if contexts.count >= ContextShelf.limit { contexts = [:] }
        contexts[settings] = context
        return context
    }
}
