import Glibc
import IOLoop
import TransportCore

/// A non-blocking stream socket. Closed when the last reference goes; whoever watches it unwatches it before.
@safe
final class ServerSocket {
    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    private static let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

    /// A socket bound to `address` and `port`, 0 for one that the system chooses. With `listens`, clients can connect;
    /// else they are refused. The error names what could not be bound, and why.
    static func bound(to address: IPAddress, port: Int, listens: Bool) throws(TestServerError) -> ServerSocket {
        let endpoint = Endpoint.ip(address, port: port)
        guard (0...65_535).contains(port), let place = SocketAddress(endpoint) else {
            throw TestServerError(.bindFailed, "listening on \(endpoint): a port is a number from 0 to 65535")
        }
        let descriptor = Glibc.socket(address.family == .v4 ? AF_INET : AF_INET6, kind, 0)
        guard descriptor >= 0 else { throw .system("making a socket for \(endpoint)", errno) }
        let socket = ServerSocket(descriptor)
        // A server that was stopped a moment ago may have left connections behind in TIME_WAIT.
        if port != 0 { socket.set(SOL_SOCKET, SO_REUSEADDR, 1) }
        let failure = place.bind(descriptor) == 0 ? 0 : errno
        guard failure == 0 else { throw .system("listening on \(endpoint)", failure, .bindFailed) }
        if listens, listen(descriptor, 1_024) != 0 { throw .system("listening on \(endpoint)", errno, .bindFailed) }
        return socket
    }

    /// A socket that is being connected to `endpoint`; nil if the system refuses at once.
    static func connecting(to endpoint: Endpoint) -> ServerSocket? {
        guard case .ip(let address, _) = endpoint, let place = SocketAddress(endpoint) else { return nil }
        let descriptor = Glibc.socket(address.family == .v4 ? AF_INET : AF_INET6, kind, 0)
        guard descriptor >= 0 else { return nil }
        let socket = ServerSocket(descriptor)
        socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let result = place.connect(descriptor)
        return result == 0 || errno == EINPROGRESS ? socket : nil
    }

    /// The next client and where it comes from; nil when none waits.
    func accept() -> (ServerSocket, Endpoint?)? {
        while true {
            let (accepted, remote) = SocketAddress.accept(descriptor)
            guard accepted >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return nil
            }
            _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
            _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
            let socket = ServerSocket(accepted)
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            return (socket, remote)
        }
    }

    /// The address and port on this side.
    var local: Endpoint? { SocketAddress.local(of: descriptor) }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// When it is closed, the peer gets a reset, and what is under way is lost.
    func resetsWhenClosed() {
        var now = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// Says that nothing more is sent.
    func endWriting() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

    /// The error of a connection attempt, or nought.
    var connectError: Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
    }

    /// What a write came to.
    enum Outcome { case done, wait, failed }

    /// Sends what is left of `bytes` behind `offset`, and moves `offset` on.
    func write(_ bytes: [UInt8], from offset: inout Int) -> Outcome {
        while offset < bytes.count {
            let start = offset
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe send(
                    descriptor, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start,
                    Int32(truncatingIfNeeded: MSG_NOSIGNAL))
            }
            if count > 0 {
                offset += count
            } else if errno == EAGAIN {
                return .wait
            } else if errno != EINTR {
                return .failed
            }
        }
        return .done
    }
}

/// Room that all connections of a server read into, one after the other.
@safe
final class ReadBuffer {
    private let room: UnsafeMutableRawBufferPointer

    /// Bytes that one call of the system may give: 64 KiB.
    static let capacity = 64 << 10

    init() { unsafe room = .allocate(byteCount: ReadBuffer.capacity, alignment: 64) }
    deinit { unsafe room.deallocate() }

    /// What reading gave.
    enum Outcome { case bytes(Int), wait, end, failed }

    func read(from socket: ServerSocket) -> Outcome {
        while true {
            let count = unsafe recv(socket.descriptor, room.baseAddress, room.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            if errno == EAGAIN { return .wait }
            if errno != EINTR { return .failed }
        }
    }

    /// Lends the first `count` bytes.
    func lend(_ count: Int, to body: (Span<UInt8>) -> Void) {
        let bytes = unsafe UnsafeBufferPointer(
            start: room.baseAddress?.assumingMemoryBound(to: UInt8.self), count: min(count, room.count))
        body(unsafe Span(_unsafeElements: bytes))
    }
}
