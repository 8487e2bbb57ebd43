import NativeH2Transport
import TestKit
import Testing
import TransportCore

/// Rate caps. That they are no slower than they should be is for people to see; that they hold is for tests.
@Suite("NativeH2Transport, rate caps")
struct RateTests {
    let transport = NativeH2Transport()
    private static let clock = ContinuousClock()

    @Test(
        "a download is held to its rate, live and buffered, over every protocol", .requires(.nginx), arguments: Way.all,
        [true, false])
    func download(_ way: Way, live: Bool) async throws {
        let nginx = try await NginxServer.shared()
        var sending = Sending(nginx.url("/bytes/65536", way.door)).trusting(nginx.ca).over(way.protocols)
        sending.options.rates = RateCaps(receive: 262_144)
        if live { sending = sending.prompt }
        let start = Self.clock.now
        let response = try await transport.send(sending)
        #expect(try await response.body.collect(upTo: .max) == NginxServer.pattern(65_536))
        #expect(Self.clock.now - start >= .milliseconds(245))
        // The connection is as good as ever.
        sending.options.rates = RateCaps()
        #expect(try await transport.send(sending).body.collect(upTo: .max) == NginxServer.pattern(65_536))
    }

    @Test(
        "an upload is held to its rate, from memory and from a stream, over every protocol", .requires(.nginx),
        arguments: Way.all, [true, false])
    func upload(_ way: Way, streamed: Bool) async throws {
        let nginx = try await NginxServer.shared()
        let name = "rate-\(way.door)-\(way.protocols.rawValue)-\(streamed)"
        let body = streamed ? RequestBody.pattern(65_536) : .bytes(NginxServer.pattern(65_536))
        var sending = Sending(nginx.url("/upload/\(name)", way.door), .put, body: body)
        sending.options.rates = RateCaps(send: 262_144)
        let start = Self.clock.now
        let response = try await transport.send(sending.trusting(nginx.ca).over(way.protocols))
        #expect(Self.clock.now - start >= .milliseconds(225))
        #expect(response.status.code == 201 || response.status.code == 204)
        #expect(nginx.uploaded(name) == NginxServer.pattern(65_536))
    }

    @Test("a capped exchange ends at once when it is cancelled, and spares its neighbours", .requires(.nginx))
    func cancelled() async throws {
        let nginx = try await NginxServer.shared()
        var slow = Sending(nginx.url("/bytes/65536", .tls)).trusting(nginx.ca)
        slow.options.rates = RateCaps(receive: 1)
        let response = try await transport.send(slow.prompt)
        response.body.cancel()
        await #expect(throws: TransportError.self) { try await response.body.collect(upTo: .max) }
        let quick = try await transport.send(Sending(nginx.url("/1k", .tls)).trusting(nginx.ca))
        #expect(quick.connection.id == response.connection.id)
        #expect(quick.body.whole == NginxServer.pattern(1024))
    }

    @Test("a cap does not make an exchange look stalled", .requires(.nginx))
    func noTimeout() async throws {
        let nginx = try await NginxServer.shared()
        var sending = Sending(nginx.url("/bytes/1000", .tls)).trusting(nginx.ca)
        sending.options.rates = RateCaps(receive: 4_000)
        sending.options.timeouts.idleRead = .milliseconds(30)
        #expect(try await transport.send(sending).body.whole == NginxServer.pattern(1_000))
    }
}
