package import Names

/// What is known of the alternatives of origins, on the network that we are on: the rules of a cache, without its lock,
/// file or clock. Times are seconds since 1970.
///
/// - Each field replaces what an origin said before (RFC 7838 §3); an entry ends with its age.
/// - When the network changes, what does not persist is forgotten (§3.1, §2.2).
/// - An alternative that failed is left alone for a while, longer with each failure in a row; on this network only.
/// - What was put in by hand comes first and stays; of an origin that was excluded by hand nothing is learned.
package struct AltSvcTable: Sendable {
    /// An alternative of an origin, where it failed.
    struct Mark: Hashable, Sendable {
        var network: String
        var origin: Origin
        var service: AltService
    }
    /// How often it failed in a row, and until when it is left alone.
    struct Broken: Hashable, Sendable {
        var failures: Int
        var until: Int64
    }

    private(set) var known: RecentTable<Origin, [Alternative]>
    private(set) var marks: RecentTable<Mark, Broken>
    private var byHand: [Origin: [Alternative]] = [:]
    private var excluded: Set<Origin> = []
    /// The network's name; a number sign and a number for one that was not named.
    private(set) var network = "#0"
    private var unnamed = 0

    /// Grows when a lookup may have another answer, the passing of time apart.
    package private(set) var generation: UInt64 = 0
    /// Grows when there is something new to be written down.
    package private(set) var revision: UInt64 = 0

    /// An empty table for so many origins.
    package init(capacity: Int = AltSvcLimits.origins) {
        known = RecentTable(capacity: capacity)
        marks = RecentTable(capacity: capacity)
    }

    /// Origins of which something was learned.
    package var count: Int { known.count }

    // MARK: Asking

    /// The alternatives that hold at `now`, best first; the broken ones among them say so.
    package mutating func alternatives(of origin: Origin, at now: Int64) -> [KnownAlternative] {
        guard !excluded.contains(origin) else { return [] }
        var all = byHand[origin] ?? []
        for alternative in known.use(origin) ?? [] where alternative.expires > now {
            if !all.contains(where: { $0.service == alternative.service }) { all.append(alternative) }
        }
        return all.map { alternative in
            let broken = marks.peek(mark(alternative.service, origin))
            return KnownAlternative(alternative, failures: broken?.failures ?? 0, brokenUntil: broken?.until)
        }
    }

    /// Whether nothing is learned of the origin.
    package func isExcluded(_ origin: Origin) -> Bool { excluded.contains(origin) }

    // MARK: Learning

    /// The origin has these alternatives from now on, and no others.
    package mutating func store(_ alternatives: [Alternative], of origin: Origin, at now: Int64) {
        guard !excluded.contains(origin) else { return }
        var new: [Alternative] = []
        for alternative in alternatives where alternative.expires > now && new.count < AltSvcLimits.alternatives {
            if !new.contains(where: { $0.service == alternative.service }) { new.append(alternative) }
        }
        guard !new.isEmpty else { return forget(origin) }
        let old = known.peek(origin)
        known.insert(new, for: origin)
        guard old != new else { return }
        revision += 1
        if old?.map(\.service) != new.map(\.service) || old?.map(\.mayBePrivate) != new.map(\.mayBePrivate) {
            generation += 1
        }
    }

    /// The origin has no alternatives but those put in by hand.
    package mutating func forget(_ origin: Origin) {
        guard known.remove(origin) != nil else { return }
        changed()
    }

    /// An attempt to use it failed. Returns for how many seconds it is left alone.
    package mutating func markBroken(_ service: AltService, of origin: Origin, at now: Int64) -> Int64 {
        let mark = mark(service, origin)
        let failures = min((marks.peek(mark)?.failures ?? 0) + 1, 64)
        let seconds = BackOff.seconds(after: failures)
        marks.insert(Broken(failures: failures, until: now + seconds), for: mark)
        changed()
        return seconds
    }

    /// It works: failures of the past count no longer.
    package mutating func markWorking(_ service: AltService, of origin: Origin) {
        if marks.remove(mark(service, origin)) != nil { changed() }
    }

    /// We are on another network: on `name`, or on one that has none. Nothing happens if we were on that one.
    package mutating func networkChanged(to name: String?) {
        guard name == nil || name != network else { return }
        known.filter { _, alternatives in
            alternatives.removeAll { !$0.persists }
            return !alternatives.isEmpty
        }
        // Nobody can come back to a network without a name.
        if network.first == "#" {
            let left = network
            marks.filter { mark, _ in mark.network != left }
        }
        if let name {
            network = name
        } else {
            unnamed += 1
            network = "#\(unnamed)"
        }
        changed()
    }

    // MARK: By hand

    /// Puts an alternative in by hand.
    package mutating func preload(_ service: AltService, of origin: Origin) {
        excluded.remove(origin)
        let alternative = Alternative(
            service, expires: .max, persists: true, source: .hand, mayBePrivate: true)
        byHand[origin, default: []].removeAll { $0.service == service }
        byHand[origin, default: []].append(alternative)
        changed()
    }

    /// Forgets the origin, and learns nothing of it from now on.
    package mutating func exclude(_ origin: Origin) {
        excluded.insert(origin)
        known.remove(origin)
        byHand[origin] = nil
        changed()
    }

    /// Learns of the origin again.
    package mutating func allow(_ origin: Origin) { if excluded.remove(origin) != nil { changed() } }

    /// Forgets all that was learned or put in by hand. What is excluded stays so.
    package mutating func removeAll() {
        known.removeAll()
        marks.removeAll()
        byHand = [:]
        changed()
    }

    // MARK: Files

    /// Takes over what a file had, where nothing is known yet.
    package mutating func merge(_ file: AltSvcFile, at now: Int64) {
        // The file has the one that was used last first; inserted last, it is so here as well.
        for (origin, alternatives) in file.origins.reversed() where !excluded.contains(origin) {
            let valid = alternatives.filter { $0.expires > now }
            if !valid.isEmpty, known.peek(origin) == nil { known.insert(valid, for: origin) }
        }
        for broken in file.broken.reversed() {
            let mark = Mark(network: broken.network ?? network, origin: broken.origin, service: broken.service)
            if marks.peek(mark) == nil {
                marks.insert(Broken(failures: broken.failures, until: broken.until), for: mark)
            }
        }
        generation += 1
    }

    /// What is to be written down: what was learned and still holds. What was put in by hand belongs to the program.
    package func file(at now: Int64) -> AltSvcFile {
        var file = AltSvcFile()
        for (origin, alternatives) in known.entries {
            let valid = alternatives.filter { $0.expires > now }
            if !valid.isEmpty { file.origins.append((origin, valid)) }
        }
        for (mark, broken) in marks.entries where broken.until > now {
            file.broken.append(
                AltSvcFile.Broken(
                    origin: mark.origin, service: mark.service, failures: broken.failures, until: broken.until,
                    network: mark.network.first == "#" ? nil : mark.network))
        }
        return file
    }

    private func mark(_ service: AltService, _ origin: Origin) -> Mark {
        Mark(network: network, origin: origin, service: service)
    }

    private mutating func changed() {
        generation += 1
        revision += 1
    }
}
