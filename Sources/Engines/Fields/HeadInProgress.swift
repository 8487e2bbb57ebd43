internal import Wire

/// A head or trailer section of HTTP/2 or HTTP/3 that is being decoded. Those of HTTP/2 come one after the other
/// (RFC 9113 §4.3); those of HTTP/3 come on streams of their own, a piece of one between pieces of another.
package struct HeadInProgress {
    /// The slot of its stream; negative if nobody wants it.
    package var slot: Int32
    /// Bytes that it may have, by the count of RFC 9113 §6.5.2, and fields.
    package let maximumSize: Int, maximumFields: Int
    /// Bytes by the count of RFC 9113 §6.5.2.
    package var size = 0
    package var status = 0
    package var method: String?
    package var scheme: String?
    package var authority: String?
    package var path: String?
    package var `protocol`: String?

    package init(slot: Int32, maximumSize: Int, maximumFields: Int) {
        self.slot = slot
        self.maximumSize = maximumSize
        self.maximumFields = maximumFields
    }

    /// Takes a pseudo-header field (RFC 9113 §8.3, RFC 9114 §4.3). The library has refused unknown, doubled
    /// and misplaced ones.
    package mutating func take(pseudo name: Span<UInt8>, _ value: Span<UInt8>) {
        guard name.count > 1 else { return }
        switch (name.count, name[1]) {
        case (7, UInt8(ascii: "s")) where name[2] == UInt8(ascii: "t"):
            status = 0
            guard value.count == 3 else { return }
            for index in value.indices where value[index].isDigit { status = status * 10 + Int(value[index] - 0x30) }
        case (7, UInt8(ascii: "m")): method = String(text: value)
        case (7, UInt8(ascii: "s")): scheme = String(text: value)
        case (10, UInt8(ascii: "a")): authority = String(text: value)
        case (5, UInt8(ascii: "p")): path = String(text: value)
        case (9, UInt8(ascii: "p")): `protocol` = String(text: value)
        default: break
        }
    }
}
