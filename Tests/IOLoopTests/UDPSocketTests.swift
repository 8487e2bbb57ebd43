import Glibc
import TestKit
import Testing
import TransportCore

@testable import IOLoop

@Suite("sockets for datagrams")
struct UDPSocketTests {
    /// A socket bound to loopback, and one that is connected to it.
    private struct Pair {
        let near: UDPSocket
        let far: UDPSocket

        init(_ address: String = "127.0.0.1") throws {
            let local = try #require(IPAddress(address))
            far = try UDPSocket.bind(to: .ip(local, port: 0)).get()
            near = try UDPSocket.connect(to: try #require(far.localEndpoint)).get()
        }
    }

    /// The datagrams that come until `count` are there, each with its ECN codepoint.
    private func receive(_ count: Int, at socket: UDPSocket, with buffer: DatagramBuffer = DatagramBuffer()) throws
        -> [([UInt8], UInt8)]
    {
        var found: [([UInt8], UInt8)] = []
        while found.count < count {
            switch buffer.receive(from: socket) {
            case .datagrams(_, let ecn):
                buffer.forEach { span in
                    found.append((Array(span.indices.map { span[$0] }), ecn))
                }
            case .wait: try wait(for: socket)
            case .failed(let code): throw UDPFailure(code)
            }
        }
        return found
    }

    private func wait(for socket: UDPSocket) throws {
        var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        try #require(unsafe poll(&entry, 1, 10_000) == 1, "nothing came within ten seconds")
    }

    @Test("a datagram and its ECN codepoint arrive, and the answer too", arguments: ["127.0.0.1", "::1"])
    func ecn(_ address: String) throws {
        guard address != "::1" || Loopback.hasIPv6 else { return }
        let pair = try Pair(address)
        for codepoint in UInt8(0)...3 {
            var batch = DatagramBatch([1, 2, codepoint], ecn: codepoint)
            #expect(pair.near.send(&batch) == .done)
            #expect(batch.isSent)
            let came = try receive(1, at: pair.far)
            #expect(came.map(\.0) == [[1, 2, codepoint]])
            #expect(came.map(\.1) == [codepoint])
        }
        let source = try #require(pair.near.localEndpoint)
        var answer = DatagramBatch([9], ecn: 2, to: SocketAddress(source))
        #expect(pair.far.send(&answer) == .done)
        #expect(try receive(1, at: pair.near).map(\.1) == [2])
    }

    @Test("a batch arrives as its datagrams, cut by the system or one by one", arguments: [true, false])
    func segments(_ cutBySystem: Bool) throws {
        let pair = try Pair()
        pair.near.sendsSegments = cutBySystem
        let datagrams = (0..<20).map { [UInt8](repeating: UInt8($0), count: $0 == 19 ? 7 : 1200) }
        var batch = DatagramBatch(datagrams.flatMap(\.self), segment: 1200, ecn: 2)
        #expect(pair.near.send(&batch) == .done)
        #expect(pair.near.sendsSegments == cutBySystem)
        let came = try receive(datagrams.count, at: pair.far)
        #expect(came.map(\.0) == datagrams)
        #expect(came.allSatisfy { $0.1 == 2 })
    }

    @Test("who sent is told on a socket that is not connected")
    func source() throws {
        let pair = try Pair()
        var batch = DatagramBatch([1])
        #expect(pair.near.send(&batch) == .done)
        try wait(for: pair.far)
        let (received, source) = DatagramBuffer().receiveWithSource(from: pair.far)
        #expect(received == .datagrams(bytes: 1, ecn: 0))
        #expect(source == pair.near.localEndpoint)
    }

    @Test("a datagram that is too large is lost, and no error")
    func tooLarge() throws {
        let pair = try Pair()
        var large = DatagramBatch([UInt8](repeating: 0, count: 70_000))
        #expect(pair.near.send(&large) == .done)
        var small = DatagramBatch([1])
        #expect(pair.near.send(&small) == .done)
        #expect(try receive(1, at: pair.far).map(\.0) == [[1]])
    }

    @Test("a port where nobody listens is told")
    func refused() throws {
        let pair = try Pair()
        let port = try #require(pair.far.localEndpoint)
        let socket = try UDPSocket.connect(to: port).get()
        // The socket at the port is closed here.
        _ = consume pair
        var batch = DatagramBatch([1])
        #expect(socket.send(&batch) == .done)
        var entry = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&entry, 1, 10_000) == 1)
        #expect(DatagramBuffer().receive(from: socket) == .failed(ECONNREFUSED))
        #expect(DatagramBuffer().receive(from: socket) == .wait)
    }

    @Test("what the system had no room for is kept, and goes later")
    func kept() throws {
        // A Unix socket's queue can be full; that of the loopback network drops.
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0)
        let (near, far) = (UDPSocket(ends[0], isIPv6: false), UDPSocket(ends[1], isIPv6: false))
        near.sendsSegments = false
        var little: Int32 = 1
        unsafe setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &little, socklen_t(MemoryLayout<Int32>.size))
        let count = 5_000
        var batch = DatagramBatch((0..<count).map { UInt8($0 & 255) }, segment: 1)
        var came: [UInt8] = []
        var waits = 0
        let buffer = DatagramBuffer()
        while came.count < count {
            if !batch.isSent, near.send(&batch) == .wait { waits += 1 }
            came += try receive(1, at: far, with: buffer).flatMap(\.0)
        }
        #expect(waits > 0)
        #expect(batch.isSent)
        #expect(came == (0..<count).map { UInt8($0 & 255) })
    }

    @Test("an address of the other family cannot be sent from")
    func family() throws {
        var options = ConnectOptions()
        options.localAddress = IPAddress("::1")
        let there = Endpoint.ip(try #require(IPAddress("127.0.0.1")), port: 9)
        guard case .failure(let failure) = UDPSocket.connect(to: there, options) else {
            Issue.record("it was connected")
            return
        }
        #expect(failure.code == EAFNOSUPPORT)
    }
}
