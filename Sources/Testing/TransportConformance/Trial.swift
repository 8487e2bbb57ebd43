import Synchronization
public import TestServer
public import TransportCore

/// What a case is given: a new transport, a way, and servers that are stopped at its end.
public final class Trial: Sendable {
    /// The transport.
    public let transport: any Transport
    /// The way.
    public let way: ConformanceWay
    private let make: @Sendable () -> any Transport
    private let servers = Mutex<[TestServer]>([])
    private let proxies = Mutex<[TestProxy]>([])

    init(over way: ConformanceWay, _ make: @escaping @Sendable () -> any Transport) {
        self.make = make
        transport = make()
        self.way = way
    }

    /// Another transport, made the same way. The caller shuts it down.
    public func another() -> any Transport { make() }

    func end() async {
        let soon = SystemClock().now.advanced(by: .milliseconds(200))
        _ = await Deed.run(atMost: .seconds(5)) { [transport] in await transport.shutdown(by: soon) }
        for server in servers.withLock({ $0 }) { server.stop() }
        for proxy in proxies.withLock({ $0 }) { proxy.stop() }
    }

    // MARK: Servers

    private func configuration(_ change: (inout TestServer.Configuration) -> Void) -> TestServer.Configuration {
        var configuration = TestServer.Configuration()
        configuration.protocols = [.http1, .http2, .http2PriorKnowledge]
        if way == .http3 { configuration.protocols.insert(.http3) }
        change(&configuration)
        return configuration
    }

    private func keep(_ server: TestServer) -> TestServer {
        servers.withLock { $0.append(server) }
        return server
    }

    /// A server that gives these replies in order.
    public func server(
        _ script: [TestServer.Reply], _ change: (inout TestServer.Configuration) -> Void = { _ in }
    ) throws -> TestServer {
        keep(try TestServer(script, configuration(change)))
    }

    /// A server that answers with what `answer` gives.
    public func server(
        _ change: (inout TestServer.Configuration) -> Void = { _ in },
        answer: @escaping @Sendable (TestServer.RecordedExchange) -> TestServer.Reply
    ) throws -> TestServer {
        keep(try TestServer(configuration(change), answer: answer))
    }

    /// A proxy.
    public func proxy(_ change: (inout TestProxy.Configuration) -> Void = { _ in }) throws -> TestProxy {
        var configuration = TestProxy.Configuration()
        change(&configuration)
        let proxy = try TestProxy(configuration)
        proxies.withLock { $0.append(proxy) }
        return proxy
    }

    // MARK: Exchanges

    /// A request to `server` over this way.
    public func call(
        _ server: TestServer, _ path: String = "/", _ method: HTTPRequest.Method = .get, body: RequestBody = .empty
    ) throws -> Call {
        var call = Call(way.isTLS ? server.url(path) : server.clearURL(path), method, body: body)
        call.connect.protocols = way.protocols
        if way.isTLS { call.tls = try server.tls }
        // Far beyond what any case needs, and below the patience with one.
        call.options.timeouts.firstByte = .seconds(10)
        call.options.timeouts.idleRead = .seconds(10)
        call.options.timeouts.idleWrite = .seconds(10)
        return call
    }

    // Inlined into a closure with several of them, its errors crash the optimizer of Swift 6.3.1.
    /// Sends `call`.
    @inline(never)
    public func send(_ call: Call) async throws -> TransportResponse { try await transport.send(call.exchange()) }

    /// Sends `call`, and gives the whole body as text.
    public func text(_ call: Call) async throws -> String {
        let response = try await send(call)
        return String(decoding: try await response.body.collect(upTo: .max), as: UTF8.self)
    }

    /// The error that `call` ends in, before its head or after. An answer is a failure of the case.
    public func failure(_ call: Call, _ what: String = "") async throws -> TransportError {
        let response: TransportResponse
        do {
            response = try await transport.send(call.exchange())
            _ = try await response.body.collect(upTo: .max)
        } catch let error as TransportError {
            return error
        }
        throw ConformanceFailure("\(what.isEmpty ? "" : what + ": ")an error was expected, and \(response.status) came")
    }

    // MARK: Looking

    /// Fails unless `condition` holds.
    public func check(_ condition: Bool, _ text: @autoclosure () -> String) throws {
        if !condition { throw ConformanceFailure(text()) }
    }

    /// Fails unless `seen` is `expected`.
    public func equal<Value: Equatable>(_ seen: Value, _ expected: Value, _ what: String) throws {
        if seen != expected { throw ConformanceFailure("\(what): \(expected) was expected, and \(seen) came") }
    }

    /// Fails unless the error's code is among `codes`, and its phase and safety are as given.
    public func expect(
        _ error: TransportError, _ codes: TransportError.Code..., phase: TransportError.Phase? = nil,
        safety: RetrySafety? = nil, for what: String
    ) throws {
        guard codes.contains(error.code), phase == nil || phase == error.phase,
            safety == nil || safety == error.retrySafety
        else {
            let wanted = codes.map(\.rawValue).joined(separator: " or ")
            let more = [phase?.rawValue, safety?.rawValue].compactMap(\.self).joined(separator: ", ")
            throw ConformanceFailure(
                "\(what): \(wanted)\(more.isEmpty ? "" : " (\(more))") was expected, and \(error.code.rawValue) "
                    + "(\(error.phase.rawValue), \(error.retrySafety.rawValue)) came: \(error)")
        }
    }

    /// Fails unless the whole exchange works after what went before.
    public func stillWorks(_ call: Call, _ expected: String) async throws {
        try equal(try await text(call), expected, "the next exchange")
    }

    /// Whether the transport has a feature over this way.
    public func has(_ feature: Feature) -> Bool { transport.capabilities(over: way.protocols).has(feature) }
}
