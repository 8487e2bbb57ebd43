import Glibc
import HTTP2Engine
import Synchronization
import TestKit
import Wire

/// A server of HTTP/2 in clear text that does what a test says: the engine in the server's role on a blocking socket,
/// one thread for each connection. The test is called with each event, and answers on the connection it is given.
final class H2Server: Sendable {
    /// One connection, used on its thread. Bytes put into `raw` go out as they are, after what the engine has to say.
    final class Side {
        let number: Int
        let engine: HTTP2Connection
        var raw: [UInt8] = []
        /// The connection is closed when what there is has been sent.
        var isClosing = false
        /// Nothing more is read or sent: the peer sees a black hole.
        var isDeaf = false

        init(_ number: Int, _ engine: HTTP2Connection) {
            self.number = number
            self.engine = engine
        }

        /// Answers `stream` with `status` and `body`.
        func answer(_ stream: HTTP2Stream, status: Int = 200, _ body: String = "ok") {
            try? engine.respond(on: stream, status: status, hasContent: true)
            _ = try? engine.send(Array(body.utf8), on: stream, end: true)
        }
    }
    typealias Handler = @Sendable (Side, HTTP2Event) -> Void

    let port: UInt16
    private let listener: Int32
    private let options: HTTP2Options
    private let handler: Handler
    private let state = Mutex((connections: 0, open: [Int32](), written: 0, closings: [HTTP2Closing]()))

    init(options: HTTP2Options = HTTP2Options(), _ handler: @escaping Handler) throws {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        listener = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(listener, address, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw TestKitError("listening on 127.0.0.1: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        self.options = options
        self.handler = handler
        Self.thread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                let number = state.withLock { state in
                    state.open.append(connection)
                    state.connections += 1
                    return state.connections - 1
                }
                Self.thread { self.serve(connection, number) }
            }
        }
    }

    /// A thread of its own: tasks would wait for a pool that tests keep busy.
    private static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Box {
            let body: () -> Void
            init(_ body: @escaping () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Box(body))
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        if code == 0 { pthread_detach(thread) } else { unsafe box.release() }
    }

    /// Connections that came.
    var connectionCount: Int { state.withLock { $0.connections } }
    /// Bytes that went out in all.
    var written: Int { state.withLock { $0.written } }
    /// How streams ended.
    var closings: [HTTP2Closing] { state.withLock { $0.closings } }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Closes everything; its threads end.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { state in for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    private var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    private func serve(_ connection: Int32, _ number: Int) {
        defer {
            state.withLock { $0.open.removeAll { $0 == connection } }
            close(connection)
        }
        guard let engine = try? HTTP2Connection(.server, options: options, at: now) else { return }
        let side = Side(number, engine)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard flush(side, connection), !side.isClosing else { return }
            if side.isDeaf {
                // Until the test stops the server.
                var entry = pollfd(fd: connection, events: 0, revents: 0)
                unsafe poll(&entry, 1, 30_000)
                return
            }
            let count = unsafe recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return }
            engine.receive(buffer.span.extracting(0..<count), at: now)
            while let event = engine.nextEvent() {
                if case .closed(_, let closing) = event { state.withLock { $0.closings.append(closing) } }
                handler(side, event)
            }
        }
    }

    private func flush(_ side: Side, _ connection: Int32) -> Bool {
        while true {
            var output: [UInt8] = []
            side.engine.nextOutput(into: &output)
            output += side.raw
            side.raw = []
            if output.isEmpty { return true }
            var sent = 0
            while sent < output.count {
                let count = unsafe output.withUnsafeBytes { bytes in
                    unsafe Glibc.send(
                        connection, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent,
                        Int32(truncatingIfNeeded: MSG_NOSIGNAL))
                }
                if count <= 0 { return false }
                sent += count
                state.withLock { $0.written += count }
            }
            while let event = side.engine.nextEvent() {
                if case .closed(_, let closing) = event { state.withLock { $0.closings.append(closing) } }
                handler(side, event)
            }
        }
    }
}
