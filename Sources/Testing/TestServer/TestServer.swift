import IOLoop
import QUICEngine
public import TransportCore

/// An HTTP server in this process, for tests of clients: HTTP/1.1 and HTTP/2, in clear text and over TLS, and HTTP/3,
/// all on one port of 127.0.0.1 that the kernel chooses.
///
///     let server = try TestServer { request in .text("hello, \(request.path)") }
///     let session = server.session(over: NativeH2Transport())
///     let response = try await session.get("/tern")
///     #expect(response.text == "hello, /tern")
///     #expect(server.exchanges.map(\.target) == ["/tern"])
///
/// It does what its script says, right or wrong (``Reply``, ``Fault``), and records every exchange. It is made for
/// loopback; what a client can make it hold is bounded (``Limits``). A server that is dropped stops.
public final class TestServer: Sendable {
    /// How it was made.
    public let configuration: Configuration
    /// The port that it listens on.
    public let port: Int
    private let host: Host
    private let record: Record
    private let loop: IOLoop

    /// Starts a server that answers with what `answer` gives. It is asked when the whole request is in, or when its
    /// head is (``Configuration/asksAtHead``), on the server's own thread, where it must not block.
    ///
    /// - Parameter onProblem: is told, on the server's thread, what the script did not foresee: see ``problems``. In a
    ///   test, record an issue: `onProblem: { Issue.record("\($0)") }`.
    public convenience init(
        _ configuration: Configuration = Configuration(), onProblem: @escaping @Sendable (String) -> Void = { _ in },
        answer: @escaping @Sendable (_ request: RecordedExchange) -> Reply
    ) throws(TestServerError) {
        try self.init(configuration, configuration.asksAtHead ? .atHead(answer) : .answer(answer), onProblem)
    }

