internal import Wire

/// The head or trailer section that nghttp2 is decoding: one at a time, since a header block is never interleaved
/// with other frames (RFC 9113 §4.3).
struct HeadInProgress {
    /// The slot of its stream; negative if nobody wants it.
    var slot: Int32
    let limits: HTTP2StreamLimits
    /// Bytes by the count of RFC 9113 §6.5.2.
    var size = 0
    var status = 0
    var method: String?
    var scheme: String?
    var authority: String?
    var path: String?
    var `protocol`: String?

    init(slot: Int32, limits: HTTP2StreamLimits) {
        self.slot = slot
        self.limits = limits
    }

    /// Takes a pseudo-header field (RFC 9113 §8.3). nghttp2 has refused unknown, doubled and misplaced ones.
    mutating func take(pseudo name: Span<UInt8>, _ value: Span<UInt8>) {
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
