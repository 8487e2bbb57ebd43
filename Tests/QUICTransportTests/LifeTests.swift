import QUICTransport
import TestKit
import Testing
import TransportCore

@Suite("QUICTransport, timeouts, cancelling and the end of its life", .requiresPeers)
struct LifeTests {
    let transport = QUICTransport()

    private func with(_ change: (inout Timeouts) -> Void) -> ExchangeOptions {
        var options = ExchangeOptions()
        options.timeouts = .none
        change(&options.timeouts)
        return options
    }

    private func check(
        _ call: Sending, _ code: TransportError.Code, _ phase: TransportError.Phase, _ safety: RetrySafety,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let error = try await transport.failure(of: call)
        #expect(error.code == code, "\(error)", sourceLocation: location)
        #expect(error.phase == phase, sourceLocation: location)
        #expect(error.retrySafety == safety, sourceLocation: location)
        #expect(error.elapsed ?? .zero >= .milliseconds(20), sourceLocation: location)
        #expect(error.elapsed ?? .seconds(9) < .seconds(5), sourceLocation: location)
    }

    @Test("each timeout has its own code and phase")
    func timeouts() async throws {
        let limit = Duration.milliseconds(120)
        // A relay to nobody: what is sent is lost.
        let hole = try UDPRelay(to: 9, .init(both: .init(passes: 0)))
        let nobody = Sending(hole.url("/")).with { $0.connect.family = .ipv4 }
        try await check(nobody.with { $0.options = with { $0.connect = limit } }, .connectTimeout, .connect, .notSent)
        try await check(nobody.with { $0.options = with { $0.attempt = limit } }, .attemptTimeout, .connect, .notSent)
        let deadline = SystemClock().now.advanced(by: limit)
        try await check(nobody.with { $0.deadline = deadline }, .totalTimeout, .connect, .notSent)
        // The server asks for proof of the address, and is not heard after that.
        let wary = try await onThread { try AioquicServer(.retry) }
        let half = try UDPRelay(to: wary.port, .init(toClient: .init(passes: 1)))
        let begun = try await Peer.aioquic.call("/echo").through(half)
        try await check(begun.with { $0.options = with { $0.tls = limit } }, .tlsTimeout, .tls, .notSent)
        let hanging = try await Peer.aioquic.call("/hang")
        try await check(
            hanging.with { $0.options = with { $0.firstByte = limit } }, .firstByteTimeout, .head, .maybeProcessed)
        let stalled = try await Peer.aioquic.call("/stall")
        try await check(
            stalled.with { $0.options = with { $0.idleRead = limit } }, .idleReadTimeout, .body, .processed)
        let slow = try await Peer.caddy.call("/upload?ms=2000", .post, body: .pattern(64 << 20)).with {
            $0.options = with { $0.idleWrite = limit }
        }
        try await check(slow, .idleWriteTimeout, .send, .maybeProcessed)
    }

    @Test("dropping a response ends its stream, and spares the neighbours")
    func dropped() async throws {
        let neighbour = try await transport.send(try await Peer.aioquic.call("/drip?count=20&ms=10").prompt)
        for _ in 0..<10 {
            let response = try await transport.send(try await Peer.aioquic.call("/bytes?size=5000000").prompt)
            #expect(response.connection.id == neighbour.connection.id)
            var iterator = response.body.makeAsyncIterator()
            #expect(try await iterator.next()?.isEmpty == false)
        }
        #expect(try await neighbour.body.collect(upTo: 100).count == 20)
        let state = try await transport.send(try await Peer.aioquic.call("/state"))
        #expect(state.connection.id == neighbour.connection.id)
        // H3_REQUEST_CANCELLED (RFC 9114 §4.1.1)
        #expect(try await state.text().contains("268"))
    }

