/// Who waits, first come, first served. Adding, taking and removing from the middle cost the same however many wait.
///
/// A list that is linked both ways, its links in an array; free places are linked to a list of their own.
struct WaiterQueue: Sendable {
    private struct Place: Sendable {
        var next: Int32 = -1
        var previous: Int32 = -1
        var generation: UInt32 = 0
        var isTaken = false
    }
    private var places: [Place] = []
    private var first: Int32 = -1
    private var last: Int32 = -1
    private var free: Int32 = -1
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append() -> WaiterTicket {
        let slot: Int32
        if free >= 0 {
            slot = free
            free = places[Int(slot)].next
        } else {
            slot = Int32(clamping: places.count)
            places.append(Place())
        }
        places[Int(slot)].next = -1
        places[Int(slot)].previous = last
        places[Int(slot)].isTaken = true
        if last >= 0 { places[Int(last)].next = slot } else { first = slot }
        last = slot
        count += 1
        return WaiterTicket(slot: slot, generation: places[Int(slot)].generation)
    }

    mutating func popFirst() -> WaiterTicket? {
        guard first >= 0 else { return nil }
        let ticket = WaiterTicket(slot: first, generation: places[Int(first)].generation)
        remove(ticket)
        return ticket
    }

    /// False if it waits no longer.
    @discardableResult
    mutating func remove(_ ticket: WaiterTicket) -> Bool {
        let slot = Int(ticket.slot)
        guard places.indices.contains(slot), places[slot].isTaken, places[slot].generation == ticket.generation else {
            return false
        }
        let (previous, next) = (places[slot].previous, places[slot].next)
        if previous >= 0 { places[Int(previous)].next = next } else { first = next }
        if next >= 0 { places[Int(next)].previous = previous } else { last = previous }
        places[slot] = Place(next: free, generation: places[slot].generation &+ 1)
        free = ticket.slot
        count -= 1
        return true
    }
}
