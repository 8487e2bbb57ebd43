/// An IPv4 or IPv6 address, without port or zone.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The two kinds of address.
    public enum Family: Hashable, Sendable {
        /// 32 bits.
        case v4
        /// 128 bits.
        case v6
    }

    /// Whether the address has 32 or 128 bits.
    public let family: Family

    /// The address as a number, in the low 32 bits if it is IPv4.
    let value: UInt128

    init(family: Family, value: UInt128) {
        self.family = family
        self.value = value
    }

    /// 127.0.0.1.
    public static let loopbackV4 = IPAddress(family: .v4, value: 0x7F00_0001)
    /// ::1.
    public static let loopbackV6 = IPAddress(family: .v6, value: 1)

    /// The address of 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        family = bytes.count == 4 ? .v4 : .v6
        value = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// Reads an address: four decimal numbers without leading zeros, or the forms of RFC 4291 §2.2, without
    /// brackets. The old ways of IPv4 (octal, hexadecimal, fewer than four parts) and zones are refused: nil.
    public init?(_ text: String) { self.init(text: Array(text.utf8)[...]) }

    /// The address in network order: 4 or 16 bytes.
    public var bytes: [UInt8] {
        let count = family == .v4 ? 4 : 16
        return (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt128((count - 1 - $0) * 8)) }
    }

    /// The canonical text: dotted decimal, or RFC 5952 (lower case, the longest run of zeros as `::`, an
    /// IPv4-mapped address with its last 32 bits dotted).
    public var description: String { family == .v4 ? dotted(UInt32(truncatingIfNeeded: value)) : colons }

    /// Whether a packet to it stays on this machine: 127.0.0.0/8 or ::1, also if mapped into IPv6.
    public var isLoopback: Bool {
        let address = embeddedV4 ?? self
        return address.family == .v4 ? address.value >> 24 == 127 : address.value == 1
    }

    /// Whether it is no address of the public Internet: private (RFC 1918, RFC 4193), link-local, shared by a
    /// carrier (RFC 6598), loopback, unspecified, multicast, or reserved.
    ///
    /// An IPv6 address that stands for an IPv4 one (mapped, compatible, NAT64, 6to4) is judged by that one, so
    /// that a rule against private addresses cannot be walked around.
    public var isPrivate: Bool {
        if AddressBlock.nonPublic.contains(where: { $0.contains(exactly: self) }) { return true }
        return embeddedV4.map(\.isPrivate) ?? false
    }

    /// The IPv4 address that this IPv6 address stands for, if it does.
    var embeddedV4: IPAddress? {
        guard family == .v6 else { return nil }
        let low = value & 0xFFFF_FFFF
        switch value >> 32 {
        case 0xFFFF,  // ::ffff:0:0/96, mapped (RFC 4291 §2.5.5.2)
            0x0064_FF9B << 64:  // 64:ff9b::/96, NAT64 (RFC 6052 §2.1)
            return IPAddress(family: .v4, value: low)
        case 0 where low > 1:  // ::/96, compatible (RFC 4291 §2.5.5.1)
            return IPAddress(family: .v4, value: low)
        case let high where high >> 80 == 0x2002:  // 2002::/16, 6to4 (RFC 3056 §2)
            return IPAddress(family: .v4, value: (value >> 80) & 0xFFFF_FFFF)
        default:
            return nil
        }
    }
}
