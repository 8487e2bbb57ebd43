import Connecting
import Glibc
import IOLoop
import Threads
import TransportCore

/// Carries out a ``ConnectRace`` with sockets, and tells once how it ended. Used on the loop.
final class SocketRace: ReadinessHandler {
    private let driver: Driver
    private let port: Int
    private let options: ConnectOptions
    private let ended: (Result<(Socket, Endpoint), OpeningFailure>) -> Void
    private var race: ConnectRace
    private var timer: LoopTimer?
    /// By the number of the attempt.
    private var sockets: [Int: Socket] = [:]
    /// By descriptor.
    private var attempts: [Int32: Int] = [:]
    private var lastError: (Endpoint, Int32)?
    private var isOver = false

    init(
        to addresses: [IPAddress], port: Int, _ options: ConnectOptions, _ driver: Driver,
        ended: @escaping (Result<(Socket, Endpoint), OpeningFailure>) -> Void
    ) {
        race = ConnectRace(to: addresses)
        self.port = port
        self.options = options
        self.driver = driver
        self.ended = ended
    }

    func start() {
        race.start(at: driver.now)
        run()
    }

    /// Closes all sockets, and tells nothing.
    func cancel() {
        isOver = true
        stopTimer()
        for attempt in Array(sockets.keys) { drop(attempt) }
    }

    private func run() {
        while !isOver, let action = race.nextAction() {
            switch action {
            case .connect(let attempt): connect(attempt)
            case .cancel(let attempt): drop(attempt)
            case .use(let attempt):
                guard let socket = sockets[attempt], let endpoint = endpoint(attempt) else { return }
                drop(attempt)
                end(.success((socket, endpoint)))
            case .giveUp: end(.failure(failure))
            }
        }
        stopTimer()
        guard !isOver, let due = race.deadline else { return }
        timer = driver.loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            driver.wake()
            race.expire(at: driver.now)
            run()
        }
    }

    private func end(_ result: Result<(Socket, Endpoint), OpeningFailure>) {
        guard !isOver else { return }
        cancel()
        ended(result)
    }

    private func stopTimer() {
        if let timer { driver.loop.cancel(timer) }
        timer = nil
    }

    private func endpoint(_ attempt: Int) -> Endpoint? {
        race.addresses.indices.contains(attempt) ? .ip(race.addresses[attempt], port: port) : nil
    }

    private func connect(_ attempt: Int) {
        guard let endpoint = endpoint(attempt) else { return }
        let (socket, outcome) = Socket.connect(to: endpoint, options)
        sockets[attempt] = socket
        switch outcome {
        case .done: race.connected(attempt)
        case .failed(let code): failed(attempt, code)
        case .wait:
            guard let socket else { return failed(attempt, ENOTSOCK) }
            attempts[socket.descriptor] = attempt
            do { try driver.loop.watch(socket.descriptor, .write, self) } catch { failed(attempt, EBADF) }
        }
    }

    private func failed(_ attempt: Int, _ code: Int32) {
        if let endpoint = endpoint(attempt) { lastError = (endpoint, code) }
        drop(attempt)
        race.failed(attempt, at: driver.now)
    }

    private func drop(_ attempt: Int) {
        guard let socket = sockets.removeValue(forKey: attempt) else { return }
        if attempts.removeValue(forKey: socket.descriptor) != nil { driver.loop.unwatch(socket.descriptor) }
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        driver.wake()
        guard let attempt = attempts[descriptor], let socket = sockets[attempt] else { return }
        let code = socket.connectError
        if code == 0 { race.connected(attempt) } else { failed(attempt, code) }
        run()
    }

    private var failure: OpeningFailure {
        guard let (endpoint, code) = lastError else {
            return OpeningFailure(.connectFailed, .connect, "there was no address to connect to")
        }
        let count = race.addresses.count
        return SocketRace.failure(endpoint, code, count > 1 ? ", the last of \(count) addresses" : "")
    }

    /// Why `endpoint` could not be connected to.
    static func failure(_ endpoint: Endpoint, _ code: Int32, _ note: String = "") -> OpeningFailure {
        OpeningFailure(
            code == ECONNREFUSED ? .connectionRefused : .connectFailed, .connect,
            "connecting to \(endpoint)\(note): \(errorText(code))", libraryCode: "errno \(code)")
    }
}
