public import FileIO
import Synchronization
public import TransportCore

/// A cache of alternatives that outlives the process, in a file in the format of curl.
///
/// The file is read once, when the cache is made, and written whenever something was learned, in the background. It is
/// always replaced as a whole, so that who reads it never sees a part. What another process learned meanwhile is kept.
/// Lines that cannot be read are left out; a file that a later version of this library wrote is read and not written;
/// while another process writes it, it is not written here. None of it ends a request: ``takeProblem()`` tells.
public final class FileAltSvcCache: AltSvcCache {
    /// The file.
    public let path: String
    /// What it was read into.
    private let memory: MemoryAltSvcCache
    private let clock: any HTTPClock
    private let state = Mutex(State())
    /// Held while the file is written, with the revision that it has.
    private let written = Mutex<UInt64>(0)

    private struct State {
        var problems: [String] = []
        var isQueued = false
        /// Of these origins the file's entries count no longer.
        var forgotten: Set<Origin> = []
        var forgetsAll = false
    }

    /// A cache for so many origins with what the file at `path` has; there need not be one. The clock tells the
    /// calendar's time.
    public convenience init(_ path: String, capacity: Int = 12_288, clock: any HTTPClock = SystemClock()) async {
        let content: Result<[UInt8], FileError>
        do throws(FileError) {
            content = .success(try await WholeFile.read(path))
        } catch {
            content = .failure(error)
        }
        self.init(path, capacity, clock, content)
    }

    /// As ``init(_:capacity:clock:)``, and blocks while the file is read: for programs that begin.
    public convenience init(readingNow path: String, capacity: Int = 12_288, clock: any HTTPClock = SystemClock()) {
        self.init(
            path, capacity, clock,
            Result { () throws(FileError) in try SharedFile.readNow(path, upTo: AltSvcFile.limit) })
    }

    private init(_ path: String, _ capacity: Int, _ clock: any HTTPClock, _ content: Result<[UInt8], FileError>) {
        self.path = path
        self.clock = clock
        memory = MemoryAltSvcCache(capacity: capacity)
        do throws(FileError) {
            let text = String(decoding: try content.get(), as: UTF8.self)
            let file = AltSvcFile(text)
            memory.change { $0.merge(file, at: clock.wallSeconds) }
            if file.damagedLines > 0 {
                note("\(file.damagedLines) lines of \(path) cannot be read and are left out")
            }
            if file.isLater { note("\(path) was written by a later version of tern: it is read and not written") }
        } catch {
            if error.code != .notFound { note("what was learned before is not known: \(error)") }
        }
        written.withLock { $0 = memory.table.withLock { $0.revision } }
    }

    public var generation: UInt64 { memory.generation }

    public func alternatives(of origin: Origin, at now: Int64) -> [KnownAlternative] {
        memory.alternatives(of: origin, at: now)
    }

    public func store(_ alternatives: [Alternative], of origin: Origin, at now: Int64) {
        if alternatives.isEmpty { return forget(origin) }
        change { $0.store(alternatives, of: origin, at: now) }
    }

    public func forget(_ origin: Origin) {
        _ = state.withLock { $0.forgotten.insert(origin) }
        change { $0.forget(origin) }
    }

    public func markBroken(_ service: AltService, of origin: Origin, at now: Int64) -> Int64 {
        var seconds: Int64 = 0
        change { seconds = $0.markBroken(service, of: origin, at: now) }
        return seconds
    }

    public func markWorking(_ service: AltService, of origin: Origin) {
        change { $0.markWorking(service, of: origin) }
    }

    /// As ``AltSvcCache/networkChanged(to:)``; the file is forgotten in the same way.
    public func networkChanged(to name: String?) {
        state.withLock { $0.forgetsAll = true }
        change { $0.networkChanged(to: name) }
    }

    public func learns(of origin: Origin) -> Bool { memory.learns(of: origin) }

