import Glibc
import Synchronization

/// A server that does what a script says, right or wrong: the broken and hostile peers of the tests.
///
/// It listens on 127.0.0.1 in clear text. Each connection runs its own list of steps on a thread of its own: the
/// first connection the first list, and so on; connections after the last list run the last list again. Nothing
/// depends on time: a script waits for bytes or for signals. All that arrived is kept, for the test to look at.
///
///     let server = try RawServer([.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), .close])
///     await #expect(throws: HTTPError.self) { try await session.get(server.url("/")) }
package final class RawServer: Sendable {
    /// One thing that a connection does.
    package enum Step: Sendable {
        /// Reads until an empty line has come (CRLF CRLF) that no earlier step took.
        case readHead
        /// Reads this many bytes more; what came after the last head counts.
        case readBody(Int)
        /// Reads until the client closes.
        case readToEnd
        /// Sends these bytes.
        case sendBytes([UInt8])
        /// Sends these bytes in writes of `piece` bytes, each a packet of its own as far as TCP allows.
        case sendSlowly([UInt8], piece: Int)
        /// Goes on when the signal has fired.
        case wait(until: Signal)
        /// Fires the signal: the script has come this far.
        case fire(Signal)
        /// Closes the writing side and keeps reading possible.
        case halfClose
        /// Closes with a TCP reset: what is still under way is lost.
        case reset
        /// Closes. A script that ends closes too.
        case close
        /// Runs these steps again and again, until the client closes.
        case loop([Step])

        /// Sends this text in UTF-8. Write line ends as `\r\n`.
        package static func send(_ text: String) -> Step { .sendBytes(Array(text.utf8)) }
    }

    /// What the connections' threads share with the server: not the server itself, so that dropping it stops them.
    private final class Record: Sendable {
        struct State {
            var received: [[UInt8]] = []
            var open: [Int: CInt] = [:]
            var problems: [String] = []
        }
        let state = Mutex(State())
    }

    /// The port that it listens on.
    package let port: UInt16
    private let listener: CInt
    private let scripts: [[Step]]
    private let stopped: Signal
    private let finished: [Signal]
    private let record = Record()

    /// How many connections a test can wait for the end of with `waitForEnd`.
    private static let countedConnections = 16

    /// Listens, with one list of steps for each connection; later connections run the last list.
    package init(connections scripts: [[Step]]) throws(TestKitError) {
        var finished: [Signal] = []
        for _ in 0..<Self.countedConnections { try finished.append(Signal()) }
        let listener = try Loopback.listeningSocket()
        let stopped = try Signal()
        port = try Loopback.port(of: listener)
        (self.listener, self.scripts, self.stopped, self.finished) = (listener, scripts, stopped, finished)
        // The thread holds what it needs and not the server: dropping the server stops it.
        startThread { [weak self] in
            while waitForInput([stopped.descriptor, listener], atMost: .seconds(3600)) == 1 {
                let connection = accept(listener)
                guard connection >= 0 else { break }
                guard let self else { Glibc.close(connection); break }
                self.begin(connection)
            }
            Glibc.close(listener)
        }
    }

    /// Listens, with the same steps for every connection.
    package convenience init(_ script: [Step]) throws(TestKitError) { try self.init(connections: [script]) }

    /// Listens, with the same steps for every connection.
    package convenience init(_ script: Step...) throws(TestKitError) { try self.init(connections: [script]) }

    deinit { stop() }

    /// A URL of this server, with `http`.
    package func url(_ path: String, host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

    /// How many connections have been accepted.
    package var connectionCount: Int { record.state.withLock { $0.received.count } }

    /// What has arrived on a connection so far; connections are numbered from 0 in the order they came.
    package func received(on connection: Int = 0) -> [UInt8] {
        record.state.withLock { $0.received.indices.contains(connection) ? $0.received[connection] : [] }
    }

    /// What has arrived on a connection so far, as text.
    package func receivedText(on connection: Int = 0) -> String {
        String(decoding: received(on: connection), as: UTF8.self)
    }

    /// Steps that could not be done, because the client closed or sent too little: one sentence each.
    package var problems: [String] { record.state.withLock { $0.problems } }

    /// Waits until the script of a connection (one of the first 16) has ended and its socket is closed.
    package func waitForEnd(of connection: Int = 0) async throws {
        guard finished.indices.contains(connection) else {
            throw TestKitError("the ends of the first \(finished.count) connections can be waited for")
        }
        try await finished[connection].wait()
    }

    /// Ends all connections and listens no more; dropping the server does the same.
    package func stop() {
        stopped.fire()
        record.state.withLock { state in state.open.values.forEach { _ = shutdown($0, CInt(SHUT_RDWR)) } }
    }

    private func begin(_ socket: CInt) {
        var one: CInt = 1
        unsafe setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        let number = record.state.withLock { state in
            state.received.append([])
            state.open[state.received.count - 1] = socket
            return state.received.count - 1
        }
        let script = number < scripts.count ? scripts[number] : scripts.last ?? []
        startThread { [record, stopped, finished] in
            var connection = RawConnection(socket: socket, stopped: stopped) { bytes in
                record.state.withLock { $0.received[number] += bytes }
            }
            let problem = connection.run(script)
            record.state.withLock { state in
                if let problem, !stopped.hasFired { state.problems.append("connection \(number): \(problem)") }
                state.open[number] = nil
                Glibc.close(socket)
            }
            if finished.indices.contains(number) { finished[number].fire() }
        }
    }
}

private func accept(_ listener: CInt) -> CInt {
    let connection = Glibc.accept(listener, nil, nil)
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    return connection
}
