import Driving
import Glibc
import IOLoop
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
        guard let address = SocketAddress(endpoint) else { return (nil, .failed(ENAMETOOLONG)) }
        if domain != AF_UNIX {
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            let family: IPAddress.Family = domain == AF_INET ? .v4 : .v6
            if let failure = SocketAddress.bind(descriptor, to: options, family: family) {
                return (nil, .failed(failure))
            }
        }
        let result = address.connect(descriptor)
        if result == 0 { return (socket, .done) }
        // A Unix socket whose queue is full says EAGAIN, and has no way to tell when it is not.
        return errno == EINPROGRESS ? (socket, .wait) : (nil, .failed(errno))
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
    var localEndpoint: Endpoint? { SocketAddress.local(of: descriptor) }
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
