import Glibc
import Threads

/// The watched descriptors of a loop and their handlers.
///
/// Every watch has a generation, and its events carry it: an event that was found before the descriptor was unwatched,
/// or closed and opened anew under the same number, has an old one and is forgotten.
///
/// Handlers that are no longer needed are returned, for the caller to drop when its access to the table has ended: what
/// they do as they go may well lead back here.
struct WatchTable: ~Copyable {
    private struct Watch {
        var handler: any ReadinessHandler
        var interest: Interest
        var generation: UInt32
    }
    /// Nil once closed.
    private var epoll: Epoll?
    /// By descriptor: Linux gives the lowest free number, so this stays as short as the process has descriptors.
    private var watches: [Watch?] = []
    private var generations: UInt32 = 0

    init(wakeUp: WakeUp) throws(LoopError) {
        // Events of the wake-up are for nobody: no watch has generation 0.
        epoll = try Epoll.watching(wakeUp)
    }

    /// Adds a descriptor, or changes its interest and handler; with no interest, forgets it. Returns the handler before.
    mutating func watch(
        _ descriptor: Int32, _ interest: Interest, _ handler: any ReadinessHandler
    ) throws(LoopError) -> (any ReadinessHandler)? {
        guard !interest.isEmpty else { return unwatch(descriptor) }
        guard epoll != nil else { throw LoopError(.stopped, "watching descriptor \(descriptor): the loop has stopped") }
        guard descriptor >= 0 else { throw failure(descriptor, EBADF) }
        let index = Int(descriptor)
        while watches.count <= index { watches.append(nil) }
        if let known = watches[index], known.handler === handler,
            epoll?.change(descriptor, interest, token: token(descriptor, known.generation)) == 0
        {
            watches[index]?.interest = interest
            return handler
        }
        // It is new, gets another handler, or was closed behind our back and its number given to another file.
        let before = unwatch(descriptor)
        generations = generations == .max ? 1 : generations + 1
        let code = epoll?.add(descriptor, interest, token: token(descriptor, generations)) ?? EBADF
        guard code == 0 else { throw failure(descriptor, code) }
        watches[index] = Watch(handler: handler, interest: interest, generation: generations)
        return before
    }

    /// Forgets a descriptor. To be called before it is closed.
    mutating func unwatch(_ descriptor: Int32) -> (any ReadinessHandler)? {
        let index = Int(descriptor)
        guard watches.indices.contains(index), let watch = watches[index] else { return nil }
        watches[index] = nil
        epoll?.remove(descriptor)
        return watch.handler
    }

    /// Waits for events; see ``Epoll/wait(nanoseconds:)``.
    func wait(nanoseconds: Int64) -> Int { epoll?.wait(nanoseconds: nanoseconds) ?? 0 }

    /// Whom the event at `index` concerns, if its watch still stands and wants it.
    func event(_ index: Int) -> (descriptor: Int32, readiness: Readiness, handler: any ReadinessHandler)? {
        guard let (token, readiness) = epoll?.event(index) else { return nil }
        let slot = Int(token & 0xFFFF_FFFF)
        guard watches.indices.contains(slot), let watch = watches[slot], token >> 32 == watch.generation else {
            return nil
        }
        // With bits, because the operations of sets are generic, and this is asked for every event.
        let wanted = readiness.rawValue & (watch.interest.rawValue | Readiness.always.rawValue)
        return wanted == 0 ? nil : (Int32(slot), Readiness(rawValue: wanted), watch.handler)
    }

    /// Forgets all, and closes the epoll and the wake-up.
    mutating func close() -> [any ReadinessHandler] {
        let handlers = watches.compactMap(\.?.handler)
        watches = []
        epoll = nil
        return handlers
    }

    private func token(_ descriptor: Int32, _ generation: UInt32) -> UInt64 {
        UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    }

    private func failure(_ descriptor: Int32, _ code: Int32) -> LoopError {
        LoopError(.watchFailed, "watching descriptor \(descriptor): \(errorText(code))")
    }
}
