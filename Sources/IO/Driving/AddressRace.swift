import Connecting
import IOLoop
package import TransportCore

/// Carries out a ``ConnectRace`` on a loop (RFC 8305), whatever an attempt is: a socket that connects, or a handshake
/// over UDP. Tells once how it ended. Used on the loop.
///
/// `begin` starts the attempt of a number, which may call ``connected(_:)`` or ``failed(_:_:)`` for it at once or
/// later; `drop` ends one that has lost. The winner is not dropped.
package final class AddressRace {
    /// Who won, or why nobody did.
    package typealias Outcome = Result<(attempt: Int, endpoint: Endpoint), OpeningFailure>

    private let driver: ExchangeDriver
    private let port: Int
    private let begin: (Int, Endpoint) -> Void
    private let drop: (Int) -> Void
    private let ended: (Outcome) -> Void
    private var race: ConnectRace
    private var timer: LoopTimer?
    private var lastFailure: OpeningFailure?
    private var isRunning = false
    private var isOver = false

    /// A race to `addresses`, best first. It begins with ``start()``.
    package init(
        to addresses: [IPAddress], port: Int, _ driver: ExchangeDriver, begin: @escaping (Int, Endpoint) -> Void,
        drop: @escaping (Int) -> Void, ended: @escaping (Outcome) -> Void
    ) {
        race = ConnectRace(to: addresses)
        self.port = port
        self.driver = driver
        self.begin = begin
        self.drop = drop
        self.ended = ended
    }

    package func start() {
        race.start(at: driver.now)
        run()
    }

    /// Drops all attempts that are under way, and tells nothing.
    package func cancel() {
        guard !isOver else { return }
        isOver = true
        stopTimer()
        race.cancel()
        while let action = race.nextAction() { if case .cancel(let attempt) = action { drop(attempt) } }
    }

    /// The attempt has succeeded.
    package func connected(_ attempt: Int) {
        race.connected(attempt)
        run()
    }

    /// The attempt has failed; its owner has let go of it.
    package func failed(_ attempt: Int, _ failure: OpeningFailure) {
        lastFailure = failure
        race.failed(attempt, at: driver.now)
        run()
    }

    /// How many addresses take part.
    package var count: Int { race.addresses.count }

    private func run() {
        // What `begin` tells at once is seen to by the loop that called it.
        guard !isRunning else { return }
        isRunning = true
        defer { isRunning = false }
        while !isOver, let action = race.nextAction() {
            switch action {
            case .connect(let attempt): if let endpoint = endpoint(attempt) { begin(attempt, endpoint) }
            case .cancel(let attempt): drop(attempt)
            case .use(let attempt):
                if let endpoint = endpoint(attempt) { end(.success((attempt, endpoint))) }
            case .giveUp:
                end(
                    .failure(
                        lastFailure
                            ?? OpeningFailure(.connectFailed, .connect, "there was no address to connect to")))
            }
        }
        arm()
    }

    private func arm() {
        stopTimer()
        guard !isOver, let due = race.deadline else { return }
        timer = driver.loop.schedule(at: due) { [weak self] in
            guard let self else { return }
            driver.wake()
            race.expire(at: driver.now)
            run()
        }
    }

    private func end(_ outcome: Outcome) {
        isOver = true
        stopTimer()
        ended(outcome)
    }

    private func stopTimer() {
        if let timer { driver.loop.cancel(timer) }
        timer = nil
    }

    private func endpoint(_ attempt: Int) -> Endpoint? {
        race.addresses.indices.contains(attempt) ? .ip(race.addresses[attempt], port: port) : nil
    }
}
