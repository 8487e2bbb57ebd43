import Driving
import FileIO
import Glibc
import HTTP2Engine
import Pooling
import Securing
import TLSEngine
import Threads
import TransportCore

/// One attempt to open a connection for a route: addresses, sockets, the proxy, TLS. Ends in a ``Carrier`` or in an
/// ``OpeningFailure``. It has no timeouts: those who wait for it have. Used on the loop.
final class Opening: LinkUser {
    let pooled: PooledConnection
    let startedAt: Instant
    /// What it is at, as errors name it, and since when.
    private(set) var phase = TransportError.Phase.resolve
    private(set) var phaseSince: Instant
    private(set) var history = OpeningHistory()

    private unowned let state: RouteState
    private let driver: Driver
    private var resolving: Task<Void, Never>?
    private var targetAddress: IPAddress?
    private var race: SocketRace?
    private var link: Link?
    private var tunnel: Tunnel?
    private var received: [UInt8] = []
    private var securing = Securing.nothing
    private var isOver = false

    /// An attempt on its way through another thread.
    private struct Reference: @unchecked Sendable { weak var opening: Opening? }

    /// Whose TLS handshake is under way.
    private enum Securing { case nothing, proxy, origin }

    private var route: Route { state.route }

    init(_ state: RouteState, _ pooled: PooledConnection) {
        self.state = state
        self.pooled = pooled
        driver = state.driver
        startedAt = driver.now
        phaseSince = driver.now
    }

    func start() {
        let destination = state.destination
        if destination.resolvesTarget, IPAddress(destination.target.host) == nil {
            return resolve(destination.target.host)
        }
        targetAddress = destination.resolvesTarget ? IPAddress(destination.target.host) : nil
        findFirstHop()
    }

