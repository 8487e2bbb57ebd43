import IOLoop
import QUICTransport
import TestKit
import Testing
import TransportCore

@Suite("QUICTransport, what goes wrong", .requiresPeers)
struct FaultTests {
    let transport = QUICTransport()

    private func failure(of path: String, _ change: (inout Sending) -> Void = { _ in }) async throws -> TransportError {
        try await transport.failure(of: try await Peer.aioquic.call(path).with(change))
    }

    /// The transport is of use after what went wrong.
    private func checkHealth() async throws {
        #expect(try await transport.send(try await Peer.aioquic.call("/echo")).status == .ok)
    }

    // MARK: Streams

    @Test(
        "the codes of a reset stream have their meanings",
        arguments: [
            ("0x10b", TransportError.Code.streamRefused, RetrySafety.notSent),
            ("0x110", .olderVersionWanted, .notSent),
            ("0x102", .streamReset, .maybeProcessed),
            ("0x10c", .streamReset, .maybeProcessed),
            ("0xbeef", .streamReset, .maybeProcessed),
        ])
    func resets(_ code: String, _ expected: TransportError.Code, _ safety: RetrySafety) async throws {
        let error = try await failure(of: "/reset?code=\(code)")
        #expect(error.code == expected, "\(error)")
        #expect(error.retrySafety == safety)
        try await checkHealth()
    }

    @Test("a response that is reset in its body is not a whole one")
    func resetInBody() async throws {
        let error = try await failure(of: "/reset?head=1&code=0x10b") { $0.delivery = .prompt }
        #expect(error.code == .streamReset || error.code == .streamRefused, "\(error)")
        #expect(error.retrySafety == .processed)
        try await checkHealth()
    }

    @Test(
        "a malformed response is an error of its stream alone",
        arguments: [
            ":status=abc", ":status=200&content-length=5", ":status=200&Upper=1", ":status=200&connection=close",
            "x=1", ":status=200&:status=200", ":status=200&x=1&:late=1", ":status=200&:path=x", ":status=101",
        ])
    func malformed(_ head: String) async throws {
        let path = "/encoded?\(head)"
        let other = try await transport.send(try await Peer.aioquic.call("/drip?count=3&ms=20").prompt)
        let error = try await failure(of: path)
        #expect(error.code == .malformedResponse, "\(head): \(error)")
        #expect(try await other.body.collect(upTo: 10) == bytes("***"))
        try await checkHealth()
    }

    @Test("a stream that ends without a response")
    func empty() async throws {
        let error = try await failure(of: "/raw?end=1")
        // nghttp3 0.8 takes it for a violation by the connection.
        #expect([.malformedResponse, .streamReset, .protocolViolation].contains(error.code), "\(error)")
        try await checkHealth()
    }

    @Test(
        "frames where they must not be end the connection, and the next one is good",
        arguments: [
            // DATA first; SETTINGS on a request stream; a length that is too long for the stream's end
            "/raw?hex=0001ff&end=1", "/raw?hex=0400&end=1",
            // QPACK: a reference into a table that is empty; a table beyond what we allow; the end of its stream
            "/raw-encoder?silent=1&hex=8000", "/raw-encoder?silent=1&hex=3fe1ff7f", "/raw-encoder?silent=1&end=1",
            // the end of the control stream
            "/raw-control?silent=1&end=1",
            // DATA, HEADERS, and a second SETTINGS on the control stream; MAX_PUSH_ID from a server
            "/raw-control?silent=1&hex=0000", "/raw-control?silent=1&hex=0100", "/raw-control?silent=1&hex=0400",
            "/raw-control?silent=1&hex=0d0100",
        ])
    func frames(_ path: String) async throws {
        let error = try await failure(of: path)
        #expect(error.code == .protocolViolation, "\(path): \(error)")
        try await checkHealth()
    }

    @Test("frames of types that nobody knows are passed over (RFC 9114 §9)")
    func unknown() async throws {
        #expect(try await transport.send(try await Peer.aioquic.call("/raw-control?hex=210401020304")).status == .ok)
        try await checkHealth()
    }

