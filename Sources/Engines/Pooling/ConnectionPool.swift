package import Wire

/// Which exchange gets which connection, for one route on one loop. It opens nothing and closes nothing: it decides.
///
/// The owner says what happened, and then takes ``nextDecision(at:)`` until it is nil. Exchanges that wait are served
/// in the order in which they came. With one exchange to a connection the one used last is taken, so that others may
/// come to rest; with many, the least used of those that stand. A connection that drains (GOAWAY, too old) counts no
/// longer, and is replaced when somebody needs it.
package struct ConnectionPool: Sendable {
    package let settings: PoolSettings
    /// What connections of this pool have turned out to be.
    package private(set) var kind: PoolKind
    private var table = ConnectionTable()
    private var waiters = WaiterQueue()
    /// Connections to close, each with its reason; their slots are free once told.
    private var closing: [(Int32, PoolDecision.CloseReason)] = []
    /// Who waits is refused: the last attempt failed and nothing stands.
    private var refusesWaiters = false
    private var pausedUntil: Instant?
    /// An attempt has failed, nothing stands, and others are under way: they are to end before more begin, or there
    /// would always be one under way, and nobody would be refused.
    private var awaitsOthers = false
    /// One more connection is wished for though the others have room.
    private var wantsAnother = false

    package init(_ settings: PoolSettings, kind: PoolKind) {
        self.settings = settings
        self.kind = kind
    }

    /// Exchanges that wait.
    package var waiting: Int { waiters.count }
    /// Connections that are being opened.
    package var opening: Int { table.opening }
    /// Connections that stand and take exchanges.
    package var open: Int { table.open }
    /// Whether there is nothing to keep: no connection, no exchange.
    package var isEmpty: Bool { waiters.isEmpty && table.slots.isEmpty }

    // MARK: Exchanges

    /// Asks for a connection.
    package mutating func acquire(at now: Instant) -> PoolAnswer {
        guard waiters.isEmpty, let slot = best() else { return .queued(waiters.append()) }
        if kind == .multiplexed, table.count < settings.multiplexed, table[slot].inUse > 0 { wantsAnother = true }
        return .granted(table.name(slot), uses: table.use(slot))
    }

    /// An exchange waits no longer: it was cancelled, or waited too long.
    package mutating func withdraw(_ ticket: WaiterTicket) { waiters.remove(ticket) }

    /// An exchange is done with its connection. `isReusable`: the connection can carry another.
    package mutating func released(_ connection: PooledConnection, isReusable: Bool, at now: Instant) {
        guard let record = table[connection] else { return }
        table.release(connection.slot, at: now)
        pausedUntil = nil
        if !isReusable, record.state == .open { table.retire(connection.slot) }
        closeIfDrained(connection.slot)
    }

    /// A connection was only asked for, and not used: as ``released(_:isReusable:at:)``, but it counts as no use.
    package mutating func returned(_ connection: PooledConnection, at now: Instant) {
        guard table[connection] != nil else { return }
        table.forgetUse(connection.slot)
        released(connection, isReusable: true, at: now)
    }

    // MARK: Connections

    /// A connection stands; it carries `streams` exchanges at once, or one if that is nil.
    package mutating func opened(_ connection: PooledConnection, streams: Int?, at now: Instant) {
        guard let record = table[connection], record.state == .opening else { return }
        kind = streams == nil ? .exclusive : .multiplexed
        pausedUntil = nil
        awaitsOthers = false
        table.opened(connection.slot, capacity: max(0, streams ?? 1), at: now)
    }

    /// The peer allows another number of exchanges at once.
    package mutating func setStreams(_ streams: Int, of connection: PooledConnection) {
        guard let record = table[connection], record.state == .open, record.capacity != streams else { return }
        table.setCapacity(connection.slot, max(0, streams))
    }

    /// The connection takes no more exchanges; those on it go on.
    package mutating func retire(_ connection: PooledConnection) {
        guard let record = table[connection], record.state == .open else { return }
        table.retire(connection.slot)
        closeIfDrained(connection.slot)
    }

    /// The connection is gone, or the attempt to open it failed. Its exchanges need not be released.
    package mutating func closed(_ connection: PooledConnection, at now: Instant) {
        guard let record = table[connection] else { return }
        table.remove(connection.slot)
        closing.removeAll { $0.0 == connection.slot }
        guard record.state == .opening else { return }
        if table.count == 0 {
            refusesWaiters = !waiters.isEmpty
            awaitsOthers = false
        } else if table.open > 0 {
            pausedUntil = now.advanced(by: settings.pause)
        } else {
            awaitsOthers = table.opening > 0
        }
    }

    // MARK: Decisions

    /// Whether ``nextDecision(at:)`` may have something to say: a cheap question, for every exchange.
    package var mayDecide: Bool {
        !waiters.isEmpty || !closing.isEmpty || wantsAnother || (table.opening > 0 && table.open == 0)
    }

    /// What is to be done next; nil if nothing is.
    package mutating func nextDecision(at now: Instant) -> PoolDecision? {
        if refusesWaiters {
            if let ticket = waiters.popFirst() { return .refuse(ticket) }
            refusesWaiters = false
        }
        if let (slot, reason) = closing.popLast() {
            let connection = table.name(slot)
            table.remove(slot)
            return .close(connection, reason)
        }
        if !waiters.isEmpty, let slot = best(), let ticket = waiters.popFirst() {
            let uses = table.use(slot)
            return .grant(ticket, table.name(slot), uses: uses)
        }
        if mayOpen(at: now) {
            wantsAnother = false
            return .open(table.add())
        }
        // Where others stand, an attempt that nobody waits for may end well: its connection rests then.
        if waiters.isEmpty, table.open == 0, table.opening > 0,
            let slot = table.slots.first(where: { table[$0].state == .opening })
        {
            let connection = table.name(slot)
            table.remove(slot)
            return .abandon(connection)
        }
        return nil
    }

    private func mayOpen(at now: Instant) -> Bool {
        guard !awaitsOthers || table.opening == 0, table.count < settings.connections,
            pausedUntil.map({ $0 <= now }) ?? true
        else { return false }
        switch kind {
        case .exclusive: return table.opening < waiters.count
        case .unknown: return table.opening == 0 && !waiters.isEmpty
        case .multiplexed: return table.opening == 0 && (!waiters.isEmpty || wantsAnother)
        }
    }

    private func best() -> Int32? {
        guard kind == .multiplexed, table.available.count > 1 else { return table.available.last }
        return table.available.min { table[$0].inUse < table[$1].inUse }
    }

    private mutating func closeIfDrained(_ slot: Int32) {
        if table[slot].state == .retired, table[slot].inUse == 0 { closing.append((slot, .retired)) }
    }

    // MARK: Time

    /// When ``expire(at:)`` is to be called; nil if at no time. Looks at every connection: not for each exchange.
    package var deadline: Instant? {
        var earliest = waiters.isEmpty ? nil : pausedUntil
        for slot in table.slots where table[slot].state == .open {
            let due = due(table[slot])
            earliest = min(earliest ?? due, due)
        }
        return earliest
    }

    /// Retires what is too old, and closes what rested too long.
    package mutating func expire(at now: Instant) {
        for slot in table.slots where table[slot].state == .open && due(table[slot]) <= now {
            let record = table[slot]
            table.retire(slot)
            guard record.inUse == 0 else { continue }
            let isOld = record.openedAt.advanced(by: settings.age) <= now
            closing.append((slot, isOld ? .aged : .idle))
        }
    }

    private func due(_ record: ConnectionTable.Record) -> Instant {
        let old = record.openedAt.advanced(by: settings.age)
        return record.inUse > 0 ? old : min(old, record.idleSince.advanced(by: settings.idle))
    }
}
