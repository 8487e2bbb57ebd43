/// A range of addresses by prefix (CIDR, RFC 4632 §3.1; RFC 4291 §2.3): `10.0.0.0/8`, `2001:db8::/32`.
public struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    /// The first address: the bits after the prefix are zero.
    public let first: IPAddress
    /// How many leading bits all addresses share: up to 32 or 128.
    public let prefixLength: Int

    /// The addresses that share the first `prefixLength` bits with `address`; nil if it has fewer bits than that.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard 0...address.bitCount ~= prefixLength else { return nil }
        self.prefixLength = prefixLength
        let mask = Self.mask(prefixLength, of: address.bitCount)
        first = IPAddress(family: address.family, value: address.value & mask)
    }

    /// Reads `address/length`, or an address alone for the block of that one; bits after the prefix are cleared.
    public init?(_ text: String) {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let half = halves.first, let address = IPAddress(String(half)) else { return nil }
        guard halves.count == 2 else {
            self.init(address, prefixLength: address.bitCount)
            return
        }
        let digits = halves[1].utf8
        guard 1...3 ~= digits.count, digits.allSatisfy(\.isDigit), let length = Int(halves[1]) else { return nil }
        self.init(address, prefixLength: length)
    }

    /// Whether the address is one of the block's. An IPv4 address mapped into IPv6 counts as the IPv4 address,
    /// against a block of IPv4.
    public func contains(_ address: IPAddress) -> Bool {
        if contains(exactly: address) { return true }
        guard first.family == .v4, address.family == .v6, address.value >> 32 == 0xFFFF else { return false }
        return contains(exactly: IPAddress(family: .v4, value: address.value & 0xFFFF_FFFF))
    }

    /// The block as `address/length`.
    public var description: String { "\(first)/\(prefixLength)" }

    func contains(exactly address: IPAddress) -> Bool {
        address.family == first.family
            && address.value & Self.mask(prefixLength, of: address.bitCount) == first.value
    }

    private static func mask(_ length: Int, of bits: Int) -> UInt128 {
        guard length > 0 else { return 0 }
        let ones: UInt128 = bits == 128 ? .max : (1 << UInt128(bits)) - 1
        return ones & ~((1 << UInt128(bits - length)) &- 1)
    }

    /// What is no address of the public Internet (IANA special-purpose registries, RFC 6890), in blocks.
    static let nonPublic: [AddressBlock] = [
        "0.0.0.0/8",  // this network, unspecified
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // RFC 1918
        "100.64.0.0/10",  // carrier-grade NAT, RFC 6598
        "127.0.0.0/8",  // loopback
        "169.254.0.0/16",  // link-local, RFC 3927
        "192.0.0.0/24",  // protocol assignments, RFC 6890
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  // documentation, RFC 5737
        "192.88.99.0/24",  // the relays of 6to4, which RFC 7526 retired
        "198.18.0.0/15",  // benchmarks, RFC 2544
        "224.0.0.0/4", "240.0.0.0/4",  // multicast; reserved, and broadcast
        "::/128", "::1/128",  // unspecified, loopback
        "64:ff9b:1::/48",  // local NAT64, RFC 8215
        "100::/64",  // discarded, RFC 6666
        "2001::/23",  // protocol assignments, Teredo with its embedded IPv4 among them, RFC 2928
        "2001:db8::/32", "3fff::/20",  // documentation, RFC 3849, RFC 9637
        "5f00::/16",  // segments of routers, RFC 9602
        "fc00::/7",  // RFC 4193
        "fe80::/10", "fec0::/10",  // link-local; the site-local that RFC 3879 retired
        "ff00::/8",  // multicast
    ].compactMap { AddressBlock($0) }
}

extension IPAddress {
    var bitCount: Int { family == .v4 ? 32 : 128 }
}
