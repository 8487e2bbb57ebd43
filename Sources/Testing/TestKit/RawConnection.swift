import Glibc

/// One connection of a `RawServer`, running its script on its own thread. The server closes the socket.
struct RawConnection {
    let socket: CInt
    let stopped: Signal
    /// Keeps what arrives.
    let record: ([UInt8]) -> Void
    /// What arrived and was not yet taken by a step.
    private var pending: [UInt8] = []

    /// How long a script waits for a client or a signal: only a broken test gets there.
    private static let patience = Duration.seconds(60)

    init(socket: CInt, stopped: Signal, record: @escaping ([UInt8]) -> Void) {
        (self.socket, self.stopped, self.record) = (socket, stopped, record)
    }

    /// Runs the script to its end; says what could not be done, or nil.
    mutating func run(_ script: [RawServer.Step]) -> String? {
        do {
            _ = try run(steps: script)
            return nil
        } catch { return error.description }
    }

    /// Gives false when the connection is to be closed.
    private mutating func run(steps: [RawServer.Step]) throws(TestKitError) -> Bool {
        for step in steps where try !run(step: step) { return false }
        return true
    }

    private mutating func run(step: RawServer.Step) throws(TestKitError) -> Bool {
        switch step {
        case .readHead:
            var end = headEnd
            while end == nil {
                try readMore("the end of a head")
                end = headEnd
            }
            pending.removeFirst(end ?? 0)
        case .readBody(let count):
            while pending.count < count { try readMore("\(count) bytes of a body") }
            pending.removeFirst(count)
        case .readToEnd:
            while try receive() {}
            pending = []
        case .sendBytes(let bytes): try send(bytes[...])
        case .sendSlowly(let bytes, let piece):
            var rest = bytes[...]
            while !rest.isEmpty {
                try send(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                // Lets the client's thread read this piece before the next one joins it.
                TestKit.rest(milliseconds: 1)
            }
        case .wait(let signal):
            guard waitForInput([stopped.descriptor, signal.descriptor], atMost: Self.patience) == 1 else {
                throw TestKitError("the signal to go on did not come")
            }
        case .fire(let signal): signal.fire()
        case .halfClose: try system("close the writing side") { Int(shutdown(socket, CInt(SHUT_WR))) }
        case .reset:
            // A lingering time of zero makes close(2) send RST (socket(7)).
            var now = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
            return false
        case .close: return false
        case .loop(let steps):
            while true {
                if pending.isEmpty { guard try receive() else { return true } }
                guard try run(steps: steps) else { return false }
            }
        }
        return true
    }

    private var headEnd: Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard pending.count >= mark.count else { return nil }
        let starts = 0...(pending.count - mark.count)
        return starts.first { pending[$0..<$0 + mark.count].elementsEqual(mark) }.map { $0 + mark.count }
    }

    private mutating func readMore(_ wanted: String) throws(TestKitError) {
        guard try receive() else {
            throw TestKitError("wanted \(wanted), but the client closed; left over were \(pending.count) bytes")
        }
    }

    /// Reads what there is; false at the client's end of the stream.
    private mutating func receive() throws(TestKitError) -> Bool {
        guard waitForInput([stopped.descriptor, socket], atMost: Self.patience) == 1 else {
            throw TestKitError("nothing came from the client")
        }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = try system("read from the client") {
            unsafe chunk.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
        }
        record(Array(chunk[..<count]))
        pending += chunk[..<count]
        return count > 0
    }

    private func send(_ bytes: ArraySlice<UInt8>) throws(TestKitError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try system("send to the client") {
                unsafe rest.withUnsafeBytes {
                    unsafe Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
            }
            rest = rest.dropFirst(count)
        }
    }
}
