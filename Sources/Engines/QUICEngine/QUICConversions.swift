internal import CQUIC
internal import Names

/// Addresses in C's form.
extension tern_address {
    init(_ address: QUICAddress) {
        self.init()
        family = address.ip.family == .v4 ? 4 : 6
        port = address.port
        scope = address.scope
        unsafe withUnsafeMutableBytes(of: &ip) { unsafe $0.copyBytes(from: address.ip.bytes) }
    }
}

extension tern_path {
    init(_ path: QUICPath) { self.init(local: tern_address(path.local), remote: tern_address(path.remote)) }

    func isSame(as other: tern_path) -> Bool {
        unsafe withUnsafeBytes(of: self) { left in
            unsafe withUnsafeBytes(of: other) { right in unsafe left.elementsEqual(right) }
        }
    }
}

extension QUICAddress {
    init?(_ address: tern_address) {
        let count = address.family == 4 ? 4 : 16
        let bytes = unsafe withUnsafeBytes(of: address.ip) { unsafe [UInt8]($0.prefix(count)) }
        guard let ip = IPAddress(bytes: bytes) else { return nil }
        self.init(ip, port: address.port, scope: address.scope)
    }
}

extension QUICPath {
    init?(_ path: tern_path) {
        guard let local = QUICAddress(path.local), let remote = QUICAddress(path.remote) else { return nil }
        self.init(local: local, remote: remote)
    }
}
