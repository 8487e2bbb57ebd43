import Driving
import FileIO
import Glibc
import HTTP3Engine
import IOLoop
import QUICEngine
import Threads
import TransportCore

/// Who is told what comes over a link. Called on the loop.
protocol LinkUser: AnyObject {
    /// Something happened. `failed` is the last, and the link ends by itself when that was told.
    func linkTook(_ event: HTTP3Event)
    /// The first datagram came from the peer.
    func linkHeard()
    /// Datagrams came.
    func linkReceived()
    /// The connection is over: the ends of its streams follow, then `failed`.
    func linkIsEnding()
    /// The peer has owed an answer for long: it may be gone.
    func linkIsSilent()
}

/// A connection of HTTP/3 and its sockets: feeds datagrams in, takes events out, sends what there is to send, and
/// re-arms its timer. Used on the loop.
final class Link: ReadinessHandler {
    let http: HTTP3Connection
    let driver: Driver
    let remote: Endpoint
    let setup: LinkSetup
    /// Owned until the end: then the circle is broken.
    var user: (any LinkUser)?
    /// Whether it waits for ``flush()`` at the end of the turn.
    var isTouched = false
    private(set) var isOver = false

    /// The sockets: that in use last, and before it the one that it took the place of.
    private(set) var ways: [Way]
    /// What the system had no room for.
    private var kept: (batch: DatagramBatch, local: QUICAddress)?
    private var timer: LoopTimer?
    private var timerAt = Instant(nanoseconds: .max)
    private var hasHeard = false
    private let began: Instant
    /// Whether `failed` was told.
    private var hasFailed = false
    private var isTakingEvents = false
    private var rhythm = ReceiveRhythm()
    private let qlog: QlogFile?
    private var qlogText: [UInt8] = []

    // For Migration.swift
    /// What the system said of it before there was a handshake.
    var failure: OpeningFailure?
    /// How often nobody was at the peer's port since it was heard last.
    var refusals = 0
    /// When the way was changed last, and how often since the peer was heard.
    var movedAt = Instant(nanoseconds: .min)
    var moves = 0

    /// Calls of the system that one turn makes for one link, each way: others are to have theirs.
    private static let rounds = 32

    /// A link to `endpoint`: its first datagrams go out when it is flushed.
    init(
        _ driver: Driver, _ setup: LinkSetup, to endpoint: Endpoint, ticket: QUICTicket?, earlyData: Bool = false,
        token: [UInt8]
    ) throws(OpeningFailure) {
        self.driver = driver
        self.setup = setup
        remote = endpoint
        began = driver.now
        let way = try Way.open(to: endpoint, setup.connect)
        ways = [way]
        qlog = driver.configuration.qlogDirectory.flatMap { QlogFile(in: $0, number: QlogFile.nextNumber()) }
        do throws(QUICError) {
            let quic = try QUICConnection(
                setup.context, host: setup.host, path: way.path, options: setup.options, ticket: ticket,
                earlyData: earlyData, token: token, at: driver.now)
            http = try Link.speak(over: quic)
        } catch {
            throw OpeningFailure(
                error.code == .tls ? .tlsFailed : .libraryFailure, .connect,
                "making a QUIC connection to \(endpoint): \(error.message)", underlying: error)
        }
        try watch(way, .read)
    }

    private static func speak(over quic: QUICConnection) throws(QUICError) -> HTTP3Connection {
        do throws(HTTP3Error) { return try HTTP3Connection(quic) } catch {
            throw QUICError(.libraryFailure, error.message)
        }
    }

    func watch(_ way: Way, _ interest: Interest) throws(OpeningFailure) {
        do { try driver.loop.watch(way.socket.descriptor, interest, self) } catch {
            throw OpeningFailure(.libraryFailure, .connect, "watching a socket to \(remote): \(error)")
        }
    }

