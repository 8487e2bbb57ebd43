import Synchronization
public import TransportCore

/// A cache of alternatives in memory, as long as the process lives: what every transport has that is given no other.
///
/// Holds 12,288 origins; then the one goes that was used longest ago.
public final class MemoryAltSvcCache: AltSvcCache {
    let table: Mutex<AltSvcTable>
    private let number = Atomic<UInt64>(0)

    /// An empty cache for so many origins.
    public init(capacity: Int = 12_288) { table = Mutex(AltSvcTable(capacity: capacity)) }

    public var generation: UInt64 { number.load(ordering: .relaxed) }

    /// Changes the table; tells whether there is something to be written down then.
    @discardableResult
    func change(_ change: (inout AltSvcTable) -> Void) -> Bool {
        table.withLock { table in
            let revision = table.revision
            change(&table)
            number.store(table.generation, ordering: .relaxed)
            return table.revision != revision
        }
    }

    public func alternatives(of origin: Origin, at now: Int64) -> [KnownAlternative] {
        table.withLock { $0.alternatives(of: origin, at: now) }
    }

    public func store(_ alternatives: [Alternative], of origin: Origin, at now: Int64) {
        change { $0.store(alternatives, of: origin, at: now) }
    }

    public func forget(_ origin: Origin) { change { $0.forget(origin) } }

    public func markBroken(_ service: AltService, of origin: Origin, at now: Int64) -> Int64 {
        var seconds: Int64 = 0
        change { seconds = $0.markBroken(service, of: origin, at: now) }
        return seconds
    }

    public func markWorking(_ service: AltService, of origin: Origin) {
        change { $0.markWorking(service, of: origin) }
    }

    public func networkChanged(to name: String?) { change { $0.networkChanged(to: name) } }

    public func learns(of origin: Origin) -> Bool { table.withLock { !$0.isExcluded(origin) } }

    // MARK: By hand

    /// The origin speaks HTTP/3 at `service`, whatever it says itself; `nil` for its own host and port. It is used with
    /// the next request, and until it is taken back by ``exclude(_:)`` or ``removeAll()``.
    public func preload(_ origin: Origin, at service: AltService? = nil) {
        change { $0.preload(service ?? AltService(host: origin.host, port: origin.port), of: origin) }
    }

    /// Forgets what is known of the origin, and neither learns nor uses anything of it from now on.
    public func exclude(_ origin: Origin) { change { $0.exclude(origin) } }

    /// Takes an exclusion back.
    public func allow(_ origin: Origin) { change { $0.allow(origin) } }

    /// Forgets everything but the exclusions.
    public func removeAll() { change { $0.removeAll() } }

    /// All origins of which something was learned, with what holds at `now` (seconds since 1970), the one used last
    /// first. Without what was put in by hand.
    public func contents(at now: Int64) -> [(origin: Origin, alternatives: [Alternative])] {
        table.withLock { $0.file(at: now).origins }.map { (origin: $0.0, alternatives: $0.1) }
    }
}
