internal import CQUIC
internal import Wire

/// What a client's first packet says.
@safe
struct QUICInitial {
    private var head: tern_quic_initial
    let token: [UInt8]
    var version: QUICVersion { QUICVersion(rawValue: unsafe head.version) }

    /// Nil if the packet begins no connection.
    init?(_ packet: Span<UInt8>) {
        var head = unsafe tern_quic_initial()
        let found: [UInt8]? = unsafe packet.withUnsafeBufferPointer { packet in
            let lent = unsafe tern_bytes(bytes: packet.baseAddress, count: packet.count)
            return unsafe tern_quic_read_initial(lent, &head) == 0 ? [UInt8](head.token) : nil
        }
        guard let found else { return nil }
        token = found
        unsafe head.token = tern_bytes()
        unsafe self.head = head
    }

    func lend<Value>(_ body: (UnsafeMutablePointer<tern_quic_initial>) -> Value) -> Value {
        var head = unsafe head
        return unsafe token.withUnsafeBufferPointer { token in
            unsafe head.token = tern_bytes(bytes: token.baseAddress, count: token.count)
            return unsafe body(&head)
        }
    }

    /// Whether the token proves the client's address. Takes over what a Retry's says.
    mutating func isProven(_ remote: QUICAddress, secret: [UInt8], at now: Instant) -> Bool {
        var address = tern_address(remote)
        let (result, checked) = unsafe lend { head in
            let result = unsafe tern_quic_check_token(secret, head, &address, now.forC)
            return unsafe (result, head.pointee)
        }
        guard result == 0 else { return false }
        unsafe head = checked
        unsafe head.token = tern_bytes()
        return true
    }

    func retry(_ remote: QUICAddress, secret: [UInt8], at now: Instant) -> [UInt8] {
        var address = tern_address(remote)
        return unsafe QUICPacket.made { place, capacity in
            unsafe lend { unsafe tern_quic_write_retry(place, capacity, secret, $0, &address, now.forC) }
        }
    }

    /// CONNECTION_CLOSE with CONNECTION_REFUSED.
    func refusal() -> [UInt8] {
        unsafe QUICPacket.made { place, capacity in
            unsafe lend { unsafe tern_quic_write_refusal(place, capacity, $0, 0x02) }
        }
    }
}

/// What the head of any packet says, and answers that belong to no connection.
enum QUICPacket {
    struct Head {
        var isKnownVersion: Bool
        var isLong: Bool
        var dcid: [UInt8]
        var scid: [UInt8]
    }

    /// Nil if it is no packet of QUIC.
    static func head(_ packet: Span<UInt8>) -> Head? {
        unsafe packet.withUnsafeBufferPointer { packet in
            var route = unsafe tern_quic_route()
            unsafe tern_quic_route_of(tern_bytes(bytes: packet.baseAddress, count: packet.count), &route)
            guard unsafe route.kind != Int32(TERN_ROUTE_BAD) else { return nil }
            return unsafe Head(
                isKnownVersion: route.kind == Int32(TERN_ROUTE_KNOWN_VERSION), isLong: route.is_long != 0,
                dcid: [UInt8](route.dcid), scid: [UInt8](route.scid))
        }
    }

    static func versions(_ versions: [QUICVersion], answering head: Head) -> [UInt8] {
        let numbers = versions.map(\.rawValue)
        return unsafe head.dcid.withUnsafeBufferPointer { dcid in
            unsafe head.scid.withUnsafeBufferPointer { scid in
                var route = unsafe tern_quic_route()
                unsafe route.dcid = tern_bytes(bytes: dcid.baseAddress, count: dcid.count)
                unsafe route.scid = tern_bytes(bytes: scid.baseAddress, count: scid.count)
                return unsafe made { unsafe tern_quic_write_versions($0, $1, &route, numbers, numbers.count) }
            }
        }
    }

    static func reset(_ dcid: [UInt8], secret: [UInt8], answering count: Int) -> [UInt8] {
        unsafe dcid.withUnsafeBufferPointer { dcid in
            let id = unsafe tern_bytes(bytes: dcid.baseAddress, count: dcid.count)
            return unsafe made { unsafe tern_quic_write_reset($0, $1, secret, id, count) }
        }
    }

    static func random(_ count: Int) -> [UInt8]? {
        var result: Int32 = -1
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, made in
            unsafe buffer.initialize(repeating: 0)
            result = unsafe tern_quic_random(buffer.baseAddress, count)
            made = count
        }
        return result == 0 ? bytes : nil
    }

    static func made(_ body: (UnsafeMutablePointer<UInt8>?, Int) -> Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 1_200) { buffer, count in
            count = unsafe min(1_200, max(0, body(buffer.baseAddress, 1_200)))
        }
    }
}
