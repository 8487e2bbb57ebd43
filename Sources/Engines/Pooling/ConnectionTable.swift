internal import Wire

/// The connections of a pool by slot, and which of them can take one more exchange.
struct ConnectionTable: Sendable {
    enum State: Sendable { case free, opening, open, retired }

    struct Record: Sendable {
        var state = State.free
        var generation: UInt32 = 0
        /// Exchanges that it may carry at once.
        var capacity = 0
        var inUse = 0
        var uses = 0
        var openedAt = Instant(nanoseconds: 0)
        /// When its last exchange ended; only meaningful while it carries none.
        var idleSince = Instant(nanoseconds: 0)
        /// Place in `available`, or -1.
        var place: Int32 = -1
    }
    private var records: [Record] = []
    private var freeSlots: [Int32] = []
    /// Slots of open connections with room, that which got room last at the end: so connections that are not needed
    /// come to rest.
    private(set) var available: [Int32] = []
    private(set) var opening = 0
    private(set) var open = 0

    /// Those that count against the limit. Retired ones do not: what drains is replaced at once.
    var count: Int { opening + open }

    subscript(connection: PooledConnection) -> Record? {
        let slot = Int(connection.slot)
        guard records.indices.contains(slot), records[slot].generation == connection.generation,
            records[slot].state != .free
        else { return nil }
        return records[slot]
    }

    subscript(slot: Int32) -> Record { records[Int(slot)] }

    func name(_ slot: Int32) -> PooledConnection {
        PooledConnection(slot: slot, generation: records[Int(slot)].generation)
    }

    /// Slots that are in use, in order.
    var slots: [Int32] { records.indices.lazy.filter { records[$0].state != .free }.map(Int32.init) }

    mutating func add() -> PooledConnection {
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = Int32(clamping: records.count)
            records.append(Record())
        }
        records[Int(slot)].state = .opening
        opening += 1
        return name(slot)
    }

    mutating func remove(_ slot: Int32) {
        leave(slot)
        records[Int(slot)] = Record(generation: records[Int(slot)].generation &+ 1)
        freeSlots.append(slot)
    }

    mutating func opened(_ slot: Int32, capacity: Int, at now: Instant) {
        leave(slot)
        records[Int(slot)].state = .open
        records[Int(slot)].capacity = capacity
        records[Int(slot)].openedAt = now
        records[Int(slot)].idleSince = now
        open += 1
        settle(slot)
    }

    mutating func retire(_ slot: Int32) {
        leave(slot)
        records[Int(slot)].state = .retired
    }

    mutating func setCapacity(_ slot: Int32, _ capacity: Int) {
        records[Int(slot)].capacity = capacity
        settle(slot)
    }

    /// Takes a place on it; returns how many had it before.
    mutating func use(_ slot: Int32) -> Int {
        let uses = records[Int(slot)].uses
        records[Int(slot)].uses += 1
        records[Int(slot)].inUse += 1
        if records[Int(slot)].inUse >= records[Int(slot)].capacity { settle(slot) }
        return uses
    }

    mutating func forgetUse(_ slot: Int32) { records[Int(slot)].uses = max(0, records[Int(slot)].uses - 1) }

    mutating func release(_ slot: Int32, at now: Instant) {
        guard records[Int(slot)].inUse > 0 else { return }
        records[Int(slot)].inUse -= 1
        if records[Int(slot)].inUse == 0 { records[Int(slot)].idleSince = now }
        if records[Int(slot)].place < 0 { settle(slot) }
    }

    private mutating func leave(_ slot: Int32) {
        switch records[Int(slot)].state {
        case .opening: opening -= 1
        case .open: open -= 1
        case .free, .retired: break
        }
        makeUnavailable(slot)
    }

    /// Puts it into `available`, or out of it, as it has room.
    private mutating func settle(_ slot: Int32) {
        let record = records[Int(slot)]
        let hasRoom = record.state == .open && record.inUse < record.capacity
        if hasRoom, record.place < 0 {
            records[Int(slot)].place = Int32(clamping: available.count)
            available.append(slot)
        } else if !hasRoom {
            makeUnavailable(slot)
        }
    }

    private mutating func makeUnavailable(_ slot: Int32) {
        let place = Int(records[Int(slot)].place)
        guard place >= 0 else { return }
        records[Int(slot)].place = -1
        // The order after it is kept: it says which were used last.
        available.remove(at: place)
        for index in place..<available.count { records[Int(available[index])].place = Int32(clamping: index) }
    }
}