    @Test("cancelling a task ends its exchange in every phase")
    func cancelled() async throws {
        for path in ["/hang", "/stall", "/bytes?size=100000000"] {
            let call = try await Peer.aioquic.call(path)
            let log = EventLog()
            let begun = try Signal()
            let exchange = try call.exchange { event in
                log.sink(event)
                if case .requestSent = event.kind { begun.fire() }
            }
            let task = Task { try await transport.send(exchange) }
            try await begun.wait()
            task.cancel()
            let result = await task.result
            #expect(throws: TransportError.self) { try result.get() }
        }
        let hole = try UDPRelay(to: 9, .init(both: .init(passes: 0)))
        let task = Task { try await transport.send(Sending(hole.url("/")).with { $0.connect.family = .ipv4 }) }
        await hole.came(1, .toServer)
        task.cancel()
        let result = await task.result
        let error = #expect(throws: TransportError.self) { try result.get() }
        #expect(error?.code == .cancelled)
        #expect(error?.retrySafety == .notSent)
        #expect(try await transport.send(try await Peer.aioquic.call("/echo")).status == .ok)
    }

    @Test("a reader that stalls makes the server wait, and gets everything in the end")
    func backpressure() async throws {
        let size = 20_000_000
        let response = try await transport.send(try await Peer.aioquic.call("/bytes?size=\(size)").prompt)
        var iterator = response.body.makeAsyncIterator()
        var count = try await iterator.next()?.count ?? 0
        // Others go on meanwhile: the connection's window is not the stalled reader's.
        for _ in 0..<5 { #expect(try await transport.send(try await Peer.aioquic.call("/echo")).status == .ok) }
        while let chunk = try await iterator.next() { count += chunk.count }
        #expect(count == size)
    }

    @Test("rates are kept, both ways")
    func rates() async throws {
        let size = 60_000
        for call in [
            try await Peer.aioquic.call("/bytes?size=\(size)").with { $0.options.rates = RateCaps(receive: 200_000) },
            try await Peer.aioquic.call("/upload", .post, body: .pattern(size)).with {
                $0.options.rates = RateCaps(send: 200_000)
            },
        ] {
            let began = SystemClock().now
            let response = try await transport.send(call)
            let body = try await response.body.collect(upTo: .max)
            #expect(call.method == .post ? !body.isEmpty : body == NginxServer.pattern(size))
            let took = began.duration(to: SystemClock().now)
            #expect(took > .milliseconds(150), "\(took)")
            #expect(took < .seconds(3), "\(took)")
        }
    }

    @Test("a body of the wrong length, or that fails, ends the exchange")
    func badBodies() async throws {
        let short = try await Peer.aioquic.call("/upload", .post, body: .chunks([[1, 2]], length: 3))
        #expect(try await transport.failure(of: short).code == .bodyLengthMismatch)
        let failing = try await Peer.aioquic.call(
            "/upload", .post, body: .chunks([[1, 2]], failing: TestKitError("out of bytes")))
        let error = try await transport.failure(of: failing)
        #expect(error.code == .bodyFailed)
        #expect(error.underlying is TestKitError)
    }

    @Test("shutting down lets what is under way end, refuses the rest, and cancels at the deadline")
    func shutdown() async throws {
        let transport = QUICTransport()
        let call = try await Peer.aioquic.call("/drip?count=5&ms=20").prompt
        let response = try await transport.send(call)
        async let done: Void = transport.shutdown(by: nil)
        #expect(try await response.body.collect(upTo: 10).count == 5)
        await done
        #expect(try await transport.failure(of: call).code == .closed)

        let other = QUICTransport()
        let hanging = try await other.send(try await Peer.aioquic.call("/stall").prompt)
        await other.shutdown(by: SystemClock().now.advanced(by: .milliseconds(50)))
        let error = await #expect(throws: TransportError.self) { try await hanging.body.collect(upTo: 10) }
        #expect(error?.code == .closed)
    }

    @Test("a transport that is dropped ends its threads and says goodbye")
    func drop() async throws {
        let relay = try UDPRelay(to: try await Peer.aioquic.port)
        var transport: QUICTransport? = QUICTransport()
        let response = try await transport?.send(try await Peer.aioquic.call("/echo").through(relay))
        #expect(response?.status == .ok)
        let sent = await relay.count(.toServer)
        transport = nil
        // CONNECTION_CLOSE
        await relay.came(sent + 1, .toServer)
    }
}
