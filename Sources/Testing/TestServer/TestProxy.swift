import IOLoop
import Synchronization
import TLSEngine
public import TransportCore

/// A proxy in this process, for tests of clients: HTTP (CONNECT and absolute-form targets), the same inside TLS,
/// SOCKS 4, 4a and 5, all on one port of 127.0.0.1. Whatever host is asked for, it connects to 127.0.0.1 at the port
/// asked for: so names that no resolver knows lead to a ``TestServer``, and nothing leaves the machine.
public final class TestProxy: Sendable {
    /// What it asks of its clients, and how it refuses.
    public struct Configuration: Sendable {
        /// User and password that clients must give: Basic, or those of SOCKS 5 (RFC 1929). `nil` asks for none.
        public var credentials: Credentials?
        /// What it answers in place of serving, over HTTP; over SOCKS it refuses with its general failure.
        public var refusal: Refusal?
        /// The certificate that it shows to clients that speak TLS.
        public var certificate: TestCertificate = .good

        /// The defaults: open to all.
        public init() {}
    }

    /// An answer in place of a tunnel.
    public struct Refusal: Sendable {
        /// The status.
        public var status: HTTPResponse.Status
        /// Its fields.
        public var fields: HTTPFields
        /// Its content.
        public var body: String

        /// An answer.
        public init(_ status: HTTPResponse.Status, fields: HTTPFields = [:], body: String = "") {
            self.status = status
            self.fields = fields
            self.body = body
        }
    }

    /// What a client asked for.
    public struct Visit: Sendable, Hashable {
        /// How it asked: `CONNECT`, another method with an absolute-form target, `SOCKS4`, `SOCKS4a`, `SOCKS5`.
        public var kind: String
        /// The host as it was given: a name, or an address.
        public var host: String
        /// The port.
        public var port: Int
        /// Whether the client spoke TLS with the proxy.
        public var isTLS: Bool
        /// Whether it was served.
        public var isServed: Bool
    }

    /// The port that it listens on.
    public let port: Int
    private let loop: IOLoop
    private let host: ProxyHost

    /// Starts a proxy.
    public init(_ configuration: Configuration = Configuration()) throws(TestServerError) {
        let listener = try ServerSocket.bound(to: .loopbackV4, port: 0, listens: true)
        guard case .ip(_, let port) = listener.local else {
            throw TestServerError(.startFailed, "the system does not tell which port it chose")
        }
        self.port = port
        do { loop = try IOLoop.start(name: "tern-proxy") } catch {
            throw TestServerError(.startFailed, "starting a proxy: \(error)")
        }
        host = ProxyHost(loop, listener, configuration)
        loop.enqueue { [host] in host.start() }
    }

    deinit { end() }

    private func end() {
        loop.enqueue { [host] in host.stop() }
        loop.stop()
    }

    /// Closes everything, and returns when its thread has ended.
    public func stop() {
        end()
        loop.join()
    }

    /// What clients have asked for, in order.
    public var visits: [Visit] { host.visits.withLock { $0 } }

    /// How to reach it, with trust in its certificate.
    public func options(
        _ kind: ProxyOptions.Kind = .http, credentials: Credentials? = nil
    ) throws(TestServerError) -> ProxyOptions {
        var options = ProxyOptions(kind, host: "127.0.0.1", port: port, credentials: credentials)
        options.tls.trust = try TestAuthority.shared().trust
        return options
    }
}

/// A proxy on its loop.
final class ProxyHost: ReadinessHandler, @unchecked Sendable {
    let loop: IOLoop
    let configuration: TestProxy.Configuration
    let buffer = ReadBuffer()
    let visits = Mutex<[TestProxy.Visit]>([])
    private var listener: ServerSocket?
    private var connections: [ObjectIdentifier: ProxyConnection] = [:]

    /// Connections at once; more are closed at once.
    private static let limit = 256

    init(_ loop: IOLoop, _ listener: ServerSocket, _ configuration: TestProxy.Configuration) {
        self.loop = loop
        self.listener = listener
        self.configuration = configuration
    }

    func start() {
        guard let listener else { return }
        // A loop that has just begun takes a descriptor that is open.
        try? loop.watch(listener.descriptor, .read, self)
    }

    func stop() {
        if let listener { loop.unwatch(listener.descriptor) }
        listener = nil
        for connection in connections.values { connection.close() }
        connections = [:]
    }

    func ready(_ descriptor: Int32, _ readiness: Readiness) {
        while let (socket, _) = listener?.accept() {
            guard connections.count < ProxyHost.limit else { continue }
            let connection = ProxyConnection(socket, self)
            connections[ObjectIdentifier(connection)] = connection
            connection.watch()
        }
    }

    func closed(_ connection: ProxyConnection) { connections[ObjectIdentifier(connection)] = nil }

    func context() throws -> TLSContext {
        var configuration = TestServer.Configuration()
        configuration.protocols = .http1
        return try ServerContexts(configuration: configuration).context(self.configuration.certificate)
    }
}
