import Driving
import FileIO
import HTTP3Engine
import Names
import Pooling
import QUICEngine
import Securing
import TLSEngine
import TransportCore

/// One attempt to open a connection for a route: addresses, then handshakes with them in a race (RFC 8305, over UDP).
/// Ends in a ``Carrier`` or in an ``OpeningFailure``. It has no timeouts: those who wait for it have. Used on the loop.
final class Opening {
    let pooled: PooledConnection
    let startedAt: Instant
    /// What it is at, as errors name it, and since when.
    private(set) var phase = TransportError.Phase.resolve
    private(set) var phaseSince: Instant
    private(set) var history = OpeningHistory()

    private unowned let state: RouteState
    private let driver: Driver
    private var resolving: Task<Void, Never>?
    private var race: AddressRace?
    private var attempts: [Int: Attempt] = [:]
    /// What resumes a session: for the first attempt alone, since it is used once.
    private var ticket: QUICTicket?
    private var token: [UInt8] = []
    private var isOver = false

    /// An opening on its way through another thread.
    private struct Reference: @unchecked Sendable { weak var opening: Opening? }

    private var route: Route { state.route }

    init(_ state: RouteState, _ pooled: PooledConnection) {
        self.state = state
        self.pooled = pooled
        driver = state.driver
        startedAt = driver.now
        phaseSince = driver.now
    }

    func start() {
        switch state.destination.server {
        case .unix: fail(OpeningFailure(.unsupported, .connect, "QUIC does not run over Unix sockets"))
        case .addresses(let addresses, let port):
            take(Destination.allowed(addresses, of: route.origin.host, route.connect), port: port)
        case .host(let host, let port):
            guard let address = IPAddress(host) else { return resolve(host) }
            take(Destination.allowed([address], of: host, route.connect), port: port)
        }
    }

    private func enter(_ phase: TransportError.Phase) {
        self.phase = phase
        phaseSince = driver.now
        state.openingMovedOn()
    }

    /// Gives up, and tells nobody.
    func abandon() {
        isOver = true
        resolving?.cancel()
        race?.cancel()
        for attempt in attempts.values { attempt.link.end(.close) }
        attempts = [:]
    }

    private func fail(_ failure: OpeningFailure) {
        guard !isOver else { return }
        abandon()
        state.failed(self, failure)
    }

    // MARK: Addresses

    private func resolve(_ host: String) {
        let reference = Reference(opening: self)
        let connect = route.connect
        resolving = Task { [driver] in
            let answer = await Destination.addresses(of: host, connect)
            driver.push(.run { reference.opening?.resolved(answer) })
        }
        state.openingMovedOn()
    }

    /// The resolver has answered.
    private func resolved(_ answer: Result<ResolvedHost, OpeningFailure>) {
        guard !isOver, case .host(_, let port) = state.destination.server else { return }
        resolving = nil
        take(answer.map(\.addresses), port: port)
    }

    private func take(_ answer: Result<[IPAddress], OpeningFailure>, port: Int) {
        let addresses: [IPAddress]
        switch answer {
        case .failure(let failure): return fail(failure)
        case .success(let found): addresses = found
        }
        history.note(.resolved(addresses), at: driver.now)
        enter(.connect)
        do throws(OpeningFailure) {
            let setup = try LinkSetup(state)
            if route.tls.resumesSessions {
                ticket = driver.tickets.takeTicket(for: state.sessionName, host: setup.host, context: setup.context)
            }
            token = driver.tickets.takeToken(for: state.sessionName, host: setup.host, context: setup.context)
            if let first = addresses.first, standsEarly(setup, to: .ip(first, port: port)) { return }
            race(setup, addresses, port)
        } catch {
            fail(error)
        }
    }

    // MARK: Handshakes

    /// A handshake that takes part in the race, and hears of its link.
    private final class Attempt: LinkUser {
        let link: Link
        private let number: Int
        private unowned let opening: Opening

        init(_ number: Int, _ link: Link, _ opening: Opening) {
            self.number = number
            self.link = link
            self.opening = opening
            link.user = self
        }

        func linkTook(_ event: HTTP3Event) {
            switch event {
            case .quic(.handshakeDone(let handshake)): opening.secured(number, handshake)
            case .failed(let error): opening.lost(number, Opening.failure(error, opening.state.route))
            default: break
            }
        }
        func linkHeard() { opening.heard() }
        func linkReceived() {}
        func linkIsEnding() {}
        func linkIsSilent() {}
    }

