import CCurl
import DequeModule
import Driving
import FileIO
import Glibc
import IOLoop
import TransportCore

/// What is kept for one route on one loop: libcurl's multi handle with its connections, the exchanges that wait, and
/// the handles that wait for the next exchange. Used on the loop.
///
/// One multi handle for each route, because libcurl's pool key leaves out what its callbacks decide, and its cache of
/// addresses is shared by all handles of a multi.
final class RouteState {
    /// What it stands for: the route, and whether HTTP/1.1 is pinned.
    struct Key: Hashable {
        var route: Route
        var pinsHTTP1: Bool
    }

    let key: Key
    unowned let driver: Driver
    private let protocols: ProtocolSet
    private let plan: AddressPlan
    private let setup: RouteSetup
    /// In place of the host and port in URLs, if the server is to be asked for under another name.
    private let urlHost: String?
    private let proxyFields: StringList?
    /// Why nothing can be sent on this route at all.
    private let brokenBy: String?

    private var multi: Multi?
    private var idle: [Easy] = []
    var isTouched = false

    // The queue
    private var queue: Deque<ExchangeState> = []
    private var abandoned = 0
    private(set) var active = 0
    /// When the last exchange ended, if none is under way.
    private(set) var idleSince: Instant?

    // Addresses
    private(set) var addresses: [IPAddress] = []
    private var entries: StringList?
    private var answers = 0
    private var addressesHoldUntil: Instant?
    private var resolving: Task<Void, Never>?
    private(set) var resolvingSince: Instant?

    // Connections
    private var connections: [Int: ConnectionRecord] = [:]
    private var openSockets: Set<Int32> = []
    private var isHTTP2: Bool?
    private var grownTo: Int

    /// Streams on one connection before another one is opened: 100, what servers allow at least (RFC 9113 §6.5.2).
    private static let streamsPerConnection = 100
    /// Handles that are kept for later exchanges.
    private static let idleHandles = 256
    /// How long exchanges wait for a stream before another connection is opened.
    static let patience = Duration.milliseconds(250)

    init(_ key: Key, _ driver: Driver) {
        self.key = key
        self.driver = driver
        let route = key.route
        protocols = key.pinsHTTP1 ? .http1 : CurlCapabilities.usable(route.connect.protocols)
        let name = route.origin.scheme == .https ? route.tls.serverName : nil
        urlHost = name.map { "\($0):\(route.origin.port)" }
        plan = AddressPlan(route, urlHost: name ?? route.origin.host)
        let keyLog = route.tls.keyLogFile.map { KeyLog(path: $0) }
        brokenBy =
            if let path = route.tls.keyLogFile, keyLog ?? nil == nil {
                "opening the key log file \(path): \(unsafe String(cString: strerror(errno)))"
            } else {
                CurlLibrary.setUpFailure
            }
        proxyFields = route.proxy.map(ProxySetup.fields)
        grownTo = max(1, driver.limits.multiplexedConnectionsPerOrigin)
        setup = RouteSetup(
            route: route, protocols: protocols, limits: driver.limits,
            connectTo: plan.connectTo.map { StringList([$0]) }, keyLog: keyLog ?? nil)
        if !mayUseHTTP2 { isHTTP2 = false }
    }

    private var mayUseHTTP2: Bool {
        key.route.origin.scheme == .https
            ? protocols.contains(.http2) : protocols.contains(.http2PriorKnowledge)
    }

    // MARK: The queue

    var isUnused: Bool { active == 0 && queue.count == abandoned }

    /// Takes an exchange; it starts when there is room.
    func enqueue(_ exchange: ExchangeState) {
        exchange.isQueued = true
        queue.append(exchange)
        idleSince = nil
        touch()
    }

    /// Forgets an exchange that waits. It stays in the queue as a husk until its turn comes, or husks are many.
    func abandon(_ exchange: ExchangeState) {
        exchange.isQueued = false
        abandoned += 1
        if abandoned > 64, abandoned > queue.count / 2 {
            queue.removeAll { !$0.isQueued }
            abandoned = 0
        }
        if queue.count == abandoned, !hasConnection { stopResolving() }
        touch()
    }

    func touch() {
        guard !isTouched else { return }
        isTouched = true
        driver.touched(self)
    }

    private func nextInQueue() -> ExchangeState? {
        while let exchange = queue.popFirst() {
            if exchange.isQueued { return exchange }
            abandoned -= 1
        }
        return nil
    }

