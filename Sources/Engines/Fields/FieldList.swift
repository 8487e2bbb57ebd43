package import HTTPTypes
internal import Wire

/// Puts the fields of one head after the other together. A head with the fields of the one before, in the same order,
/// shares their storage: many responses of one server differ in nothing, and then cost neither copy nor allocation.
package struct FieldList {
    private var cache = FieldCache()
    private var stamps: [UInt32] = []
    private var fields = HTTPFields()
    private var previous = HTTPFields()
    private var previousStamps: [UInt32] = []
    /// Whether all so far is as in the head before. `fields` is empty while it is.
    private var isSame = true

    package init() {}

    /// Fields so far.
    package var count: Int { stamps.count }

    package mutating func begin() {
        stamps.removeAll(keepingCapacity: true)
        isSame = true
        // Left over from a head that was given up.
        if !fields.isEmpty { fields = HTTPFields() }
    }

    package mutating func append(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        let location = cache.locate(name, value)
        let stamp = location?.stamp ?? 0
        if isSame, stamp != 0, stamps.count < previousStamps.count, previousStamps[stamps.count] == stamp {
            stamps.append(stamp)
            return
        }
        if isSame { differ() }
        if let location {
            fields.append(cache.field(at: location))
        } else if let field = cache.make(name, value) {
            fields.append(field)
        } else {
            return
        }
        stamps.append(stamp)
    }

    /// The fields, in the order they came.
    package mutating func end() -> HTTPFields {
        if isSame, stamps.count == previousStamps.count { return previous }
        if isSame { differ() }
        previous = fields
        fields = HTTPFields()
        swap(&stamps, &previousStamps)
        return previous
    }

    private mutating func differ() {
        isSame = false
        fields.reserveCapacity(max(previous.count, 8))
        for index in 0..<stamps.count { fields.append(previous[index]) }
    }
}