    private func race(_ setup: LinkSetup, _ addresses: [IPAddress], _ port: Int) {
        let race = AddressRace(to: addresses, port: port, driver) { [unowned self] attempt, endpoint in
            begin(attempt, endpoint, setup)
        } drop: { [unowned self] attempt in
            attempts.removeValue(forKey: attempt)?.link.end(.close)
        } ended: { [unowned self] outcome in
            if case .failure(let failure) = outcome { fail(failure) }
        }
        self.race = race
        race.start()
    }

    private func begin(_ number: Int, _ endpoint: Endpoint, _ setup: LinkSetup) {
        do throws(OpeningFailure) {
            let link = try Link(driver, setup, to: endpoint, ticket: ticket, token: token)
            (ticket, token) = (nil, [])
            attempts[number] = Attempt(number, link, self)
            driver.touch(link)
        } catch {
            race?.failed(number, error)
        }
    }

    private func heard() {
        guard phase == .connect, !isOver else { return }
        history.note(.connected, at: driver.now)
        enter(.tls)
    }

    private func secured(_ number: Int, _ handshake: QUICHandshake) {
        guard !isOver, let attempt = attempts.removeValue(forKey: number) else { return }
        history.note(.tlsDone, at: driver.now)
        race?.connected(number)
        stand(attempt.link, handshake)
    }

    private func lost(_ number: Int, _ failure: OpeningFailure) {
        guard !isOver, let attempt = attempts.removeValue(forKey: number) else { return }
        let own = attempt.link.failure
        attempt.link.end(.pending)
        race?.failed(number, own ?? failure)
    }

    private func stand(_ link: Link, _ handshake: QUICHandshake?) {
        isOver = true
        for attempt in attempts.values { attempt.link.end(.close) }
        attempts = [:]
        let carrier = Carrier(state, pooled, link, handshake, history)
        state.opened(self, as: carrier, streams: carrier.streams)
    }

    /// Takes the first address and no other if somebody waits who may send early data there: such data must not go to
    /// two, and the server that gave the ticket was reached before.
    private func standsEarly(_ setup: LinkSetup, to endpoint: Endpoint) -> Bool {
        guard let ticket, !ticket.parameters.isEmpty, state.wantsEarlyData,
            let link = try? Link(driver, setup, to: endpoint, ticket: ticket, earlyData: true, token: token)
        else { return false }
        guard link.http.quic.sendsEarlyData else {
            link.end(.none)
            return false
        }
        stand(link, nil)
        driver.touch(link)
        return true
    }

    // MARK: Failures

    /// Why a handshake came to nothing, in the words of the seam.
    static func failure(_ error: HTTP3Error, _ route: Route) -> OpeningFailure {
        guard let closing = error.closing else { return OpeningFailure(.libraryFailure, .connect, error.message) }
        let message = "the QUIC handshake with \(route.origin): \(closing)"
        let libraryCode = closing.code == 0 ? nil : "QUIC 0x" + String(closing.code, radix: 16)
        switch closing.cause {
        case .tls(let error):
            return OpeningFailure(
                error.transportCode, .tls, message, libraryCode: error.libraryCode, underlying: error)
        case .versionNegotiation: return OpeningFailure(.protocolRefused, .connect, message)
        case .refused:
            return OpeningFailure(.connectionRefused, .connect, message, libraryCode: libraryCode)
        case .peerTransport where closing.code == 0x02:
            return OpeningFailure(.connectionRefused, .connect, message, libraryCode: libraryCode)
        case .peerTransport where (0x100...0x1FF).contains(closing.code):
            return OpeningFailure(code(ofAlert: closing.code - 0x100, route), .tls, message, libraryCode: libraryCode)
        case .libraryFailure: return OpeningFailure(.libraryFailure, .connect, message)
        default: return OpeningFailure(.connectFailed, .connect, message, libraryCode: libraryCode)
        }
    }

    /// RFC 8446 §6.2.
    private static func code(ofAlert alert: UInt64, _ route: Route) -> TransportError.Code {
        switch alert {
        // no_application_protocol
        case 120: .protocolRefused
        // bad_certificate to unknown_ca, certificate_required: about ours, if we have one
        case 42...48, 116: .clientCertificateInvalid
        default: .tlsFailed
        }
    }
}
