import Driving
import Glibc
import IOLoop
import Threads
import TransportCore

/// An ``AddressRace`` whose attempts are sockets that connect. Used on the loop.
final class SocketRace: ReadinessHandler {
    private let driver: Driver
    private let options: ConnectOptions
    private let ended: (Result<(Socket, Endpoint), OpeningFailure>) -> Void
    private var race: AddressRace?
    /// By the number of the attempt.
    private var sockets: [Int: (socket: Socket, endpoint: Endpoint)] = [:]
    /// By descriptor.
    private var attempts: [Int32: Int] = [:]

    init(
        to addresses: [IPAddress], port: Int, _ options: ConnectOptions, _ driver: Driver,
        ended: @escaping (Result<(Socket, Endpoint), OpeningFailure>) -> Void
    ) {
        self.options = options
        self.driver = driver
        self.ended = ended
        race = AddressRace(to: addresses, port: port, driver) { [unowned self] attempt, endpoint in
            connect(attempt, endpoint)
        } drop: { [unowned self] attempt in
            drop(attempt)
        } ended: { [unowned self] outcome in
            end(outcome)
        }
    }

    func start() { race?.start() }

    /// Closes all sockets, and tells nothing.
    func cancel() { race?.cancel() }

    private func end(_ outcome: AddressRace.Outcome) {
        switch outcome {
        case .success((let attempt, let endpoint)):
            guard let socket = sockets[attempt]?.socket else { return }
            drop(attempt)
            ended(.success((socket, endpoint)))
        case .failure(let failure): ended(.failure(failure))
        }
    }

    private func connect(_ attempt: Int, _ endpoint: Endpoint) {
        let (socket, outcome) = Socket.connect(to: endpoint, options)
        if let socket { sockets[attempt] = (socket, endpoint) }
        switch outcome {
        case .done: race?.connected(attempt)
        case .failed(let code): failed(attempt, endpoint, code)
        case .wait:
            guard let socket else { return failed(attempt, endpoint, ENOTSOCK) }
            attempts[socket.descriptor] = attempt
            do { try driver.loop.watch(socket.descriptor, .write, self) } catch { failed(attempt, endpoint, EBADF) }
        }
    }

    private func failed(_ attempt: Int, _ endpoint: Endpoint, _ code: Int32) {
        drop(attempt)
        let count = race?.count ?? 1
        race?.failed(attempt, SocketRace.failure(endpoint, code, count > 1 ? ", the last of \(count) addresses" : ""))
    }

    private func drop(_ attempt: Int) {
        guard let (socket, _) = sockets.removeValue(forKey: attempt) else { return }
        if attempts.removeValue(forKey: socket.descriptor) != nil { driver.loop.unwatch(socket.descriptor) }
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        driver.wake()
        guard let attempt = attempts[descriptor], let (socket, endpoint) = sockets[attempt] else { return }
        let code = socket.connectError
        if code == 0 { race?.connected(attempt) } else { failed(attempt, endpoint, code) }
    }

    /// Why `endpoint` could not be connected to.
    static func failure(_ endpoint: Endpoint, _ code: Int32, _ note: String = "") -> OpeningFailure {
        OpeningFailure(
            code == ECONNREFUSED ? .connectionRefused : .connectFailed, .connect,
            "connecting to \(endpoint)\(note): \(errorText(code))", libraryCode: "errno \(code)")
    }
}
