import AutomaticTransport
import TestKit
import Testing
import TransportCore

/// With real servers: Caddy speaks HTTP/1.1, HTTP/2 and HTTP/3 on one port, and announces it.
@Suite("HTTP/3 by itself, with Caddy")
struct CaddyTests {
    private func call(_ server: CaddyServer, _ path: String = "/1k") -> Sending {
        // "localhost" may be ::1 first, and it listens on IPv4.
        Sending(server.url(path)).trusting(server.ca).with { $0.connect.family = .ipv4 }
    }

    /// Sends, and gives the version and what was told.
    private func send(
        _ sending: Sending, over transport: AutomaticTransport
    ) async throws -> (version: HTTPVersion, notes: [String]) {
        let notes = Notes()
        let response = try await transport.send(sending.exchange { notes.observe($0) })
        #expect(response.status == .ok)
        return (response.version, notes.all)
    }

    @Test("the first request goes over HTTP/2, the next over HTTP/3, and all that follow", .requires(.caddy))
    func upgrade() async throws {
        let server = try await CaddyServer.shared()
        let transport = AutomaticTransport()
        let first = try await send(call(server), over: transport)
        #expect(first.version == .http2)
        #expect(first.notes.last == "Alt-Svc: h3=localhost:\(server.port) is remembered for the next request")
        let second = try await send(call(server), over: transport)
        #expect(second.version == .http3, "\(second.notes)")
        #expect(second.notes.last?.hasPrefix("HTTP/3 used: h3=localhost:\(server.port) stood first") == true)
        let protocols = try await transport.send(call(server, "/protocol")).text()
        #expect(protocols == "HTTP/3.0")
        for _ in 0..<20 { #expect(try await send(call(server), over: transport).version == .http3) }
        await transport.shutdown(by: nil)
    }

    @Test("a hundred requests at once to an origin that is known: all over HTTP/3, after one race", .requires(.caddy))
    func burst() async throws {
        let server = try await CaddyServer.shared()
        let cache = MemoryAltSvcCache()
        cache.preload(try HTTPURL(server.url("/")).origin)
        let transport = AutomaticTransport(configuration: .init(cache: cache))
        let connections = try await withThrowingTaskGroup(of: (HTTPVersion, UInt64).self) { group in
            for _ in 0..<100 {
                group.addTask {
                    let response = try await transport.send(call(server))
                    return (response.version, response.connection.id)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(connections.allSatisfy { $0.0 == .http3 })
        #expect(Set(connections.map(\.1)).count == 1)
        await transport.shutdown(by: nil)
    }

    @Test("UDP that goes nowhere: requests go over HTTP/2 after the head start", .requires(.caddy))
    func blackholed() async throws {
        let server = try await CaddyServer.shared()
        let relay = try UDPRelay(to: server.port)
        await relay.blackhole()
        let cache = MemoryAltSvcCache()
        cache.preload(try HTTPURL(server.url("/")).origin, at: AltService(host: "localhost", port: Int(relay.port)))
        let transport = AutomaticTransport(configuration: .init(cache: cache))
        let start = SystemClock().now
        let first = try await send(call(server), over: transport)
        #expect(first.version == .http2)
        #expect(first.notes.contains { $0.contains("did not stand after") })
        for _ in 0..<50 { #expect(try await send(call(server), over: transport).version == .http2) }
        // 300 ms, and what a busy machine adds.
        #expect(start.duration(to: SystemClock().now) < .seconds(3))
        await transport.shutdown(by: SystemClock().now)
    }

    @Test("UDP killed in the middle: requests go on over HTTP/2", .requires(.caddy))
    func killed() async throws {
        let server = try await CaddyServer.shared()
        let relay = try UDPRelay(to: server.port)
        let cache = MemoryAltSvcCache()
        cache.preload(try HTTPURL(server.url("/")).origin, at: AltService(host: "localhost", port: Int(relay.port)))
        var configuration = AutomaticTransport.Configuration(cache: cache)
        configuration.quic.answerTimeout = .milliseconds(700)
        let transport = AutomaticTransport(configuration: configuration)
        for _ in 0..<3 { #expect(try await send(call(server), over: transport).version == .http3) }
        await relay.blackhole()
        // What was under way may have been acted on, and is told so.
        let failure = try await transport.failure(of: call(server))
        #expect(failure.code == .connectionClosed)
        #expect(failure.retrySafety == .maybeProcessed)
        #expect(failure.reusedConnection)
        let next = try await send(call(server), over: transport)
        #expect(next.version == .http2)
        // The way may be good again, so it was tried; for as long as it had once taken.
        #expect(next.notes.contains { $0.contains("did not stand after") }, "\(next.notes)")
        let start = SystemClock().now
        for _ in 0..<20 { #expect(try await send(call(server), over: transport).version == .http2) }
        #expect(start.duration(to: SystemClock().now) < .seconds(3))
        await transport.shutdown(by: SystemClock().now)
    }

    @Test("nobody listens at the alternative: TCP at once", .requires(.caddy))
    func refused() async throws {
        let server = try await CaddyServer.shared()
        // Free for TCP, and hardly taken for UDP.
        let port = Int(try #require(try Loopback.freePorts(1).first))
        let cache = MemoryAltSvcCache()
        cache.preload(try HTTPURL(server.url("/")).origin, at: AltService(host: "localhost", port: port))
        let transport = AutomaticTransport(configuration: .init(cache: cache))
        let first = try await send(call(server), over: transport)
        #expect(first.version == .http2)
        #expect(first.notes.last { $0.hasPrefix("HTTP/3 not used") }?.contains("left alone for 300 s") == true)
        await transport.shutdown(by: nil)
    }

    @Test("an alternative with a certificate for another name is not used", .requires(.caddy))
    func wrongCertificate() async throws {
        let server = try await CaddyServer.shared()
        let ca = try ThrowawayCA.shared()
        let other = try await onThread { () throws(TestKitError) in try CaddyServer(identity: ca.wrongHost) }
        let cache = MemoryAltSvcCache()
        cache.preload(try HTTPURL(server.url("/")).origin, at: AltService(host: "127.0.0.1", port: Int(other.port)))
        let transport = AutomaticTransport(configuration: .init(cache: cache))
        let first = try await send(call(server), over: transport)
        #expect(first.version == .http2)
        #expect(first.notes.contains { $0.contains("127.0.0.1:\(other.port)") && $0.contains("left alone") })
        // One with a certificate for the origin is, on another host as well.
        let twin = try await onThread { () throws(TestKitError) in try CaddyServer() }
        cache.exclude(try HTTPURL(server.url("/")).origin)
        cache.preload(try HTTPURL(server.url("/")).origin, at: AltService(host: "127.0.0.1", port: Int(twin.port)))
        let second = try await send(call(server), over: transport)
        #expect(second.version == .http3, "\(second.notes)")
        await transport.shutdown(by: nil)
        other.stop()
        twin.stop()
    }

    @Test("a server that speaks HTTP/1.1 alone is served over that", .requires(.nginx))
    func onlyHTTP1() async throws {
        let server = try await NginxServer.shared()
        let transport = AutomaticTransport()
        for _ in 0..<2 {
            let response = try await transport.send(
                Sending(server.url("/1k")).with { $0.connect.family = .ipv4 })
            #expect(response.version == .http11)
        }
        await transport.shutdown(by: nil)
    }

    @Test("a server that starts anew, and has lost its keys for early data, is served all the same", .requires(.caddy))
    func restart() async throws {
        var configuration = AutomaticTransport.Configuration()
        configuration.quic.answerTimeout = .milliseconds(700)
        let transport = AutomaticTransport(configuration: configuration)
        let first = try await onThread { () throws(TestKitError) in try CaddyServer() }
        let early = { (server: CaddyServer) in
            self.call(server).with { $0.options.earlyData = true }
        }
        for version in [HTTPVersion.http2, .http3, .http3] {
            #expect(try await send(early(first), over: transport).version == version)
        }
        first.stop()
        let second = try await onThread { () throws(TestKitError) in try CaddyServer(after: first) }
        // The first may find its connection dead: then it is told that it may have been acted on, or was not sent.
        do { _ = try await send(early(second), over: transport) } catch let error as TransportError {
            #expect(error.reusedConnection, "\(error)")
        }
        for _ in 0..<3 { #expect(try await send(early(second), over: transport).version == .http3) }
        second.stop()
        await transport.shutdown(by: SystemClock().now)
    }
}
