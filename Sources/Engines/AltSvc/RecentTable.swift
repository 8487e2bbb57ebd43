/// A dictionary of bounded size: when it is full, the entry goes that was used longest ago. All in constant time.
package struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var key: Key
        var value: Value
        var older: Int
        var newer: Int
    }
    private static var none: Int { -1 }

    private var places: [Key: Int] = [:]
    private var nodes: [Node] = []
    private var newest = RecentTable.none
    private var oldest = RecentTable.none
    /// How many entries it holds at most; at least one.
    package let capacity: Int

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    package var count: Int { nodes.count }

    /// The value; it counts as used.
    package mutating func use(_ key: Key) -> Value? {
        guard let place = places[key] else { return nil }
        makeNewest(place)
        return nodes[place].value
    }

    /// The value, without using it.
    package func peek(_ key: Key) -> Value? { places[key].map { nodes[$0].value } }

    /// Puts a value in, as the newest; gives back the entry that had to go for it.
    @discardableResult
    package mutating func insert(_ value: Value, for key: Key) -> (key: Key, value: Value)? {
        if let place = places[key] {
            nodes[place].value = value
            makeNewest(place)
            return nil
        }
        guard nodes.count >= capacity else {
            nodes.append(Node(key: key, value: value, older: newest, newer: Self.none))
            link(nodes.count - 1)
            places[key] = nodes.count - 1
            return nil
        }
        // The oldest entry's place is taken over.
        let place = oldest
        let gone = (nodes[place].key, nodes[place].value)
        places[gone.0] = nil
        places[key] = place
        nodes[place].key = key
        nodes[place].value = value
        makeNewest(place)
        return gone
    }

    @discardableResult
    package mutating func remove(_ key: Key) -> Value? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        let value = nodes[place].value
        unlink(place)
        // The last node moves to the free place.
        let last = nodes.count - 1
        if place != last {
            let node = nodes[last]
            nodes[place] = node
            places[node.key] = place
            if node.older == Self.none { oldest = place } else { nodes[node.older].newer = place }
            if node.newer == Self.none { newest = place } else { nodes[node.newer].older = place }
        }
        nodes.removeLast()
        return value
    }

    package mutating func removeAll() { self = RecentTable(capacity: capacity) }

    /// Keeps what `isKept` says, with the value that it leaves.
    package mutating func filter(_ isKept: (Key, inout Value) -> Bool) {
        for (key, value) in entries {
            var value = value
            if isKept(key, &value) {
                if let place = places[key] { nodes[place].value = value }
            } else {
                remove(key)
            }
        }
    }

    /// All entries, the one used last first.
    package var entries: [(key: Key, value: Value)] {
        var all: [(Key, Value)] = []
        var place = newest
        while place != Self.none {
            all.append((nodes[place].key, nodes[place].value))
            place = nodes[place].older
        }
        return all
    }

    private mutating func makeNewest(_ place: Int) {
        guard place != newest else { return }
        unlink(place)
        link(place)
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (nodes[place].older, nodes[place].newer)
        if older == Self.none { oldest = newer } else { nodes[older].newer = newer }
        if newer == Self.none { newest = older } else { nodes[newer].older = older }
    }

    private mutating func link(_ place: Int) {
        nodes[place].older = newest
        nodes[place].newer = Self.none
        if newest != Self.none { nodes[newest].newer = place }
        newest = place
        if oldest == Self.none { oldest = place }
    }
}
