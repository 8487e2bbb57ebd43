import Glibc
import TransportCore

/// An address and port as the system takes it.
@safe
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    /// Nil for a Unix path.
    init?(_ endpoint: Endpoint) {
        guard case .ip(let address, let port) = endpoint else { return nil }
        if address.family == .v4 {
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { raw in
                var value = sockaddr_in()
                value.sin_family = sa_family_t(AF_INET)
                value.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
                unsafe withUnsafeMutableBytes(of: &value.sin_addr) { unsafe $0.copyBytes(from: address.bytes) }
                unsafe raw.storeBytes(of: value, as: sockaddr_in.self)
            }
        } else {
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { raw in
                var value = sockaddr_in6()
                value.sin6_family = sa_family_t(AF_INET6)
                value.sin6_port = in_port_t(truncatingIfNeeded: port).bigEndian
                unsafe withUnsafeMutableBytes(of: &value.sin6_addr) { unsafe $0.copyBytes(from: address.bytes) }
                unsafe raw.storeBytes(of: value, as: sockaddr_in6.self)
            }
        }
    }

    /// Lends the address to a call of the system.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

    /// The address that the system wrote; nil for another family.
    static func endpoint(_ storage: sockaddr_storage) -> Endpoint? {
        let family = Int32(storage.ss_family)
        return unsafe withUnsafeBytes(of: storage) { raw in
            switch family {
            case AF_INET:
                let value = unsafe raw.loadUnaligned(as: sockaddr_in.self)
                let bytes = unsafe withUnsafeBytes(of: value.sin_addr) { unsafe Array($0) }
                return IPAddress(bytes: bytes).map { .ip($0, port: Int(value.sin_port.bigEndian)) }
            case AF_INET6:
                let value = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
                let bytes = unsafe withUnsafeBytes(of: value.sin6_addr) { unsafe Array($0) }
                return IPAddress(bytes: bytes).map { .ip($0, port: Int(value.sin6_port.bigEndian)) }
            default: return nil
            }
        }
    }
}
