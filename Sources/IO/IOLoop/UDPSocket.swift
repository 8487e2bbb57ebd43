import CLinux
import Glibc
package import TransportCore

/// A non-blocking socket for QUIC's datagrams, on one thread. Closed when the last reference goes; whoever watches it
/// unwatches it before.
///
/// Datagrams are never fragmented, and path MTU discovery is the sender's own business (RFC 9000 §14.3): the system
/// takes what is larger than it believes in (IP_PMTUDISC_PROBE). Each datagram tells its ECN marks (RFC 9000 §13.4).
@safe
package final class UDPSocket {
    package let descriptor: Int32
    let isIPv6: Bool
    /// Whether the system cuts one large send into datagrams (UDP_SEGMENT). Given up when it says that it cannot.
    package internal(set) var sendsSegments = true

    /// Bytes that the system keeps for us while the loop is busy, as far as it allows: 2 MiB.
    private static let receiveBuffer: Int32 = 2 << 20

    /// Takes over a socket that is open.
    init(_ descriptor: Int32, isIPv6: Bool) {
        self.descriptor = descriptor
        self.isIPv6 = isIPv6
        let on: Int32 = 1
        set(SOL_SOCKET, SO_RCVBUF, UDPSocket.receiveBuffer)
        set(SOL_SOCKET, SO_SNDBUF, UDPSocket.receiveBuffer)
        set(Int32(IPPROTO_UDP), TERN_UDP_GRO, on)
        if isIPv6 {
            set(Int32(IPPROTO_IPV6), IPV6_RECVTCLASS, on)
            set(Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
            set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, on)
        } else {
            set(Int32(IPPROTO_IP), IP_RECVTOS, on)
            set(Int32(IPPROTO_IP), IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        }
    }

    deinit { close(descriptor) }

    private static func make(for endpoint: Endpoint) -> Result<(UDPSocket, SocketAddress), UDPFailure> {
        guard case .ip(let address, _) = endpoint, let place = SocketAddress(endpoint) else {
            return .failure(UDPFailure(EAFNOSUPPORT))
        }
        let isIPv6 = address.family == .v6
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return .failure(UDPFailure(errno)) }
        return .success((UDPSocket(descriptor, isIPv6: isIPv6), place))
    }

    /// A socket that sends to `endpoint` and hears from it alone, from the local address and interface of `options`.
    /// Nothing is sent yet: whether anybody is there, the first answers tell.
    package static func connect(
        to endpoint: Endpoint, _ options: ConnectOptions = ConnectOptions()
    ) -> Result<UDPSocket, UDPFailure> {
        make(for: endpoint).flatMap { socket, place in
            let family: IPAddress.Family = socket.isIPv6 ? .v6 : .v4
            if let code = SocketAddress.bind(socket.descriptor, to: options, family: family) {
                return .failure(UDPFailure(code))
            }
            let result = place.connect(socket.descriptor)
            return result == 0 ? .success(socket) : .failure(UDPFailure(errno))
        }
    }

    /// A socket that takes datagrams from anybody at `endpoint`; port 0 lets the system choose.
    package static func bind(to endpoint: Endpoint) -> Result<UDPSocket, UDPFailure> {
        make(for: endpoint).flatMap { socket, place in
            let result = place.bind(socket.descriptor)
            return result == 0 ? .success(socket) : .failure(UDPFailure(errno))
        }
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The address on this side.
    package var localEndpoint: Endpoint? { SocketAddress.local(of: descriptor) }

    /// What sending came to.
    package enum Sent: Equatable, Sendable {
        /// All of it went to the system, or was lost as datagrams may be.
        case done
        /// The system has no room: send the rest when the socket is writable.
        case wait
        /// The error number: nobody listens at the port (ECONNREFUSED), there is no way (ENETUNREACH), …
        case failed(Int32)
    }

    /// Sends what is left of `batch`; a batch that has to wait keeps what is left for the next call.
    ///
    /// Datagrams that are larger than the path takes are dropped here as the network would drop them: they are how the
    /// path's size is found out.
    package func send(_ batch: inout DatagramBatch) -> Sent {
        while batch.sent < batch.count {
            let left = batch.count - batch.sent
            let datagram = batch.segment > 0 ? min(batch.segment, left) : left
            let segments = sendsSegments && !batch.isSentSingly && left > datagram
            let count = segments ? left : datagram
            let code = transmit(batch, count, segment: segments ? datagram : 0)
            switch code {
            case 0: batch.sent += count
            case EAGAIN: return .wait
            case EINTR: break
            case EIO where segments: sendsSegments = false
            // The segment size does not suit the path: each of them is tried by itself.
            case EINVAL where segments, EMSGSIZE where segments: batch.isSentSingly = true
            // Lost, as in any full queue on the way.
            case EMSGSIZE, ENOBUFS, ENOMEM: batch.sent += count
            default: return .failed(code)
            }
        }
        return .done
    }

    /// The error number, or 0.
    private func transmit(_ batch: DatagramBatch, _ count: Int, segment: Int) -> Int32 {
        let result = unsafe batch.bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            let from = unsafe start + batch.sent
            let segment = UInt16(clamping: segment)
            guard let address = batch.destination else {
                return unsafe tern_send_datagrams(
                    descriptor, from, count, segment, Int32(batch.ecn), isIPv6, nil, 0)
            }
            return unsafe address.withPointer { name, length in
                unsafe tern_send_datagrams(
                    descriptor, from, count, segment, Int32(batch.ecn), isIPv6, name, length)
            }
        }
        return result < 0 ? errno : 0
    }
}

/// Why a socket for datagrams could not be made.
package struct UDPFailure: Error, Hashable, Sendable {
    /// The system's error number.
    package let code: Int32
    init(_ code: Int32) { self.code = code }
}
