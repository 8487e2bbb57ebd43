package import HTTPTypes
internal import Wire

/// Puts the fields of one head together. A head with the fields of one before, in the same order, shares their
/// storage: many responses of one server differ in nothing, and then cost neither copy nor allocation.
///
/// The fields that came before are in a ``FieldCache``, which heads that come side by side may share.
package struct FieldList: Sendable {
    /// A whole head: its fields, and the stamp of each.
    struct Head: Sendable {
        var stamps: [UInt32] = []
        var fields = HTTPFields()
    }

    /// The head that this one is compared with.
    private var base = Head()
    /// What has come. `fields` and `stamps` are empty while all of it is as in `base`.
    private var head = Head()
    private var isSame = true
    /// Fields so far.
    package private(set) var count = 0

    package init() {}

    package mutating func begin(_ cache: borrowing FieldCache) {
        base = cache.last
        isSame = true
        count = 0
        // Left over from a head that was given up.
        if !head.stamps.isEmpty { head = Head() }
    }

    /// Takes a field by its bytes, which the caller has checked.
    package mutating func append(_ name: Span<UInt8>, _ value: Span<UInt8>, _ cache: inout FieldCache) {
        let probe = cache.probe(name, value)
        if probe.stamp != 0 { return append(probe, cache) }
        guard let field = cache.make(name, value, at: probe) else { return }
        append(field, stamp: cache.keep(field, name, value, at: probe))
    }

    /// Takes a field that a probe found just now.
    package mutating func append(_ probe: FieldCache.Probe, _ cache: borrowing FieldCache) {
        if isSame, count < base.stamps.count, base.stamps[count] == probe.stamp {
            count += 1
            return
        }
        append(cache.field(at: probe), stamp: probe.stamp)
    }

    /// Takes a field that was not known.
    package mutating func append(_ field: HTTPField, stamp: UInt32) {
        if isSame { differ() }
        head.fields.append(field)
        head.stamps.append(stamp)
        count += 1
    }

    /// The fields, in the order they came.
    package mutating func end(_ cache: inout FieldCache) -> HTTPFields {
        if isSame, count == base.stamps.count { return base.fields }
        if isSame { differ() }
        cache.last = head
        head = Head()
        return cache.last.fields
    }

    private mutating func differ() {
        isSame = false
        head.fields.reserveCapacity(max(base.fields.count, 8))
        head.stamps.reserveCapacity(max(base.fields.count, 8))
        for index in 0..<count {
            head.fields.append(base.fields[index])
            head.stamps.append(base.stamps[index])
        }
    }
}
