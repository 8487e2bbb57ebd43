import Driving
import HTTP3Engine
import Pooling
import TransportCore

/// What is kept for one route on one loop: its pool, its connections, and the exchanges that wait. Used on the loop.
final class RouteState {
    let route: Route
    let destination: Destination
    unowned let driver: Driver

    private var pool: ConnectionPool
    /// How long a connection rests, in nanoseconds.
    private let idle: Int64
    /// By the slot of their tickets.
    private var waiting: [QUICExchange?] = []
    /// By the slot of their names in the pool.
    private var carriers: [Carrier?] = []
    private var openings: [Opening?] = []
    private var lastFailure: OpeningFailure?
    private var lastHistory = OpeningHistory()
    private var isDeciding = false

    init(_ route: Route, _ driver: Driver) {
        self.route = route
        self.driver = driver
        destination = Destination(route)
        let limits = driver.configuration.pool
        // A connection that its idle timeout is about to end takes no more exchanges.
        var rest = limits.idle
        if driver.configuration.keepAlive == nil, let timeout = driver.configuration.idleTimeout {
            rest = min(rest, timeout * 9 / 10)
        }
        let settings = PoolSettings(
            connections: limits.connectionsPerOrigin, multiplexed: limits.multiplexedConnectionsPerOrigin,
            idle: rest, age: limits.age)
        pool = ConnectionPool(settings, kind: .multiplexed)
        idle = settings.idle.clampedNanoseconds
    }

    // MARK: Exchanges

    /// Takes an exchange; it starts at once, or when a connection is there.
    func enqueue(_ exchange: QUICExchange) {
        switch pool.acquire(at: driver.now) {
        case .granted(let connection, let uses):
            begin(exchange, on: connection, uses: uses, waited: false)
        case .queued(let ticket):
            let slot = Int(ticket.slot)
            while waiting.count <= slot { waiting.append(nil) }
            waiting[slot] = exchange
            exchange.ticket = ticket
        }
        decide()
    }

    /// The exchange waits no longer.
    func withdraw(_ exchange: QUICExchange, _ ticket: WaiterTicket) {
        exchange.ticket = nil
        pool.withdraw(ticket)
        if waiting.indices.contains(Int(ticket.slot)), waiting[Int(ticket.slot)] === exchange {
            waiting[Int(ticket.slot)] = nil
        }
        decide()
    }

    private func takeWaiting(_ ticket: WaiterTicket) -> QUICExchange? {
        guard waiting.indices.contains(Int(ticket.slot)) else { return nil }
        let exchange = waiting[Int(ticket.slot)]
        waiting[Int(ticket.slot)] = nil
        exchange?.ticket = nil
        return exchange
    }

    private func begin(_ exchange: QUICExchange, on connection: PooledConnection, uses: Int, waited: Bool) {
        guard carriers.indices.contains(Int(connection.slot)), let carrier = carriers[Int(connection.slot)] else {
            return
        }
        exchange.isReused = uses > 0
        exchange.carrier = carrier
        exchange.info = carrier.info
        // What it waited for belongs to its history.
        if waited, exchange.since <= carrier.readyAt { carrier.history.tell(exchange) }
        carrier.begin(exchange)
    }

    /// The carrier took no more exchanges after all: it waits again.
    func requeue(_ exchange: QUICExchange) {
        exchange.carrier = nil
        exchange.enter(.queued, driver)
        enqueue(exchange)
    }

    /// Whether one of those that wait may be sent as early data.
    var wantsEarlyData: Bool { waiting.contains { $0?.mayGoEarly ?? false } }

    // MARK: The pool

    func released(_ connection: PooledConnection, isReusable: Bool) {
        pool.released(connection, isReusable: isReusable, at: driver.now)
        driver.look(after: idle)
        decide()
    }

    /// A connection was only asked for.
    func returned(_ connection: PooledConnection) {
        pool.returned(connection, at: driver.now)
        driver.look(after: idle)
        decide()
    }

    func setStreams(_ streams: Int, of connection: PooledConnection) {
        pool.setStreams(streams, of: connection)
        decide()
    }

    func retire(_ connection: PooledConnection) {
        pool.retire(connection)
        decide()
    }