    public func takeProblem() -> String? { state.withLock { $0.problems.popLast() } }

    // MARK: By hand

    /// As ``MemoryAltSvcCache/preload(_:at:)``. It is not written to the file.
    public func preload(_ origin: Origin, at service: AltService? = nil) { memory.preload(origin, at: service) }

    /// As ``MemoryAltSvcCache/exclude(_:)``; the file forgets the origin, too.
    public func exclude(_ origin: Origin) {
        _ = state.withLock { $0.forgotten.insert(origin) }
        change { $0.exclude(origin) }
    }

    /// As ``MemoryAltSvcCache/allow(_:)``.
    public func allow(_ origin: Origin) { memory.allow(origin) }

    /// Forgets everything, the file's content included.
    public func removeAll() {
        state.withLock { $0.forgetsAll = true }
        change { $0.removeAll() }
    }

    /// Takes over what another file in curl's format has, where nothing is known yet; tells how many origins and how
    /// many lines that cannot be read it has. Throws ``FileError`` if it cannot be read.
    @discardableResult
    public func importFile(_ path: String) async throws(FileError) -> (origins: Int, damagedLines: Int) {
        let file = AltSvcFile(String(decoding: try await WholeFile.read(path), as: UTF8.self))
        change { table in
            let now = clock.wallSeconds
            for (origin, alternatives) in file.origins.reversed()
            where table.alternatives(of: origin, at: now).isEmpty {
                table.store(alternatives, of: origin, at: now)
            }
        }
        return (file.origins.count, file.damagedLines)
    }

    /// As ``MemoryAltSvcCache/contents(at:)``.
    public func contents(at now: Int64) -> [(origin: Origin, alternatives: [Alternative])] { memory.contents(at: now) }

    /// As ``contents(at:)``, each with its history on this network.
    public func experiences(of origin: Origin, at now: Int64) -> [KnownAlternative] {
        memory.alternatives(of: origin, at: now)
    }

    // MARK: The file

    private func change(_ change: (inout AltSvcTable) -> Void) {
        guard memory.change(change) else { return }
        let isFirst = state.withLock { state in
            defer { state.isQueued = true }
            return !state.isQueued
        }
        if isFirst { SharedFile.inBackground { [weak self] in self?.write() } }
    }

    /// Writes what is not written yet.
    public func flush() async { await SharedFile.onThread { self.write() } }

    /// Blocks.
    private func write() {
        state.withLock { $0.isQueued = false }
        written.withLock { written in
            let (file, revision) = memory.table.withLock { ($0.file(at: clock.wallSeconds), $0.revision) }
            guard revision != written else { return }
            do throws(FileError) {
                try SharedFile.update(path) { (old) throws(FileError) in
                    merged(file, with: old.map { AltSvcFile(String(decoding: $0, as: UTF8.self)) })
                }
                written = revision
            } catch {
                note("what was learned is not written down: \(error)")
            }
        }
    }

    /// The file's new text, with what other processes wrote; nil if it must stay as it is.
    private func merged(_ new: AltSvcFile, with old: AltSvcFile?) -> [UInt8]? {
        guard let old else { return Array(new.text.utf8) }
        guard !old.isLater else { return nil }
        var file = new
        let (forgotten, forgetsAll) = state.withLock { ($0.forgotten, $0.forgetsAll) }
        if !forgetsAll {
            let known = Set(new.origins.map(\.0)).union(forgotten)
            let now = clock.wallSeconds
            for (origin, alternatives) in old.origins where !known.contains(origin) {
                let valid = alternatives.filter { $0.expires > now }
                if !valid.isEmpty, file.origins.count < AltSvcFile.originLimit { file.origins.append((origin, valid)) }
            }
        }
        return Array(file.text.utf8)
    }

    private func note(_ problem: String) {
        state.withLock { if $0.problems.count < 4, !$0.problems.contains(problem) { $0.problems.append(problem) } }
    }
}
