package import Names

/// An address with its UDP port.
package struct QUICAddress: Hashable, Sendable, CustomStringConvertible {
    package var ip: IPAddress
    package var port: UInt16
    /// The number of the interface that a link-local IPv6 address belongs to (RFC 4007 §11.2); nought for none.
    package var scope: UInt32

    package init(_ ip: IPAddress, port: UInt16, scope: UInt32 = 0) {
        self.ip = ip
        self.port = port
        self.scope = scope
    }

    package var description: String { ip.family == .v6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}

/// Both ends of the way that a datagram takes.
package struct QUICPath: Hashable, Sendable, CustomStringConvertible {
    package var local: QUICAddress
    package var remote: QUICAddress

    package init(local: QUICAddress, remote: QUICAddress) {
        self.local = local
        self.remote = remote
    }

    package var description: String { "\(local) to \(remote)" }
}

/// The two bits of the IP header for explicit congestion notification (RFC 3168 §5); they lie lowest in `IP_TOS` and
/// `IPV6_TCLASS`.
package struct QUICECN: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue & 3 }

    /// Not ECN-capable.
    package static let none = QUICECN(rawValue: 0)
    package static let ect1 = QUICECN(rawValue: 1)
    package static let ect0 = QUICECN(rawValue: 2)
    /// Congestion was experienced.
    package static let ce = QUICECN(rawValue: 3)
}

/// Datagrams that lie one behind the other at the start of a buffer: what one `sendmsg` with `UDP_SEGMENT` takes.
package struct QUICBatch: Hashable, Sendable {
    /// Bytes of all datagrams together, at most 65,000.
    package var count: Int
    /// Bytes of each datagram; the last may be shorter. Equal to ``count`` if there is only one.
    package var segment: Int
    /// The mark that all of them carry.
    package var ecn: QUICECN
    /// The way they take. A client's driver picks the socket by `local`.
    package var path: QUICPath

    package init(count: Int, segment: Int, ecn: QUICECN, path: QUICPath) {
        self.count = count
        self.segment = segment
        self.ecn = ecn
        self.path = path
    }

    /// How many datagrams these are.
    package var datagrams: Int { segment > 0 ? (count + segment - 1) / segment : 0 }
}