    /// How many exchanges libcurl may have at once. Until it is known what the server speaks, one goes ahead.
    private var room: Int {
        switch isHTTP2 {
        case false: driver.limits.connectionsPerOrigin
        case true: connections.isEmpty ? 1 : grownTo * RouteState.streamsPerConnection
        case nil: 1
        }
    }

    /// Whether exchanges that wait on HTTP/2 could have another connection.
    var canGrow: Bool {
        isHTTP2 == true && grownTo < driver.limits.connectionsPerOrigin && !connections.isEmpty
    }

    /// All streams have been in use for a while: allows one connection more.
    func grow() {
        grownTo += 1
        multi?.set(CURLMOPT_MAX_HOST_CONNECTIONS, grownTo)
        touch()
    }

    // MARK: Work, at the end of a turn

    /// Lets libcurl go on, takes what has ended, and starts what waits.
    func work() {
        guard let multi else { return dispatch() }
        if multi.needsKick { multi.kick() }
        while let (easy, code) = multi.nextFinished() {
            if let exchange = easy.exchange {
                let outcome = CurlOutcome(code, easy)
                release(easy, of: exchange)
                driver.ended(exchange, outcome)
            } else {
                multi.remove(easy)
            }
        }
        dispatch()
        if isUnused, idleSince == nil {
            idleSince = driver.now
            driver.look(at: driver.now.advanced(by: driver.limits.idle))
        }
    }

    private func dispatch() {
        while active < room, queue.count > abandoned, hasAddresses(), let exchange = nextInQueue() {
            exchange.isQueued = false
            start(exchange)
        }
        if active > 0, canGrow { driver.look(at: driver.now.advanced(by: RouteState.patience)) }
    }

    private func start(_ exchange: ExchangeState) {
        if let brokenBy {
            return driver.finish(exchange, .failure(exchange.error(.libraryFailure, brokenBy)))
        }
        guard let multi = multi ?? makeMulti(), let easy = idle.popLast() ?? makeEasy() else {
            return driver.finish(
                exchange, .failure(exchange.error(.libraryFailure, "libcurl has no memory for another handle")))
        }
        easy.exchange = exchange
        exchange.easy = easy
        active += 1
        if exchange.framing.hasContent { exchange.prepareBody(driver) }
        RequestSetup.apply(exchange, to: easy, urlHost: urlHost)
        if easy.addresses != answers {
            easy.set(CURLOPT_RESOLVE, entries)
            easy.addresses = answers
        }
        if let refusal = easy.refusal {
            let text = "libcurl refused option \(refusal.option.rawValue): \(CurlLibrary.text(refusal.code))"
            return driver.finish(exchange, .failure(exchange.error(.libraryFailure, text)))
        }
        easy.clearErrorText()
        if !multi.add(easy) {
            driver.finish(exchange, .failure(exchange.error(.libraryFailure, "curl_multi_add_handle failed")))
        }
    }

    /// Takes the handle from an exchange, finished or not.
    func release(_ easy: Easy, of exchange: ExchangeState) {
        multi?.remove(easy)
        easy.exchange = nil
        exchange.easy = nil
        active -= 1
        // libcurl 7.88 frees the trailers of the request before once more when a handle sends trailers again.
        if easy.refusal == nil, !easy.previous.hasTrailers, idle.count < RouteState.idleHandles { idle.append(easy) }
        touch()
    }

    private func makeMulti() -> Multi? {
        let made = Multi(on: driver.loop) { [unowned self] in touch() }
        multi = made
        made?.set(CURLMOPT_MAXCONNECTS, max(driver.limits.connectionsPerOrigin, 1))
        applyConnectionLimit()
        return made
    }

    private func applyConnectionLimit() {
        multi?.set(
            CURLMOPT_MAX_HOST_CONNECTIONS, isHTTP2 == false ? driver.limits.connectionsPerOrigin : grownTo)
    }

    private func makeEasy() -> Easy? {
        guard let easy = Easy(for: self) else { return nil }
        setup.apply(to: easy)
        if let proxyFields { easy.set(CURLOPT_PROXYHEADER, proxyFields) }
        return easy
    }

    /// Closes every connection. Exchanges under way must have been ended before.
    func close() {
        stopResolving()
        idle = []
        multi?.close()
        multi = nil
        connections = [:]
    }

