internal import HTTPTypes
internal import Wire

/// The fields that came before on this connection, found by their bytes: a repeated field costs no allocation.
///
/// Each hash has two places for fields and one for a name, so a peer that sends ever new fields only ever replaces old
/// ones. Long values are not kept.
struct FieldCache {
    private struct Known {
        var hash: UInt64 = 0
        var stamp: UInt32 = 0
        /// Name and value, one after the other.
        var bytes: [UInt8] = []
        var nameCount = 0
        var field = HTTPField(name: .accept, value: "")

        func holds(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
            let known = bytes.span
            return nameCount == name.count && known.count == name.count + value.count
                && known.extracting(0..<name.count).hasSameBytes(as: name)
                && known.extracting(name.count..<known.count).hasSameBytes(as: value)
        }
    }
    private struct KnownName {
        var hash: UInt64 = 0
        var name = HTTPField.Name.accept
    }

    private static let places = 64
    /// Bytes of name and value together that are kept: 256.
    private static let longest = 256

    private var fields = ContiguousArray<Known>(repeating: Known(), count: places)
    private var stamp: UInt32 = 0
    private var names = ContiguousArray<KnownName>(repeating: KnownName(), count: places)

    /// Where a field was found or put: its place, and a number that no other field of the connection had.
    struct Location {
        let place: Int
        let stamp: UInt32
    }

    /// Finds the field with these bytes, or puts it in. Nil if it is too long to be kept: then ``make(_:_:)`` it.
    mutating func locate(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Location? {
        guard name.count + value.count <= Self.longest else { return nil }
        let nameHash = Self.hash(name, seed: 0)
        let hash = Self.hash(value, seed: nameHash)
        let place = Int(truncatingIfNeeded: hash >> 59) * 2
        for place in place...(place + 1) where fields[place].hash == hash && fields[place].holds(name, value) {
            return Location(place: place, stamp: fields[place].stamp)
        }
        guard stamp < .max, let field = make(name, nameHash, value) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.count + value.count)
        bytes.append(name)
        bytes.append(value)
        stamp += 1
        // The newer of the two stays, so that one changing field does not drive out one that does not change.
        fields.swapAt(place, place + 1)
        fields[place] = Known(hash: hash, stamp: stamp, bytes: bytes, nameCount: name.count, field: field)
        return Location(place: place, stamp: stamp)
    }

    /// The field at a place that ``locate(_:_:)`` gave just now.
    func field(at location: Location) -> HTTPField { fields[location.place].field }

    /// A field with these bytes; nil if HTTPField refuses the name. nghttp2 has checked both.
    mutating func make(_ name: Span<UInt8>, _ value: Span<UInt8>) -> HTTPField? {
        make(name, Self.hash(name, seed: 0), value)
    }

    private mutating func make(_ name: Span<UInt8>, _ hash: UInt64, _ value: Span<UInt8>) -> HTTPField? {
        let place = Int(truncatingIfNeeded: hash >> 58)
        if names[place].hash == hash, names[place].name.canonicalName.utf8.span.hasSameBytes(as: name) {
            return HTTPField(name: names[place].name, bytes: value)
        }
        guard name.count > 0, name[0] != .colon, let made = HTTPField.Name(String(text: name)) else { return nil }
        names[place] = KnownName(hash: hash, name: made)
        return HTTPField(name: made, bytes: value)
    }

    @inline(__always)
    private static func hash(_ bytes: Span<UInt8>, seed: UInt64) -> UInt64 {
        var mixed = (seed ^ UInt64(truncatingIfNeeded: bytes.count)) &* 0x9E37_79B9_7F4A_7C15 | 1
        var offset = 0
        while offset + 8 <= bytes.count {
            mixed = step(mixed, bytes.word(at: offset))
            offset += 8
        }
        if offset < bytes.count {
            if bytes.count >= 8 {
                mixed = step(mixed, bytes.word(at: bytes.count - 8))
            } else {
                var rest: UInt64 = 0
                while offset < bytes.count {
                    rest = rest << 8 | UInt64(bytes[offset])
                    offset += 1
                }
                mixed = step(mixed, rest)
            }
        }
        return mixed
    }

    @inline(__always)
    private static func step(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let (high, low) = (state ^ word).multipliedFullWidth(by: 0xC2B2_AE3D_27D4_EB4F)
        return high ^ low
    }
}

extension HTTPField {
    /// A field with these bytes as its value. The caller has seen that they may stand in one.
    @inline(__always)
    init(name: Name, bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe HTTPField(name: name, lenientValue: $0) }
    }
}