    private func findFirstHop() {
        switch state.destination.place {
        case .unix(let path):
            enter(.connect)
            connectUnix(path)
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
        link?.close()
        link = nil
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
    func resolved(_ answer: Result<ResolvedHost, OpeningFailure>) {
        guard !isOver else { return }
        resolving = nil
        if state.destination.resolvesTarget, targetAddress == nil {
            switch answer {
            case .success(let found):
                let addresses = found.addresses
                // SOCKS 4 knows no IPv6.
                let usable = route.proxy?.kind == .socks4 ? addresses.first { $0.family == .v4 } : addresses.first
                targetAddress = usable ?? addresses.first
                findFirstHop()
            case .failure(let failure): fail(failure)
            }
            return
        }
        guard case .host(_, let port) = state.destination.place else { return }
        take(answer.map(\.addresses), port: port)
    }

    private func take(_ answer: Result<[IPAddress], OpeningFailure>, port: Int) {
        switch answer {
        case .failure(let failure): fail(failure)
        case .success(let addresses):
            history.note(.resolved(addresses), at: driver.now)
            enter(.connect)
            let race = SocketRace(to: addresses, port: port, route.connect, driver) { [unowned self] in raceEnded($0) }
            self.race = race
            race.start()
        }
    }

    // MARK: The socket

    private func connectUnix(_ path: String) {
        let (socket, outcome) = Socket.connect(to: .unix(path), route.connect)
        guard let socket, outcome == .done else {
            let code = if case .failed(let code) = outcome { code } else { EAGAIN }
            return fail(SocketRace.failure(.unix(path), code))
        }
        connected(socket, to: .unix(path))
    }

    private func raceEnded(_ result: Result<(Socket, Endpoint), OpeningFailure>) {
        race = nil
        switch result {
        case .success(let (socket, endpoint)): connected(socket, to: endpoint)
        case .failure(var failure):
            if let proxy = route.proxy { failure.message = "reaching \(proxy): \(failure.message)" }
            fail(failure)
        }
    }

    private func connected(_ socket: Socket, to endpoint: Endpoint) {
        history.note(.connected, at: driver.now)
        let link = Link(socket, to: endpoint, driver, self)
        self.link = link
        link.start()
        guard route.connect.unixSocket == nil, let proxy = route.proxy else { return secureOrigin() }
        if proxy.kind == .https {
            secure(proxy.host, proxy.tls, protocols: ["http/1.1"], as: .proxy)
        } else {
            askProxy()
        }
    }

    // MARK: The proxy

    private func askProxy() {
        guard let proxy = route.proxy, let link else { return }
        guard !state.usesAbsoluteTargets else { return stand(.http11, nil) }
        enter(.connect)
        let target = state.destination.target
        do throws(OpeningFailure) {
            var tunnel = try Tunnel(proxy, host: target.host, port: target.port, address: targetAddress)
            var output: [UInt8] = []
            tunnel.nextOutput(into: &output)
            self.tunnel = tunnel
            link.write(output)
        } catch {
            fail(error)
        }
    }

    private func talkToProxy() {
        guard let link, !received.isEmpty || tunnel?.outcome != nil else { return }
        let bytes = received
        received = []
        tunnel?.receive(bytes.span, at: driver.now)
        var output: [UInt8] = []
        tunnel?.nextOutput(into: &output)
        link.write(output)
        endTunnel()
    }

    private func endTunnel() {
        switch tunnel?.outcome {
        case nil: break
        case .failure(let failure): fail(failure)
        case .success:
            received = tunnel?.leftover ?? []
            tunnel = nil
            secureOrigin()
        }
    }

    // MARK: TLS

    private func secureOrigin() {
        guard route.origin.scheme == .https else {
            return stand(state.usesPriorKnowledge ? .http2 : .http11, nil)
        }
        var protocols: [String] = []
        if route.connect.protocols.contains(.http2) { protocols.append("h2") }
        if route.connect.protocols.contains(.http1) { protocols.append("http/1.1") }
        secure(route.tls.serverName ?? route.origin.host, route.tls, protocols: protocols, as: .origin)
    }

    private func secure(_ host: String, _ options: TLSOptions, protocols: [String], as securing: Securing) {
        guard let link else { return }
        enter(.tls)
        self.securing = securing
        var keyLog: KeyLog?
        if let path = options.keyLogFile {
            keyLog = KeyLog(path: path)
            guard keyLog != nil else {
                return fail(OpeningFailure(.tlsFailed, .tls, "opening the key log file \(path): \(errorText(errno))"))
            }
        }
        do throws(TLSError) {
            let context = try driver.shelf.context(TLSSettings(options, protocols: protocols))
            let name = securing == .proxy ? "proxy \(host):\(route.proxy?.port ?? 0)" : state.sessionName
            let connection = try TLSConnection(context, host: host, store: driver.shelf.sessions, route: name)
            link.secure(connection, keyLog: keyLog)
        } catch {
            return fail(failure(error))
        }
        let early = received
        received = []
        link.feed(early)
    }

    func linkSecured(_ handshake: TLSHandshake) {
        guard !isOver else { return }
        switch securing {
        case .nothing: break
        case .proxy:
            securing = .nothing
            askProxy()
        case .origin:
            securing = .nothing
            history.note(.tlsDone, at: driver.now)
            choose(handshake)
        }
    }

    /// What ALPN chose decides (RFC 7301, RFC 9113 §3.2).
    private func choose(_ handshake: TLSHandshake) {
        let allowed = route.connect.protocols
        if handshake.alpn == "h2", allowed.contains(.http2) { return stand(.http2, handshake) }
        if handshake.alpn != "h2", allowed.contains(.http1) { return stand(.http11, handshake) }
        let choice = handshake.alpn.map { "chose \($0) by ALPN" } ?? "chose no protocol by ALPN, so it speaks HTTP/1.1"
        fail(OpeningFailure(.protocolRefused, .tls, "\(route.origin) \(choice), and only \(allowed) is allowed"))
    }

    private func failure(_ error: TLSError) -> OpeningFailure {
        let who = securing == .proxy ? route.proxy.map { "\($0)" } ?? "the proxy" : "\(route.origin)"
        return OpeningFailure(
            error.transportCode, .tls, "the TLS handshake with \(who): \(error.message)",
            libraryCode: error.libraryCode, underlying: error)
    }

    // MARK: The end

    private func stand(_ version: HTTPVersion, _ handshake: TLSHandshake?) {
        guard let link, !isOver else { return }
        isOver = true
        let info = ConnectionInfo(
            id: ConnectionNumber.next(), version: version, local: link.socket.localEndpoint, remote: link.remote,
            proxy: route.connect.unixSocket == nil ? route.proxy : nil, tls: handshake?.info)
        let carrier: Carrier
        var streams: Int?
        if version == .http2 {
            do throws(HTTP2Error) {
                let made = H2Carrier(state, pooled, link, info, history, try H2Carrier.engine(for: driver))
                streams = made.streams
                carrier = made
            } catch {
                link.close()
                return state.failed(self, OpeningFailure(.libraryFailure, .connect, error.message))
            }
        } else {
            carrier = H1Carrier(state, pooled, link, info, history)
        }
        link.user = carrier
        self.link = nil
        // The bytes may end the connection again, so they come after it is known to stand.
        let early = received
        received = []
        state.opened(self, as: carrier, streams: streams)
        guard !early.isEmpty else { return }
        carrier.linkReceived(early.span)
        carrier.linkSettled()
    }

    func linkReceived(_ bytes: Span<UInt8>) { received.append(bytes) }

    func linkSettled() {
        guard !isOver, tunnel != nil else { return }
        talkToProxy()
    }

    func linkEnded(clean: Bool) {
        guard !isOver else { return }
        if tunnel != nil {
            tunnel?.receiveEnd()
            return endTunnel()
        }
        fail(OpeningFailure(.connectFailed, phase, "the peer closed the connection before it stood"))
    }

    func linkFailed(_ failure: LinkFailure) {
        guard !isOver else { return }
        switch failure {
        case .tls(let error): fail(self.failure(error))
        case .system(let code):
            if tunnel != nil {
                return fail(OpeningFailure(.proxyFailed, .connect, "asking the proxy: \(errorText(code))"))
            }
            let libraryCode = "errno \(code)"
            if phase == .tls {
                let message = "the TLS handshake with \(route.origin): \(errorText(code))"
                return fail(OpeningFailure(.tlsFailed, .tls, message, libraryCode: libraryCode))
            }
            fail(OpeningFailure(.connectFailed, phase, errorText(code), libraryCode: libraryCode))
        }
    }

    func linkDrained() {}
}
