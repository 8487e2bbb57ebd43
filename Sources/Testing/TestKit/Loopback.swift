import Glibc

/// TCP on the loopback address 127.0.0.1: ports that the kernel picks, and whether somebody listens.
package enum Loopback {
    /// Port numbers that nobody uses now, all different.
    ///
    /// Another program may take one before a server does; `ServerProcess` then tries again with others.
    package static func freePorts(_ count: Int) throws(TestKitError) -> [UInt16] {
        var sockets: [CInt] = []
        defer { sockets.forEach { close($0) } }
        var ports: [UInt16] = []
        for _ in 0..<count {
            let socket = try listeningSocket()
            sockets.append(socket)
            ports.append(try port(of: socket))
        }
        return ports
    }

    /// Whether a connection to `port` is accepted now.
    package static func accepts(port: UInt16) -> Bool {
        guard let socket = try? connect(to: port) else { return false }
        close(socket)
        return true
    }

    /// A socket that listens on a port that the kernel picked. The caller closes it.
    static func listeningSocket() throws(TestKitError) -> CInt {
        let descriptor = try makeSocket()
        do {
            unsafe try withAddress(port: 0) { (address, length) throws(TestKitError) in
                try system("bind 127.0.0.1:0") { unsafe Int(bind(descriptor, address, length)) }
            }
            try system("listen on 127.0.0.1") { Int(listen(descriptor, 128)) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// A connected blocking socket. The caller closes it.
    package static func connect(to port: UInt16) throws(TestKitError) -> CInt {
        let descriptor = try makeSocket()
        do {
            unsafe try withAddress(port: port) { (address, length) throws(TestKitError) in
                try system("connect to 127.0.0.1:\(port)") { unsafe Int(Glibc.connect(descriptor, address, length)) }
            }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The port that a socket is bound to.
    static func port(of descriptor: CInt) throws(TestKitError) -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try system("ask for the port of a socket") {
            unsafe withUnsafeMutablePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Int(getsockname(descriptor, $0, &length))
                }
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Whether this machine has the IPv6 loopback address.
    package static let hasIPv6: Bool = {
        guard let table = try? text(of: "/proc/net/if_inet6") else { return false }
        return table.contains("00000000000000000000000000000001 ")
    }()

    private static func makeSocket() throws(TestKitError) -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        return CInt(try system("make a socket") { Int(socket(AF_INET, kind, 0)) })
    }

    private static func withAddress(
        port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(TestKitError) -> Void
    ) throws(TestKitError) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                Result { () throws(TestKitError) in
                    unsafe try body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        try result.get()
    }
}
