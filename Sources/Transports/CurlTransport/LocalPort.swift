import Glibc

/// The local port of a socket, by which libcurl and we find the same connection.
enum LocalPort {
    /// `nil` for a socket that is closed or not bound to a port.
    static func of(_ descriptor: Int32) -> Int? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let family = unsafe withUnsafeMutablePointer(to: &address) { pointer -> sa_family_t? in
            let status = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
            return status == 0 ? unsafe pointer.pointee.ss_family : nil
        }
        guard let family, Int32(family) == AF_INET || Int32(family) == AF_INET6 else { return nil }
        // The port stands at the same place in both.
        let port = unsafe withUnsafeBytes(of: address) { unsafe $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) }
        return Int(UInt16(bigEndian: port))
    }
}