    /// Starts a server that gives `script`, one reply a request, in the order in which their heads come. A request
    /// more is answered with status 500, whose body says so, and is a problem.
    public convenience init(
        _ script: [Reply], _ configuration: Configuration = Configuration(),
        onProblem: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(TestServerError) {
        try self.init(configuration, .script(script), onProblem)
    }

    private init(
        _ configuration: Configuration, _ source: Host.ReplySource, _ onProblem: @escaping @Sendable (String) -> Void
    ) throws(TestServerError) {
        let (listener, datagrams, port) = try TestServer.bind(configuration)
        do { loop = try IOLoop.start(name: "tern-test-\(port)") } catch {
            throw TestServerError(.startFailed, "starting a server: \(error)")
        }
        self.configuration = configuration
        self.port = port
        record = Record(limit: configuration.limits.recordedExchanges, onProblem: onProblem)
        let contexts = ServerContexts(configuration: configuration)
        host = Host(loop, listener, configuration, source, contexts, record)
        var quic: QUICContext?
        if datagrams != nil {
            do { quic = try contexts.quic() } catch {
                throw TestServerError(.startFailed, "making the certificate of HTTP/3 ready: \(error)")
            }
        }
        let opening = Opening(socket: datagrams, context: quic)
        loop.enqueue { [host] in
            host.start()
            if let socket = opening.socket, let context = opening.context {
                host.open(socket, at: configuration.address, port: port, context)
            }
        }
    }

    /// What goes to the loop, and is used there alone from then on.
    private struct Opening: @unchecked Sendable {
        let socket: UDPSocket?
        let context: QUICContext?
    }

    /// Sockets of TCP and UDP with the same port.
    private static func bind(
        _ configuration: Configuration
    ) throws(TestServerError) -> (ServerSocket, UDPSocket?, Int) {
        for attempt in 1... {
            let listener = try ServerSocket.bound(
                to: configuration.address, port: configuration.port, listens: !configuration.refusesConnections)
            guard case .ip(_, let port) = listener.local else {
                throw TestServerError(.startFailed, "the system does not tell which port it chose")
            }
            guard configuration.protocols.contains(.http3), !configuration.refusesConnections else {
                return (listener, nil, port)
            }
            switch UDPSocket.bind(to: .ip(configuration.address, port: port)) {
            case .success(let socket): return (listener, socket, port)
            case .failure(let failure):
                // Somebody else may have UDP's port of the number that the system chose for TCP.
                guard configuration.port == 0, attempt < 16 else {
                    throw .system("listening on \(configuration.address):\(port) for UDP", failure.code, .bindFailed)
                }
            }
        }
        throw TestServerError(.bindFailed, "no port was found that is free for TCP and UDP")
    }

    deinit { end() }

    private func end() {
        loop.enqueue { [host] in host.stop() }
        loop.stop()
    }

    /// Closes everything, and returns when its thread has ended. What has been recorded stays. Again it does nothing.
    public func stop() {
        end()
        loop.join()
    }

    // MARK: Where it is

    /// The `https` URL of `path` at this server.
    public func url(_ path: String = "/", host: String? = nil) -> String { "https://\(authority(host))\(path)" }

    /// The `http` URL of `path` at this server.
    public func clearURL(_ path: String = "/", host: String? = nil) -> String { "http://\(authority(host))\(path)" }

    private func authority(_ name: String?) -> String {
        let address = configuration.address
        return "\(name ?? (address.family == .v6 ? "[\(address)]" : "\(address)")):\(port)"
    }

    /// Trust in the server's authority, and nothing else.
    public var tls: TLSOptions {
        get throws(TestServerError) {
            var options = TLSOptions()
            options.trust = try TestAuthority.shared().trust
            return options
        }
    }

    /// Ways to the server by `tern.test` and by ``Configuration/names``, whatever the port of the URL.
    public var overrides: [AddressOverride] {
        (["tern.test"] + configuration.names).map {
            AddressOverride(host: $0, port: nil, target: .host("\(configuration.address)", port: port))
        }
    }

    // MARK: What it has seen

    /// Exchanges and connections so far.
    public var recorded: Recorded { record.recorded }
    /// The exchanges so far, in the order in which their heads came.
    public var exchanges: [RecordedExchange] { record.recorded.exchanges }
    /// The connections so far, in the order in which they were accepted.
    public var connections: [RecordedConnection] { record.recorded.connections }
    /// What the script did not foresee: one sentence each.
    public var problems: [String] { record.problems }

    /// Returns when `condition` holds for what has been seen; it is asked again after each change, and must be quick.
    /// Throws ``TestServerError/Code/timedOut`` after `limit` on the machine's clock: 10 s.
    public func wait(
        atMost limit: Duration = .seconds(10), until condition: @escaping @Sendable (Recorded) -> Bool
    ) async throws(TestServerError) {
        guard await record.wait(atMost: limit, until: condition) else {
            let seen = exchanges.map(\.description).joined(separator: "; ")
            throw TestServerError(
                .timedOut,
                "what was waited for did not happen within \(limit); seen so far: "
                    + (seen.isEmpty ? "nothing" : seen))
        }
    }

    /// Throws if the script was not played as it was written: something happened that it did not foresee, or replies
    /// are left over. Call it at the end of a test, or use ``TestServer/with(_:_:run:)``.
    public func verify() throws(TestServerError) {
        var found = problems
        let unused = host.unused
        if unused > 0 {
            found.append("\(unused) replies of the script were not asked for")
        }
        guard found.isEmpty else { throw TestServerError(.unexpected, found.joined(separator: "; ")) }
    }

    /// Starts a server with `script`, runs `body`, stops it, and throws what ``verify()`` has found: a test that uses
    /// it fails where the script was not played as written.
    public static func with<Result>(
        _ script: [Reply], _ configuration: Configuration = Configuration(),
        run body: (TestServer) async throws -> Result
    ) async throws -> Result {
        let server = try TestServer(script, configuration)
        defer { server.stop() }
        let result = try await body(server)
        try server.verify()
        return result
    }
}
