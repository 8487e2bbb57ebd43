import IOLoop
import QUICEngine
import Synchronization
import TLSEngine
import TransportCore

/// A server on its loop: accepts connections, hands out replies, ends what lasts too long.
final class Host: ReadinessHandler, @unchecked Sendable {
    let loop: IOLoop
    let record: Record
    let configuration: TestServer.Configuration
    let buffer = ReadBuffer()
    private let source: ReplySource
    private let contexts: ServerContexts
    private var listener: ServerSocket?
    private var connections: [Int: Connection] = [:]
    private var door: DatagramDoor?
    private var scripted = 0
    /// What Alt-Svc says; nil if it is not sent.
    private(set) var altSvc: String?

    /// Where replies come from.
    enum ReplySource {
        /// A list, for one request after the other.
        case script([TestServer.Reply])
        /// A closure that is asked when the whole request is in.
        case answer(@Sendable (TestServer.RecordedExchange) -> TestServer.Reply)
        /// A closure that is asked when the head is in.
        case atHead(@Sendable (TestServer.RecordedExchange) -> TestServer.Reply)
    }

    /// How often it looks for what lasts too long: each second.
    private static let sweep = Duration.seconds(1)

    init(
        _ loop: IOLoop, _ listener: ServerSocket, _ configuration: TestServer.Configuration, _ source: ReplySource,
        _ contexts: ServerContexts, _ record: Record
    ) {
        self.loop = loop
        self.listener = listener
        self.configuration = configuration
        self.source = source
        self.contexts = contexts
        self.record = record
    }

    var now: Instant { loop.now }

    // MARK: Life

    func start() {
        guard let listener, !configuration.refusesConnections else { return }
        do { try loop.watch(listener.descriptor, .read, self) } catch { record.problem("\(error)") }
        lookForTheLate()
    }

    /// Opens the way for HTTP/3.
    func open(_ socket: UDPSocket, at address: IPAddress, port: Int, _ context: QUICContext) {
        do {
            door = try DatagramDoor(self, socket, at: address, port: port, context)
            door?.start()
            if configuration.advertisesHTTP3 { altSvc = "h3=\":\(port)\"; ma=3600" }
        } catch { record.problem("HTTP/3 could not begin: \(error)") }
    }

    func stop() {
        door?.stop()
        door = nil
        if let listener { loop.unwatch(listener.descriptor) }
        listener = nil
        for connection in connections.values { connection.closeNow() }
        connections = [:]
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        while let (socket, remote) = listener?.accept() {
            guard connections.count < configuration.limits.connections else {
                record.problem(
                    "a connection from \(remote.map(String.init(describing:)) ?? "?") was closed: "
                        + "\(connections.count) are open, and no more are allowed")
                continue
            }
            let number = record.accepted(from: remote)
            let plan =
                configuration.connections.indices.contains(number) ? configuration.connections[number] : .serve
            let connection = Connection(socket, number, plan, self)
            connections[number] = connection
            connection.start()
        }
    }

    func closed(_ connection: Connection) { connections[connection.number] = nil }

    private func lookForTheLate() {
        let next = loop.now.advanced(by: Host.sweep)
        _ = loop.schedule(at: next) { [weak self] in
            guard let self, listener != nil else { return }
            for connection in Array(connections.values) { connection.expire(at: loop.now) }
            lookForTheLate()
        }
    }

    // MARK: TLS

    func context(for plan: TestServer.ConnectionPlan) throws -> TLSContext {
        if case .certificate(let certificate) = plan { return try contexts.context(certificate) }
        return try contexts.context(configuration.certificate)
    }

    // MARK: Replies

    /// A request's head is in: keeps it, and finds its reply, or nil if the closure is to be asked at its end.
    func begin(_ exchange: TestServer.RecordedExchange) -> (number: Int, reply: TestServer.Reply?) {
        let number = record.begin(exchange)
        switch source {
        case .script(let replies):
            defer { scripted += 1 }
            guard replies.indices.contains(scripted) else {
                let text =
                    "the script of the test server has run out: \(exchange.method.rawValue) \(exchange.target) is "
                    + "request number \(scripted + 1), and the script has \(replies.count) replies"
                record.problem(text)
                return (number, .text(text + "\n", .internalServerError))
            }
            return (number, replies[scripted])
        case .answer: return (number, nil)
        case .atHead(let answer):
            return (number, answer(record.recorded(number) ?? exchange))
        }
    }

    /// The reply to a request that is complete.
    func ask(_ number: Int) -> TestServer.Reply {
        guard case .answer(let answer) = source, let exchange = record.recorded(number) else {
            return .text("the request fell out of the record before it was complete\n", .internalServerError)
        }
        return answer(exchange)
    }

    /// Replies that no request has asked for.
    var unused: Int {
        guard case .script(let replies) = source else { return 0 }
        return max(0, replies.count - record.recorded.exchangeCount)
    }
}

/// What connections with the same certificate share. One for the process, since reading keys takes time.
struct ServerContexts {
    var configuration: TestServer.Configuration
    private static let cache = Mutex<[TLSSettings: TLSContext]>([:])
    private static let quicCache = Mutex<[TLSSettings: QUICContext]>([:])

    /// The same for QUIC, which needs TLS 1.3.
    func quic() throws -> QUICContext {
        var settings = try settings(configuration.certificate)
        settings.protocols = ["h3"]
        settings.minimumVersion = .tls13
        settings.maximumVersion = nil
        if let made = ServerContexts.quicCache.withLock({ $0[settings] }) { return made }
        let made = try QUICContext(TLSContext(.server, settings))
        ServerContexts.quicCache.withLock { cache in
            if cache.count >= 64 { cache = [:] }
            cache[settings] = made
        }
        return made
    }

    private func settings(_ certificate: TestCertificate) throws -> TLSSettings {
        let authority = try TestAuthority.shared()
        let identity = try authority.server(certificate, names: configuration.names)
        var settings = TLSSettings()
        settings.identity = TLSIdentity(certificates: .pem(identity.certificate), key: .pem(identity.key))
        settings.trust = .certificates(pem: authority.pem)
        switch configuration.clientCertificate {
        case .notAsked: settings.clientCertificate = .notAsked
        case .wanted: settings.clientCertificate = .wanted
        case .required: settings.clientCertificate = .required
        }
        settings.minimumVersion = TLSProtocolVersion(rawValue: configuration.minimumTLS.rawValue) ?? .tls12
        settings.maximumVersion = configuration.maximumTLS.flatMap { TLSProtocolVersion(rawValue: $0.rawValue) }
        return settings
    }

    func context(_ certificate: TestCertificate) throws -> TLSContext {
        var settings = try settings(certificate)
        if configuration.protocols.contains(.http2) { settings.protocols.append("h2") }
        if configuration.protocols.contains(.http1) { settings.protocols.append("http/1.1") }
        if let made = ServerContexts.cache.withLock({ $0[settings] }) { return made }
        let made = try TLSContext(.server, settings)
        ServerContexts.cache.withLock { cache in
            // Tests make few kinds of servers; one that makes many must not fill the memory.
            if cache.count >= 64 { cache = [:] }
            cache[settings] = made
        }
        return made
    }
}

extension HTTPField.Name {
    /// RFC 7838 §3; the fallback is never used.
    static let altSvc = HTTPField.Name("Alt-Svc") ?? .via
}
