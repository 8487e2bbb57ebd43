package import HTTPTypes
internal import Wire

/// The fields that came before on a connection, or on the connections of a loop, found by their bytes: a repeated
/// field costs neither an allocation nor a check.
///
/// Each hash has two places for fields and one for a name, so a peer that sends ever new fields only ever replaces old
/// ones. Long fields are not kept. Empty until the first field comes.
package struct FieldCache: Sendable {
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

    private var fields: ContiguousArray<Known> = []
    private var stamp: UInt32 = 0
    private var names: ContiguousArray<KnownName> = []
    /// The head that ended last.
    var last = FieldList.Head()

    package init() {}

    /// What is known of a field by its bytes: the place it has or would have.
    package struct Probe {
        fileprivate let hash: UInt64
        fileprivate let nameHash: UInt64
        fileprivate let place: Int
        /// A number that no other field had; 0 if the field is not known.
        package let stamp: UInt32
    }

    /// Looks for the field with these bytes. A raw field line goes in as a value without a name.
    package func probe(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Probe {
        let nameHash = Self.hash(name, seed: 0)
        let hash = Self.hash(value, seed: nameHash)
        let first = Int(truncatingIfNeeded: hash >> 59) * 2
        if !fields.isEmpty {
            for place in first...(first + 1) where fields[place].hash == hash && fields[place].holds(name, value) {
                return Probe(hash: hash, nameHash: nameHash, place: place, stamp: fields[place].stamp)
            }
        }
        return Probe(hash: hash, nameHash: nameHash, place: first, stamp: 0)
    }

    /// The field that a probe found just now.
    func field(at probe: Probe) -> HTTPField { fields[probe.place].field }

    /// Keeps a field that a probe did not find; gives its stamp, or 0 if it is too long to be kept.
    package mutating func keep(_ field: HTTPField, _ name: Span<UInt8>, _ value: Span<UInt8>, at probe: Probe) -> UInt32
    {
        guard name.count + value.count <= Self.longest, stamp < .max else { return 0 }
        if fields.isEmpty { fields = ContiguousArray(repeating: Known(), count: Self.places) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.count + value.count)
        bytes.append(name)
        bytes.append(value)
        stamp += 1
        let place = probe.place & ~1
        // The newer of the two stays, so that one changing field does not drive out one that does not change.
        fields.swapAt(place, place + 1)
        fields[place] = Known(hash: probe.hash, stamp: stamp, bytes: bytes, nameCount: name.count, field: field)
        return stamp
    }

    /// A field with these bytes; nil if HTTPField refuses the name. The caller has checked the value.
    mutating func make(_ name: Span<UInt8>, _ value: Span<UInt8>, at probe: Probe) -> HTTPField? {
        if names.isEmpty { names = ContiguousArray(repeating: KnownName(), count: Self.places) }
        let place = Int(truncatingIfNeeded: probe.nameHash >> 58)
        if names[place].hash == probe.nameHash, names[place].name.canonicalName.utf8.span.hasSameBytes(as: name) {
            return HTTPField(name: names[place].name, bytes: value)
        }
        guard name.count > 0, name[0] != .colon, let made = HTTPField.Name(String(text: name)) else { return nil }
        names[place] = KnownName(hash: probe.nameHash, name: made)
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
    fileprivate init(name: Name, bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe HTTPField(name: name, lenientValue: $0) }
    }
}
