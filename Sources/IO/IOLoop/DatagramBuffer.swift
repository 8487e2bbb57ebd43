import CLinux
import Glibc
package import TransportCore

/// Room that all sockets of a loop receive datagrams into, one call after the other.
///
/// The system puts datagrams of one size that came one after the other together (UDP_GRO): one call may give many.
@safe
package final class DatagramBuffer {
    /// Bytes that one call may give: what the length field of IP allows.
    package static let capacity = 64 << 10

    private let room: UnsafeMutableRawBufferPointer
    private var count = 0
    private var segment = 0

    package init() { unsafe room = .allocate(byteCount: DatagramBuffer.capacity, alignment: 64) }
    deinit { unsafe room.deallocate() }

    /// What receiving gave.
    package enum Received: Equatable, Sendable {
        /// There are datagrams: see ``DatagramBuffer/forEach(_:)``. `ecn` is the codepoint of all of them.
        case datagrams(bytes: Int, ecn: UInt8)
        /// Nothing is there now.
        case wait
        /// The error number: a router or the peer's system answered what was sent before. Receiving may go on.
        case failed(Int32)
    }

    /// Takes what has come, from a socket that is connected.
    package func receive(from socket: UDPSocket) -> Received {
        while true {
            let result = unsafe tern_receive_datagrams(socket.descriptor, room.baseAddress, room.count, nil)
            if result.count < 0 {
                if errno == EINTR { continue }
                return note(failure: errno)
            }
            if let received = note(result) { return received }
        }
    }

    /// Takes what has come, and from whom.
    package func receiveWithSource(from socket: UDPSocket) -> (Received, source: Endpoint?) {
        var name = sockaddr_storage()
        while true {
            let result = unsafe tern_receive_datagrams(socket.descriptor, room.baseAddress, room.count, &name)
            if result.count < 0 {
                if errno == EINTR { continue }
                return (note(failure: errno), nil)
            }
            if let received = note(result) { return (received, SocketAddress.endpoint(name)) }
        }
    }

    private func note(failure code: Int32) -> Received {
        count = 0
        return code == EAGAIN ? .wait : .failed(code)
    }

    /// Nil for what cannot be used: an empty datagram, or one that did not fit.
    private func note(_ result: tern_datagrams) -> Received? {
        guard result.count > 0, !result.is_truncated else { return nil }
        count = result.count
        segment = result.segment > 0 ? Int(result.segment) : count
        return .datagrams(bytes: count, ecn: UInt8(truncatingIfNeeded: result.traffic_class & 3))
    }

    /// Lends the datagrams that were received last, one after the other.
    package func forEach(_ body: (Span<UInt8>) -> Void) {
        guard let start = unsafe room.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var offset = 0
        while offset < count {
            let size = min(segment, count - offset)
            let bytes = unsafe UnsafeBufferPointer(start: start + offset, count: size)
            body(unsafe Span(_unsafeElements: bytes))
            offset += size
        }
    }

    /// A copy of what was received last, to be sent on.
    package func batch(ecn: UInt8) -> DatagramBatch {
        let bytes = unsafe Array(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[0..<count]))
        return DatagramBatch(bytes, segment: segment < count ? segment : 0, ecn: ecn)
    }

    /// Lends all that was received last: datagrams of `segment` bytes one behind the other, the last perhaps shorter.
    package func lend(_ body: (_ datagrams: Span<UInt8>, _ segment: Int) -> Void) {
        let bytes = unsafe UnsafeBufferPointer(
            start: room.baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
        body(unsafe Span(_unsafeElements: bytes), segment)
    }
}
