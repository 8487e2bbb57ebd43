import CLinux
import Glibc
import Threads
import TransportCore

/// Asks the system for the addresses of a host. Blocks, for seconds if it must.
enum AddressLookup {
    /// The addresses in the order that the system prefers (RFC 6724).
    ///
    /// AI_ADDRCONFIG leaves out a family that the machine has no address of, and so spares the question for it. It does
    /// not count loopback addresses: with a family given, nothing at all would be found on a machine that has no
    /// others, not even `localhost`. So it is set only where both families may be answered; there, a machine without
    /// any address counts as having both.
    ///
    /// `localhost` and names below it are this machine whatever its files say, and are not asked for in the DNS
    /// (RFC 6761 §6.3).
    static func system(_ host: String, _ family: AddressFamily) throws(ResolveError) -> [IPAddress] {
        guard !host.isEmpty, !host.utf8.contains(0) else {
            throw ResolveError(.notFound, message: "\(host.debugDescription) is not the name of a host")
        }
        let isLocal = isLocalhost(host)
        do throws(ResolveError) {
            return try ask(isLocal ? "localhost" : host, family, onlyUsable: family == .any && !isLocal)
        } catch {
            if isLocal { return loopback(family) }
            throw error
        }
    }

    private static func isLocalhost(_ host: String) -> Bool {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        return name == "localhost" || name.hasSuffix(".localhost")
    }

    private static func loopback(_ family: AddressFamily) -> [IPAddress] {
        let (v6, v4) = (IPAddress("::1"), IPAddress("127.0.0.1"))
        switch family {
        case .any: return [v6, v4].compactMap(\.self)
        case .ipv4: return [v4].compactMap(\.self)
        case .ipv6: return [v6].compactMap(\.self)
        }
    }

    private static func ask(
        _ host: String, _ family: AddressFamily, onlyUsable: Bool
    ) throws(ResolveError) -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = family.number
        // Else each address comes once for every kind of socket.
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = onlyUsable ? AI_ADDRCONFIG : 0
        var first: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &first)
        let systemError = errno
        guard code == 0 else { throw failure(host, family, code, systemError) }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [IPAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let address = unsafe IPAddress(entry.pointee.ai_addr), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }

    private static func failure(
        _ host: String, _ family: AddressFamily, _ code: Int32, _ systemError: Int32
    ) -> ResolveError {
        // Two of glibc's codes that its headers show under _GNU_SOURCE only: EAI_NODATA, EAI_ADDRFAMILY.
        let isUnknown = [EAI_NONAME, -5, -9].contains(code)
        let words =
            if code == EAI_SYSTEM { errorText(systemError) } else if let text = unsafe gai_strerror(code) {
                unsafe String(cString: text)
            } else { "error \(code)" }
        return ResolveError(
            isUnknown ? .notFound : .unavailable, message: "looking up \(host)\(family.words): \(words)")
    }
}

extension AddressFamily {
    fileprivate var number: Int32 {
        switch self {
        case .any: AF_UNSPEC
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        }
    }

    /// For messages.
    var words: String {
        switch self {
        case .any: ""
        case .ipv4: " for IPv4"
        case .ipv6: " for IPv6"
        }
    }
}

extension IPAddress {
    /// The address in a socket address of either family, without port and zone.
    fileprivate init?(_ pointer: UnsafeMutablePointer<sockaddr>?) {
        guard let pointer = unsafe pointer else { return nil }
        let raw = UnsafeRawPointer(pointer)
        switch Int32(unsafe pointer.pointee.sa_family) {
        case AF_INET:
            let address = unsafe raw.loadUnaligned(as: sockaddr_in.self).sin_addr
            self.init(bytes: unsafe withUnsafeBytes(of: address) { unsafe Array($0) })
        case AF_INET6:
            let address = unsafe raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            self.init(bytes: unsafe withUnsafeBytes(of: address) { unsafe Array($0) })
        default: return nil
        }
    }
}
