import Driving
import FileIO
import Glibc
import IOLoop
import TLSEngine
import TransportCore

/// Who uses a link. Called on the loop.
protocol LinkUser: AnyObject {
    /// Content came. Nothing that closes the link may be done before ``linkSettled()``.
    func linkReceived(_ bytes: Span<UInt8>)
    /// All that was read at once has been told.
    func linkSettled()
    /// The handshake of the newest TLS layer is done.
    func linkSecured(_ handshake: TLSHandshake)
    /// The peer sends nothing more. `clean`: it said so, where TLS lets it.
    func linkEnded(clean: Bool)
    /// The link is of no more use.
    func linkFailed(_ failure: LinkFailure)
    /// What was blocked has been sent.
    func linkDrained()
}

/// Why a link is of no more use.
enum LinkFailure {
    /// The system's error number.
    case system(Int32)
    case tls(TLSError)
}

/// A connected socket with the layers of TLS on it: none, one, or two (inside an HTTPS proxy). Used on the loop.
final class Link: ReadinessHandler {
    let socket: Socket
    let remote: Endpoint
    private unowned let driver: Driver
    /// The outermost first; the last is the one that content goes through.
    private var layers: [TLSConnection] = []
    private var keyLogs: [KeyLog?] = []
    /// Kept alive until the link is closed. No weak reference: one alone makes every retain of the user slow.
    var user: (any LinkUser)?

    private var output: [UInt8] = []
    private var written = 0
    /// Whether output waits for the socket.
    private(set) var isBlocked = false
    private var isReading = true
    private(set) var isClosed = false
    private var hasEnded = false

    /// How often one turn reads from one socket before others get their turn.
    private static let readsATurn = 4

    init(_ socket: Socket, to remote: Endpoint, _ driver: Driver, _ user: any LinkUser) {
        self.socket = socket
        self.remote = remote
        self.driver = driver
        self.user = user
    }

    /// Begins to read. Any earlier watch of the socket is replaced.
    func start() { watch() }

    /// Puts a layer of TLS on top, whose handshake begins.
    func secure(_ connection: TLSConnection, keyLog: KeyLog?) {
        layers.append(connection)
        keyLogs.append(keyLog)
        takeEvents()
        flush()
    }

    // MARK: Out

    /// Sends `bytes`, at once as far as the socket takes them.
    func write(_ bytes: [UInt8]) {
        guard !isClosed, !bytes.isEmpty else { return }
        if let top = layers.last { top.write(bytes.span) } else { append(bytes) }
        flush()
    }

    private func append(_ bytes: [UInt8]) {
        if output.isEmpty { output = bytes } else { output.append(contentsOf: bytes) }
    }

    /// Sends what the layers have to say.
    func flush() {
        guard !isClosed else { return }
        if let top = layers.last {
            if layers.count == 1 {
                top.nextOutput(into: &output)
            } else {
                var inner: [UInt8] = []
                top.nextOutput(into: &inner)
                if !inner.isEmpty { layers[0].write(inner.span) }
                layers[0].nextOutput(into: &output)
            }
        }
        guard written < output.count, !isBlocked else { return }
        send()
    }

    private func send() {
        let outcome = socket.write(output, from: &written)
        switch outcome {
        case .done:
            // A burst does not keep its storage.
            output.removeAll(keepingCapacity: output.count <= 256 << 10)
            written = 0
            setBlocked(false)
        case .wait: setBlocked(true)
        case .failed(let code):
            // What the peer said before it closed may still be read, and tells more.
            output = []
            written = 0
            setBlocked(false)
            sendFailure = code
        }
    }

    /// The error of a send: told when reading has come to its end, too.
    private var sendFailure: Int32?

    private func setBlocked(_ blocked: Bool) {
        guard blocked != isBlocked else { return }
        isBlocked = blocked
        watch()
    }

    // MARK: In

    /// Stops or goes on reading: the backpressure of HTTP/1.
    func setReading(_ reads: Bool) {
        guard reads != isReading, !isClosed else { return }
        isReading = reads
        watch()
    }

    private func watch() {
        guard !isClosed else { return }
        var interest: Interest = []
        if isReading, !hasEnded { interest.insert(.read) }
        if isBlocked { interest.insert(.write) }
        do {
            try driver.loop.watch(socket.descriptor, interest, self)
        } catch {
            user?.linkFailed(.system(EBADF))
        }
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        driver.wake()
        if readiness.contains(.write), isBlocked {
            send()
            if !isBlocked, !isClosed { user?.linkDrained() }
        }
        guard !readiness.isDisjoint(with: [.read, .error, .hangup]), !isClosed, !hasEnded else { return }
        read()
    }

    private func read() {
        for _ in 0..<Link.readsATurn {
            switch driver.buffer.read(from: socket) {
            case .bytes(let count):
                driver.buffer.lend(count) { take($0) }
                user?.linkSettled()
                guard !isClosed, !hasEnded, isReading, count == ReadBuffer.capacity else { return }
            case .wait:
                if let code = sendFailure { fail(.system(code)) }
                return
            case .end:
                return end()
            case .failed(let code):
                return fail(.system(code))
            }
        }
    }

    private func take(_ bytes: Span<UInt8>) {
        switch layers.count {
        case 0: user?.linkReceived(bytes)
        case 1: layers[0].receive(bytes) { user?.linkReceived($0) }
        default: layers[0].receive(bytes) { layers[1].receive($0) { user?.linkReceived($0) } }
        }
        guard !layers.isEmpty else { return }
        takeEvents()
        flush()
    }

    /// Takes bytes that came through the link before its newest layer was there.
    func feed(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, !isClosed else { return }
        if let top = layers.last {
            top.receive(bytes.span) { user?.linkReceived($0) }
        } else {
            user?.linkReceived(bytes.span)
        }
        takeEvents()
        flush()
        user?.linkSettled()
    }

    private func takeEvents() {
        for index in layers.indices {
            while !isClosed, layers.indices.contains(index), let event = layers[index].nextEvent() {
                switch event {
                case .keyLog(let line): keyLogs[index]?.append(line)
                case .handshakeDone(let handshake): if index == layers.count - 1 { user?.linkSecured(handshake) }
                case .closed(let clean): ended(clean: clean)
                case .failed(let error):
                    flush()
                    fail(.tls(error))
                }
            }
        }
    }

    private func end() {
        guard !hasEnded else { return }
        if layers.isEmpty { return ended(clean: true) }
        for layer in layers.reversed() { layer.receiveEnd() }
        takeEvents()
        if !isClosed { ended(clean: false) }
    }

    private func ended(clean: Bool) {
        guard !hasEnded, !isClosed else { return }
        hasEnded = true
        watch()
        user?.linkSettled()
        user?.linkEnded(clean: clean)
    }

    private func fail(_ failure: LinkFailure) {
        guard !isClosed, !hasEnded else { return }
        hasEnded = true
        watch()
        user?.linkSettled()
        user?.linkFailed(failure)
    }

    /// Closes; nothing is told any more. TLS says goodbye first, as far as the socket takes it.
    func close() {
        guard !isClosed else { return }
        if let top = layers.last, layers.count == 1 {
            top.close()
            flush()
        }
        isClosed = true
        driver.loop.unwatch(socket.descriptor)
        layers = []
        keyLogs = []
        user = nil
    }
}