    /// A standing connection is gone.
    func lost(_ carrier: Carrier) {
        if carriers[Int(carrier.pooled.slot)] === carrier { carriers[Int(carrier.pooled.slot)] = nil }
        pool.closed(carrier.pooled, at: driver.now)
        decide()
    }

    func opened(_ opening: Opening, as carrier: Carrier, streams: Int) {
        let slot = Int(opening.pooled.slot)
        openings[slot] = nil
        carriers[slot] = carrier
        pool.opened(opening.pooled, streams: streams, at: driver.now)
        driver.look(at: driver.now.advanced(by: min(pool.settings.idle, pool.settings.age)))
        driver.watchAddresses()
        decide()
    }

    func failed(_ opening: Opening, _ failure: OpeningFailure) {
        openings[Int(opening.pooled.slot)] = nil
        lastFailure = failure
        lastHistory = opening.history
        pool.closed(opening.pooled, at: driver.now)
        decide()
        driver.look(at: driver.now.advanced(by: pool.settings.pause))
    }

    /// Carries out what the pool decides. Decisions that these bring about are carried out by the same loop.
    private func decide() {
        guard pool.mayDecide, !isDeciding else { return }
        isDeciding = true
        defer { isDeciding = false }
        while let decision = pool.nextDecision(at: driver.now) {
            switch decision {
            case .grant(let ticket, let connection, let uses):
                if let exchange = takeWaiting(ticket) {
                    begin(exchange, on: connection, uses: uses, waited: true)
                } else {
                    pool.released(connection, isReusable: true, at: driver.now)
                }
            case .refuse(let ticket):
                guard let exchange = takeWaiting(ticket) else { break }
                lastHistory.tell(exchange)
                let failure = lastFailure ?? OpeningFailure(.connectFailed, .connect, "no connection could be opened")
                driver.finish(exchange, .failure(exchange.error(failure)))
            case .open(let connection): open(connection)
            case .abandon(let connection):
                openings[Int(connection.slot)]?.abandon()
                openings[Int(connection.slot)] = nil
            case .close(let connection, _):
                carriers[Int(connection.slot)]?.close()
                carriers[Int(connection.slot)] = nil
            }
        }
    }

    private func open(_ connection: PooledConnection) {
        let slot = Int(connection.slot)
        while openings.count <= slot {
            openings.append(nil)
            carriers.append(nil)
        }
        let opening = Opening(self, connection)
        openings[slot] = opening
        opening.start()
    }

    // MARK: What exchanges wait for

    /// The attempt that those who wait wait for; nil if connections stand, or none is being opened.
    var leadingOpening: Opening? {
        guard pool.open == 0 else { return nil }
        for opening in openings { if let opening { return opening } }
        return nil
    }

    /// Exchanges that wait, for who has to look at their timeouts anew.
    func openingMovedOn() {
        guard pool.open == 0 else { return }
        var earliest = Instant(nanoseconds: .max)
        for exchange in waiting { if let due = exchange?.due { earliest = min(earliest, due) } }
        if earliest.nanoseconds != .max { driver.look(at: earliest) }
    }

    // MARK: Time

    /// Does what is due; returns when to look again.
    func expire() -> Instant? {
        pool.expire(at: driver.now)
        decide()
        for opening in openings {
            guard let opening, pool.waiting == 0, opening.startedAt.advanced(by: RouteState.patience) <= driver.now
            else { continue }
            opening.abandon()
            failed(opening, OpeningFailure(.connectTimeout, .connect, "nobody waited for it any longer"))
        }
        guard pool.opening > 0 else { return pool.deadline }
        let patience = driver.now.advanced(by: RouteState.patience)
        return min(pool.deadline ?? patience, patience)
    }

    /// How long an attempt to open a connection goes on when nobody waits for it: 20 s.
    private static let patience = Duration.seconds(20)

    /// The machine's addresses have changed: each connection looks whether its own is still right.
    func addressesChanged() { for carrier in carriers { carrier?.link.addressesChanged() } }

    /// Names the server for sessions that are resumed: all that tells one from another beside host and trust.
    lazy var sessionName: String = "\(route.origin) \(route.connect.overrides)"

    /// Whether there is nothing to keep.
    var isUnused: Bool { pool.isEmpty }

    /// Closes everything. Exchanges under way must have been ended before.
    func close() {
        for opening in openings { opening?.abandon() }
        for carrier in carriers { carrier?.close() }
        openings = []
        carriers = []
    }
}