    // MARK: Addresses

    var isResolving: Bool { resolvingSince != nil }

    private var hasConnection: Bool { !openSockets.isEmpty }

    /// Whether libcurl may connect; if not, finds out where to.
    private func hasAddresses() -> Bool {
        if let until = addressesHoldUntil, driver.now < until { return true }
        guard plan.needsResolver else { return takeFixedAddresses() }
        if resolving == nil { resolve() }
        // While connections stand, old addresses do until the new ones are there.
        return hasConnection && answers > 0
    }

    private func takeFixedAddresses() -> Bool {
        do {
            let answer = try plan.fixedAnswer(key.route.connect)
            take(answer)
            return true
        } catch {
            failQueue(error)
            return false
        }
    }

    private func resolve() {
        let (plan, connect) = (plan, key.route.connect)
        let answers = driver.answers(for: self)
        resolving = Task {
            do throws(OpeningFailure) {
                answers(.success(try await plan.answer(connect)))
            } catch {
                answers(.failure(error))
            }
        }
        guard !hasConnection else { return }
        resolvingSince = driver.now
        for exchange in queue where exchange.isQueued { if let due = exchange.due { driver.look(at: due) } }
    }

    private func stopResolving() {
        resolving?.cancel()
        resolving = nil
        resolvingSince = nil
    }

    /// The resolver has answered.
    func resolved(_ answer: Result<AddressPlan.Answer, OpeningFailure>) {
        guard resolving != nil else { return }
        resolving = nil
        let waited = resolvingSince != nil
        resolvingSince = nil
        switch answer {
        case .success(let answer): take(answer)
        case .failure(let error): if waited { failQueue(error) }
        }
        touch()
    }

    private func take(_ answer: AddressPlan.Answer) {
        addresses = answer.addresses
        entries = answer.entries.isEmpty ? nil : StringList(answer.entries)
        answers += 1
        // No shorter than a second, or an answer would be out of date before it is used.
        addressesHoldUntil = driver.now.advanced(by: max(answer.timeToLive, .seconds(1)))
    }

    /// Connecting has failed: the next exchange asks for the addresses again.
    func distrustAddresses() { addressesHoldUntil = nil }

    private func failQueue(_ failure: OpeningFailure) {
        while let exchange = nextInQueue() {
            exchange.isQueued = false
            driver.finish(exchange, .failure(exchange.error(failure)))
        }
    }

    // MARK: Connections

    func socketOpens(_ descriptor: Int32) { openSockets.insert(descriptor) }

    func socketCloses(_ descriptor: Int32) {
        openSockets.remove(descriptor)
        multi?.forget(descriptor)
        if let (port, _) = connections.first(where: { $0.value.descriptor == descriptor }) { connections[port] = nil }
    }

    /// The settings of a handshake are about to be used.
    func prepare(_ context: TLSContext) {
        if let keyLog = setup.keyLog { context.logKeys(to: keyLog) }
        if key.route.origin.scheme == .https, key.route.proxy?.kind != .https, !protocols.contains(.http1) {
            context.offer(["h2"])
        }
    }

    /// The connection with this local port, and what it speaks.
    ///
    /// Sockets to a Unix socket have no port: there the latest connection stands for all, and is known to be new by
    /// libcurl's count of connections made.
    func connection(_ easy: Easy, localPort: Int, _ ends: () -> ConnectionEnds) -> ConnectionRecord {
        if let known = connections[localPort], easy.info(CURLINFO_NUM_CONNECTS) == 0 { return known }
        let isUnix = key.route.connect.unixSocket != nil
        let known = Set(connections.values.compactMap(\.descriptor))
        let descriptor = openSockets.first { candidate in
            !known.contains(candidate) && (isUnix || RouteState.port(candidate) == localPort)
        }
        let record = ConnectionRecord(key.route, protocols: protocols, easy, ends(), descriptor: descriptor)
        connections[localPort] = record
        let speaksHTTP2 = record.info.version == .http2
        if isHTTP2 != speaksHTTP2 {
            isHTTP2 = speaksHTTP2
            driver.later { self.applyConnectionLimit() }
        }
        touch()
        return record
    }

    /// The local port of a socket, by which libcurl and we find the same connection.
    private static func port(_ descriptor: Int32) -> Int? {
        if case .ip(_, let port) = SocketAddress.local(of: descriptor) { port } else { nil }
    }
}
