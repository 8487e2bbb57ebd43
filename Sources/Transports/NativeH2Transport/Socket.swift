import Glibc
import Names
import Threads
import TransportCore

/// A non-blocking stream socket. Closed when the last reference goes; whoever watches it unwatches it before.
@safe
final class Socket {
    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    /// What a call came to: done, to be tried again when the socket is ready, or the system's error number.
    enum Outcome: Equatable {
        case done, wait
        case failed(Int32)
    }

    /// A socket that is being connected to `endpoint`, and whether it is connected at once.
    static func connect(to endpoint: Endpoint, _ options: ConnectOptions) -> (Socket?, Outcome) {
        let domain =
            switch endpoint {
            case .ip(let address, _): address.family == .v4 ? AF_INET : AF_INET6
            case .unix: AF_UNIX
            }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(domain, kind, 0)
        guard descriptor >= 0 else { return (nil, .failed(errno)) }
        let socket = Socket(descriptor)
        guard var address = SocketAddress(endpoint) else { return (nil, .failed(ENAMETOOLONG)) }
        if domain != AF_UNIX {
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            if let failure = socket.bind(options, domain: domain) { return (nil, .failed(failure)) }
        }
        let result = unsafe address.withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
        if result == 0 { return (socket, .done) }
        // A Unix socket whose queue is full says EAGAIN, and has no way to tell when it is not.
        return errno == EINPROGRESS ? (socket, .wait) : (nil, .failed(errno))
    }

    private func bind(_ options: ConnectOptions, domain: Int32) -> Int32? {
        if let interface = options.interface {
            let name = Array(interface.utf8)
            guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.count)) == 0 else {
                return errno
            }
        }
        guard let local = options.localAddress else { return nil }
        guard (local.family == .v4) == (domain == AF_INET) else { return EAFNOSUPPORT }
        guard var address = SocketAddress(.ip(local, port: 0)) else { return EINVAL }
        return unsafe address.withPointer { unsafe Glibc.bind(descriptor, $0, $1) } == 0 ? nil : errno
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// How an attempt to connect ended: the error number, or nought.
    var connectError: Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
    }

    /// Sends what is left of `bytes` behind `offset`, and moves `offset` on.
    func write(_ bytes: [UInt8], from offset: inout Int) -> Outcome {
        while offset < bytes.count {
            let start = offset
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // MSG_NOSIGNAL: a peer that is gone is an error, not the end of the process.
                unsafe send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start,
                    Int32(truncatingIfNeeded: MSG_NOSIGNAL))
            }
            if count > 0 {
                offset += count
            } else if errno == EAGAIN {
                return .wait
            } else if errno != EINTR {
                return .failed(errno)
            }
        }
        return .done
    }

    /// The address on this side; nil for a Unix socket.
    var localEndpoint: Endpoint? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return result == 0 ? SocketAddress.endpoint(storage) : nil
    }
}

/// An address as the system takes it.
@safe
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    /// Nil for a Unix path that is too long.
    init?(_ endpoint: Endpoint) {
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

    mutating func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        let length = length
        return unsafe withUnsafePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

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

/// Room that all connections of a loop read into, one after the other.
@safe
final class ReadBuffer {
    private let room: UnsafeMutableRawBufferPointer

    /// Bytes that one call of the system may give: 128 KiB, eight full records of TLS.
    static let capacity = 128 << 10

    init() { unsafe room = .allocate(byteCount: ReadBuffer.capacity, alignment: 64) }
    deinit { unsafe room.deallocate() }

    /// What reading gave.
    enum Outcome {
        /// So many bytes are in the buffer.
        case bytes(Int)
        case wait
        case end
        case failed(Int32)
    }

    func read(from socket: Socket) -> Outcome {
        while true {
            let count = unsafe recv(socket.descriptor, room.baseAddress, room.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EAGAIN { return .wait }
            if errno != EINTR { return .failed(errno) }
        }
    }

    /// Lends the first `count` bytes.
    func lend(_ count: Int, to body: (Span<UInt8>) -> Void) {
        let bytes = unsafe UnsafeBufferPointer(
            start: room.baseAddress?.assumingMemoryBound(to: UInt8.self), count: min(count, room.count))
        body(unsafe Span(_unsafeElements: bytes))
    }
}
