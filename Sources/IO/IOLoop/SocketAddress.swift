import CLinux
import Glibc
package import TransportCore

/// An address as the system takes and gives it. The system's own types stay in this module: which C module owns them
/// depends on how it is built.
@safe
package struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    /// Nil for a Unix path that is too long.
    package init?(_ endpoint: Endpoint) {
        switch endpoint {
        case .ip(let address, let port) where address.family == .v4:
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { raw in
                var value = sockaddr_in()
                value.sin_family = sa_family_t(AF_INET)
                value.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
                unsafe withUnsafeMutableBytes(of: &value.sin_addr) { unsafe $0.copyBytes(from: address.bytes) }
                unsafe raw.storeBytes(of: value, as: sockaddr_in.self)
            }
        case .ip(let address, let port):
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { raw in
                var value = sockaddr_in6()
                value.sin6_family = sa_family_t(AF_INET6)
                value.sin6_port = in_port_t(truncatingIfNeeded: port).bigEndian
                unsafe withUnsafeMutableBytes(of: &value.sin6_addr) { unsafe $0.copyBytes(from: address.bytes) }
                unsafe raw.storeBytes(of: value, as: sockaddr_in6.self)
            }
        case .unix(let path):
            length = socklen_t(MemoryLayout<sockaddr_un>.size)
            let bytes = Array(path.utf8)
            var value = sockaddr_un()
            value.sun_family = sa_family_t(AF_UNIX)
            let fits = unsafe withUnsafeMutableBytes(of: &value.sun_path) { place in
                // A nought must follow, and one at the start would mean an abstract name.
                guard !bytes.isEmpty, bytes.count < place.count, !bytes.contains(0) else { return false }
                unsafe place.copyBytes(from: bytes)
                return true
            }
            guard fits else { return nil }
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: value, as: sockaddr_un.self) }
        }
    }

    /// Lends it to a call of the system.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafePointer(to: storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

    /// The endpoint that the system means; nil for a family that is not of the Internet.
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

extension SocketAddress {
    /// Connects a socket to it: what connect(2) returns, with `errno`.
    package func connect(_ descriptor: Int32) -> Int32 {
        unsafe withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
    }

    /// Binds a socket to it: what bind(2) returns, with `errno`.
    package func bind(_ descriptor: Int32) -> Int32 {
        unsafe withPointer { unsafe Glibc.bind(descriptor, $0, $1) }
    }

    /// The next client of a listening socket, as accept(2) gives it with `errno`, and where it comes from.
    package static func accept(_ descriptor: Int32) -> (descriptor: Int32, remote: Endpoint?) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.accept(descriptor, $0, &length)
            }
        }
        return (accepted, accepted < 0 ? nil : endpoint(storage))
    }

    /// Where a socket is bound to; nil for one that is closed, or that is not of the Internet.
    package static func local(of descriptor: Int32) -> Endpoint? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return result == 0 ? endpoint(storage) : nil
    }

    /// Binds a socket of `family` to the interface and the local address that `options` name. Returns the system's
    /// error number; nil if all is well.
    package static func bind(_ descriptor: Int32, to options: ConnectOptions, family: IPAddress.Family) -> Int32? {
        if let interface = options.interface {
            let name = Array(interface.utf8)
            guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.count)) == 0 else {
                return errno
            }
        }
        guard let local = options.localAddress else { return nil }
        guard local.family == family else { return EAFNOSUPPORT }
        guard let address = SocketAddress(.ip(local, port: 0)) else { return EINVAL }
        return address.bind(descriptor) == 0 ? nil : errno
    }
}