    @Test("too large a head is refused, by the exchange's limit")
    func largeHead() async throws {
        let error = try await failure(of: "/fields?x-a=\(String(repeating: "a", count: 2_000))") {
            $0.options.limits.head = 1_000
        }
        #expect(error.code == .headTooLarge, "\(error)")
        try await checkHealth()
    }

    // MARK: Connections

    @Test("GOAWAY: what it leaves out was not acted on, and the next request has a new connection")
    func goAway() async throws {
        let first = try await transport.send(try await Peer.aioquic.call("/echo"))
        // GOAWAY with identifier 0.
        let error = try await failure(of: "/raw-control?silent=1&hex=070100")
        #expect(error.code == .goAway, "\(error)")
        #expect(error.retrySafety == .notSent)
        let next = try await transport.send(try await Peer.aioquic.call("/echo"))
        #expect(next.connection.id != first.connection.id)
    }

    @Test("a connection that the server closes")
    func closed() async throws {
        let error = try await failure(of: "/close?code=0x102")
        #expect(error.code == .connectionClosed, "\(error)")
        #expect(error.retrySafety == .maybeProcessed)
        try await checkHealth()
    }

    @Test("a server that vanishes is found out by the timeouts of the exchange")
    func vanishes() async throws {
        let error = try await failure(of: "/vanish") { $0.options.timeouts.firstByte = .milliseconds(200) }
        #expect(error.code == .firstByteTimeout, "\(error)")
        #expect(error.retrySafety == .maybeProcessed)
        // The connection is suspect: the next request has another.
        try await checkHealth()
    }

    @Test("a server that is gone is found out by its port")
    func gone() async throws {
        let server = try await onThread { try AioquicServer() }
        let call = Sending(server.url("/echo")).trusting(server.ca).with { $0.connect.family = .ipv4 }
        #expect(try await transport.send(call).status == .ok)
        try await onThread { server.stop() }
        let error = try await transport.failure(of: call)
        #expect([.connectionReset, .connectionRefused].contains(error.code), "\(error)")
        let second = try await transport.failure(of: call)
        #expect(second.code == .connectionRefused, "\(second)")
        #expect(second.phase == .connect)
        #expect(second.retrySafety == .notSent)
    }

    @Test("a host without addresses, a refused address, the wrong family")
    func addresses() async throws {
        let call = Sending("https://nowhere.invalid/")
        #expect(try await transport.failure(of: call).code == .hostNotFound)
        let denied = Sending("https://127.0.0.1/").with { $0.connect.rules = AddressRules(deniesPrivate: true) }
        #expect(try await transport.failure(of: denied).code == .addressRefused)
        let family = Sending("https://127.0.0.1/").with { $0.connect.family = .ipv6 }
        #expect(try await transport.failure(of: family).code == .hostNotFound)
    }

    @Test("the second address is tried when nobody answers at the first")
    func race() async throws {
        let call = try await Peer.aioquic.call("/echo").with {
            $0.connect.family = .any
            $0.connect.overrides = [
                AddressOverride(
                    host: nil, port: nil,
                    target: .addresses([IPAddress("127.0.0.2"), IPAddress("127.0.0.1")].compactMap(\.self)))
            ]
        }
        #expect(try await transport.send(call).status == .ok)
    }

    // MARK: What it cannot do

    @Test("what lacks is refused before a byte is sent")
    func unsupported() async throws {
        let call = Sending("https://127.0.0.1:1/")
        for other in [
            Sending("http://127.0.0.1:1/"), call.over(.http1), call.over([.http1, .http2]),
            call.with { $0.proxy = ProxyOptions(.http, host: "127.0.0.1", port: 1) },
            call.with { $0.proxy = ProxyOptions(.socks5, host: "127.0.0.1", port: 1) },
            call.with { $0.connect.unixSocket = "/tmp/x.sock" }, call.with { $0.tls.maximumVersion = .tls12 },
            call.with { $0.method = .connect },
        ] {
            let error = try await transport.failure(of: other)
            #expect(error.code == .unsupported, "\(error)")
            #expect(error.retrySafety == .notSent)
        }
        #expect(transport.capabilities(over: .automatic).has([.http3, .earlyData, .rateCaps, .requestTrailers]))
        #expect(transport.capabilities(over: .http1).features == [])
    }
}