    // MARK: In

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        driver.wake()
        guard !isOver, let way = ways.first(where: { $0.socket.descriptor == descriptor }) else { return }
        if readiness.contains(.write) { try? watch(way, .read) }
        if !readiness.isDisjoint(with: [.read, .error, .hangup]) { receive(over: way) }
        driver.touch(self)
    }

    private func receive(over way: Way) {
        let path = ways.count > 1 ? way.path : nil
        if rhythm.isBulk(at: driver.now), http.openStreams <= ReceiveRhythm.streams { driver.gather() }
        var received = 0
        rounds: for _ in 0..<Link.rounds {
            switch driver.buffer.receive(from: way.socket) {
            case .datagrams(let bytes, let ecn):
                received += bytes
                driver.buffer.lend { datagrams, segment in
                    http.receive(
                        datagrams, segment: segment, ecn: QUICECN(rawValue: ecn), path: path, at: driver.now)
                }
            case .wait: break rounds
            case .failed(let code): fault(code, on: way)
            }
            if isOver { return }
        }
        guard received > 0 else { return }
        rhythm.received(received, at: driver.now)
        refusals = 0
        if !hasHeard, http.quic.lastHeard > began {
            hasHeard = true
            user?.linkHeard()
        }
        user?.linkReceived()
        takeEvents()
    }

    private func takeEvents() {
        // Telling may lead back here; the loop that runs sees to all of them.
        guard !isTakingEvents else { return }
        isTakingEvents = true
        defer { isTakingEvents = false }
        if http.quic.closing != nil { user?.linkIsEnding() }
        while !isOver, let event = http.nextEvent() {
            switch event {
            case .quic(.keyLog(let line)): setup.keyLog?.append(line)
            case .quic(.ticket(let ticket)):
                driver.tickets.keep(ticket, for: setup.session, host: setup.host, context: setup.context)
            case .quic(.newToken(let token)):
                driver.tickets.keep(token: token, for: setup.session, host: setup.host, context: setup.context)
            case .quic(.path(let path, let isValid)): settle(path, isValid: isValid)
            case .failed:
                hasFailed = true
                user?.linkTook(event)
            default: user?.linkTook(event)
            }
        }
    }

    // MARK: Out

    /// Sends what there is. True if there is more than one turn takes.
    func flush() -> Bool {
        guard !isOver else { return false }
        // The turn may have taken long, and both pacing and the end of a quantum go by the clock.
        let now = SystemClock().now
        if let deadline = http.deadline, deadline <= now { http.expire(at: now) }
        // What was asked of the engine since may have made events.
        takeEvents()
        let hasMore = send(at: now)
        takeEvents()
        writeQlog()
        guard !isOver else { return false }
        if hasFailed {
            end(.pending)
            return false
        }
        arm(at: now)
        return hasMore
    }

    private func send(at now: Instant) -> Bool {
        if let (held, local) = kept {
            var batch = held
            guard let way = way(from: local) else { return false }
            let outcome = way.socket.send(&batch)
            kept = outcome == .wait ? (batch, local) : nil
            if case .failed(let code) = outcome { fault(code, on: way) }
            if kept != nil || isOver { return false }
        }
        for round in 0..<Link.rounds {
            // After a quantum there may be more, when what has come in meanwhile was looked at. Where nothing could be
            // sent at all, the congestion window say, only time or the peer changes that.
            guard let output = http.nextOutput(into: &driver.outgoing.bytes, at: now) else {
                return round > 0 && http.deadline.map { $0 <= now } ?? false
            }
            driver.outgoing.fill(
                output.count, segment: output.datagrams > 1 ? output.segment : 0, ecn: output.ecn.rawValue)
            guard let way = way(from: output.path.local) else { continue }
            switch way.socket.send(&driver.outgoing) {
            case .done: break
            case .wait:
                kept = (driver.outgoing.rest, output.path.local)
                try? watch(way, [.read, .write])
                return false
            case .failed(let code):
                fault(code, on: way)
                if isOver { return false }
            }
        }
        return true
    }

    private func way(from local: QUICAddress?) -> Way? { ways.last { $0.path.local == local } ?? ways.last }

    // MARK: Time

    /// What is due now was done, and is not tried again sooner: 0.5 ms.
    private static let rest = Duration.microseconds(500)

    private func arm(at now: Instant) {
        guard var wanted = http.deadline else { return }
        if let due = answerDue { wanted = min(wanted, due) }
        let deadline = wanted <= now ? now.advanced(by: Link.rest) : wanted
        // A timer that fires too early costs less than one that is set anew for each datagram.
        guard deadline < timerAt || timer == nil else { return }
        if let timer { driver.loop.cancel(timer) }
        timerAt = deadline
        timer = driver.loop.schedule(at: deadline, isPrecise: true) { [unowned self] in expire() }
    }

    private func expire() {
        driver.wake()
        timer = nil
        timerAt = Instant(nanoseconds: .max)
        guard !isOver else { return }
        // The turn may have taken long, and both pacing and the end of a quantum go by the clock.
        let now = SystemClock().now
        if let deadline = http.deadline, deadline <= now { http.expire(at: now) }
        lookWhetherSilent()
        driver.touch(self)
    }

    // MARK: The end

    /// What the peer hears at the end.
    enum Farewell {
        /// CONNECTION_CLOSE: the connection is no longer needed.
        case close
        /// What the engine has left to say: why the connection failed, say.
        case pending
        /// Nothing: it was never begun.
        case none
    }

    /// Ends the connection and lets go of the sockets. Tells nobody on this side.
    func end(_ farewell: Farewell) {
        guard !isOver else { return }
        if farewell == .close, http.quic.closing == nil { http.close(at: driver.now) }
        if farewell != .none { _ = send(at: SystemClock().now) }
        isOver = true
        finishQlog()
        if let timer { driver.loop.cancel(timer) }
        timer = nil
        for way in ways { driver.loop.unwatch(way.socket.descriptor) }
        ways = []
        kept = nil
        user = nil
    }

    private func finishQlog() {
        guard let qlog else { return }
        qlogText.removeAll(keepingCapacity: true)
        http.quic.finish(qlog: &qlogText)
        if !qlogText.isEmpty { qlog.append(qlogText) }
    }

    private func writeQlog() {
        guard let qlog else { return }
        qlogText.removeAll(keepingCapacity: true)
        http.quic.nextQlog(into: &qlogText)
        if !qlogText.isEmpty { qlog.append(qlogText) }
    }

    // MARK: Ways

    func add(_ way: Way) {
        // More than the one before is of no use.
        while ways.count > 1 { driver.loop.unwatch(ways.removeFirst().socket.descriptor) }
        ways.append(way)
    }

    /// The peer answers on `path`, or does not.
    private func settle(_ path: QUICPath, isValid: Bool) {
        guard isValid, ways.count > 1, let index = ways.firstIndex(where: { $0.path.local == path.local }) else {
            return
        }
        for (place, way) in ways.enumerated() where place != index { driver.loop.unwatch(way.socket.descriptor) }
        ways = [ways[index]]
    }
}

extension Driver {
    /// Lets datagrams gather for the time that the configuration allows, once a turn at most.
    ///
    /// A server that sends one datagram at a time wakes the loop for nearly each of them: more than half of what
    /// receiving costs is then waking up. That the loop stands still for so long is why it is only done while a large
    /// body comes and nothing else.
    func gather() {
        let time = configuration.receiveCoalescing.clampedNanoseconds
        guard time > 0, gathered < now else { return }
        gathered = now
        var rest = timespec(tv_sec: 0, tv_nsec: Int(min(time, 1_000_000)))
        _ = unsafe nanosleep(&rest, nil)
    }
}
