import HTTP3Engine
import HTTPTypes
import QUICEngine
import QUICLink
import TLSEngine
import Testing
import Wire

@Suite("HTTP/3: the life of a connection")
struct ConnectionTests {
    private func link(_ change: (inout LinkSetup) -> Void = { _ in }) throws -> (HTTP3Link, Answers) {
        let link = try HTTP3Link(LinkSetup.make(change))
        let answers = Answers()
        link.onServer = answers.take
        link.onClient = { event, client in
            if case .data(let stream, let bytes, _) = event { client.consume(bytes.count, of: stream) }
        }
        return (link, answers)
    }

    private func answers(_ link: HTTP3Link) throws -> Bool {
        let stream = try link.client.request(get("/alive"))
        return link.run { link.clientEvents.outcome(of: stream).ended }
    }

    @Test("a server that asks for proof of the address gets it, and a token spares it the next time")
    func retry() throws {
        var setup = LinkSetup()
        setup.listener.retry = .always
        let link = try HTTP3Link(setup)
        let server = Answers()
        link.onServer = server.take
        #expect(link.connect() && link.clientEvents.contains(.quic(.retried)))
        #expect(try answers(link))
        var token: [UInt8] = []
        for case .quic(.newToken(let bytes)) in link.clientEvents { token = bytes }
        #expect(!token.isEmpty)
        setup.token = token
        link.replace(try HTTP3Link.client(setup, at: link.now))
        #expect(link.run { link.client.quic.handshake != nil } && !link.clientEvents.contains(.quic(.retried)))
        // Nobody else's token, and none that was changed.
        token[20] ^= 1
        setup.token = token
        link.replace(try HTTP3Link.client(setup, at: link.now))
        #expect(link.run { link.client.quic.handshake != nil } && link.clientEvents.contains(.quic(.retried)))
    }

    @Test("a version that the server does not speak is given up for one that it does")
    func versions() throws {
        let (link, _) = try link { $0.options.version = .reserved }
        #expect(link.connect())
        #expect(link.clientEvents.contains(.quic(.versionChanged(from: .reserved, to: .v1))))
        #expect(try answers(link))
    }

    @Test("a server without a version of ours is told apart, and a forged offer is not believed")
    func noVersion() throws {
        let other = QUICVersion(rawValue: 0xFF00_0099)
        let (link, _) = try link {
            $0.options.version = .reserved
            $0.listener.versions = [other]
        }
        #expect(link.run { link.client.quic.closing != nil })
        #expect(link.client.quic.closing?.cause == .versionNegotiation([other]))
        #expect(link.client.quic.closing?.afterHandshake == false)
    }

    @Test("keys change in the middle of a transfer")
    func keyUpdate() throws {
        let (link, _) = try link()
        #expect(link.connect() && link.run { link.client.quic.isConfirmed })
        let stream = try link.client.request(get("/bytes/500000"))
        var updates = 0
        let consume = link.onClient
        link.onClient = { event, client in
            consume(event, client)
            if case .data = event, updates < 3, client.quic.updateKeys(at: link.now) { updates += 1 }
        }
        #expect(link.run { link.client.openStreams == 0 })
        #expect(updates >= 1 && link.clientEvents.contains(.quic(.keysUpdated)))
        #expect(link.clientEvents.outcome(of: stream).body == (0..<500_000).map(Answers.byte))
    }

    @Test("a server that forgot the connection resets it, and a forged reset does nothing")
    func statelessReset() throws {
        let (link, _) = try link()
        #expect(link.connect() && link.run { link.client.quic.isConfirmed })
        var forged = [UInt8](repeating: 0x5A, count: 60)
        forged[0] = 0x40
        link.client.receive(forged.span, at: link.now)
        #expect(link.client.quic.closing == nil)
        #expect(try answers(link))
        if let server = link.servers.last { link.forget(server.quic) }
        let stream = try link.client.request(get())
        #expect(link.run { link.client.quic.closing != nil })
        #expect(link.client.quic.closing?.cause == .statelessReset)
        link.run(for: .milliseconds(1))
        #expect(link.clientEvents.outcome(of: stream).closing?.cause == .connection)
    }

    @Test("the client moves to another address and goes on")
    func migration() throws {
        let (link, _) = try link()
        #expect(link.connect() && link.run { link.client.quic.isConfirmed })
        link.run(for: .milliseconds(100))
        let stream = try link.client.request(get("/bytes/400000"))
        link.run(for: .milliseconds(15))
        let moved = Contexts.address(9, port: 41_000)
        try link.client.quic.migrate(to: moved, at: link.now)
        #expect(link.run { link.client.openStreams == 0 })
        #expect(link.clientEvents.outcome(of: stream).body.count == 400_000)
        #expect(link.client.quic.path?.local == moved)
        #expect(
            link.clientEvents.contains(
                .quic(.path(QUICPath(local: moved, remote: Contexts.path.remote), isValid: true))))
        let error = #expect(throws: QUICError.self) { try link.client.quic.migrate(to: moved, at: link.now) }
        #expect(error?.code == .migrationRefused)
    }

    @Test("a NAT that changes the client's address is survived")
    func rebinding() throws {
        let (link, _) = try link()
        #expect(link.connect() && link.run { link.client.quic.isConfirmed })
        link.run(for: .milliseconds(100))
        let moved = Contexts.address(1, port: 49_999)
        link.client.quic.rebind(to: moved)
        #expect(try answers(link))
        link.run(for: .milliseconds(500))
        #expect(link.servers.first?.quic.path?.remote == moved)
    }

    @Test("GOAWAY: what runs ends, what comes later is rejected, and the client opens nothing more")
    func goAway() throws {
        let (link, answers) = try link()
        #expect(link.connect())
        let running = try link.client.request(get("/bytes/200000"))
        #expect(link.run { answers.requests.count == 1 })
        link.servers.first?.announceShutdown()
        link.servers.first?.goAway()
        let late = try link.client.request(get("/late"))
        #expect(link.run { link.client.openStreams == 0 })
        #expect(link.clientEvents.outcome(of: running).closing?.cause == .complete)
        let closing = try #require(link.clientEvents.outcome(of: late).closing)
        #expect(closing.isUnprocessed)
        #expect(!link.client.takesStreams && link.client.isOver && answers.requests.count == 1)
        link.client.goAway()
        link.client.goAway()
    }

    @Test("nothing heard: the connection ends when its idle time is over, and a PING keeps it")
    func idle() throws {
        let (link, _) = try link { $0.options.idleTimeout = .seconds(5) }
        #expect(link.connect())
        #expect(link.run(for: .seconds(20)) { link.client.quic.closing != nil })
        #expect(link.client.quic.closing?.cause == .idle)
        let (kept, _) = try self.link {
            $0.options.idleTimeout = .seconds(5)
            $0.options.keepAlive = .seconds(2)
        }
        #expect(kept.connect())
        kept.run(for: .seconds(60))
        #expect(kept.client.quic.closing == nil)
    }

    @Test("a PING is answered, and a silent peer shows")
    func ping() throws {
        let (link, _) = try link()
        #expect(link.connect())
        link.run(for: .seconds(1))
        #expect(link.client.quic.waitingSince == nil)
        let before = link.client.quic.lastHeard
        link.client.quic.ping(at: link.now)
        link.run(for: .milliseconds(200))
        #expect(link.client.quic.lastHeard > before)
        link.network.plan.holesUp = true
        let sentAt = link.now
        link.client.quic.ping(at: link.now)
        link.run(for: .seconds(1))
        #expect(link.client.quic.waitingSince == sentAt)
    }

    @Test("a server that never answers, or vanishes in the middle, ends in a typed close")
    func vanished() throws {
        let (silent, _) = try link { $0.plan.holesUp = true }
        #expect(silent.run(for: .seconds(30)) { silent.client.quic.closing != nil })
        #expect(silent.client.quic.closing?.cause == .handshakeTimeout)
        let (half, _) = try link()
        #expect(half.run { !half.network.sentDown.isEmpty })
        half.network.plan.holesDown = true
        #expect(half.run(for: .seconds(40)) { half.client.quic.closing != nil })
        let (gone, _) = try link { $0.options.idleTimeout = .seconds(3) }
        #expect(gone.connect())
        let stream = try gone.client.request(get("/bytes/3000000"))
        gone.run(for: .milliseconds(20))
        gone.vanish()
        #expect(gone.run { gone.client.quic.closing != nil })
        gone.run(for: .milliseconds(1))
        #expect(gone.clientEvents.outcome(of: stream).closing?.cause == .connection)
        #expect(gone.client.quic.closing?.cause == .idle)
    }

    @Test("either side's close reaches the other with code and words")
    func closes() throws {
        let (link, _) = try link()
        #expect(link.connect())
        let stream = try link.client.request(get("/bytes/5000000"))
        link.run(for: .milliseconds(30))
        link.servers.first?.close(.internalError, reason: "bye", at: link.now)
        #expect(link.run { link.client.quic.closing != nil })
        link.run(for: .milliseconds(1))
        let closing = try #require(link.clientEvents.failure?.closing)
        #expect(closing.cause == .peerApplication && closing.code == 0x102 && closing.reason == "bye")
        #expect(closing.isByPeer && closing.afterHandshake)
        #expect(link.clientEvents.outcome(of: stream).closing?.cause == .connection)
        let (other, _) = try self.link()
        #expect(other.connect())
        other.client.close(at: other.now)
        other.client.close(at: other.now)
        #expect(other.run { other.servers.first?.quic.closing != nil })
        #expect(other.servers.first?.quic.closing?.cause == .peerApplication)
        #expect(other.client.isOver)
    }

    @Test("a path that carries 1,200 bytes and no more works, and a larger one is found out")
    func pathMTU() throws {
        let (small, _) = try link { $0.plan.largest = 1_200 }
        #expect(small.connect())
        let stream = try small.client.request(get("/bytes/300000"))
        #expect(small.run { small.client.openStreams == 0 })
        #expect(small.clientEvents.outcome(of: stream).body.count == 300_000)
        #expect(small.client.quic.statistics.datagram == 1_200)
        let (large, _) = try link()
        #expect(large.connect())
        large.run(for: .seconds(5))
        #expect(large.client.quic.statistics.datagram > 1_400)
    }

    @Test("secrets are told in the form of key log files, and qlog as JSON, if they are asked for")
    func logs() throws {
        let (link, _) = try link {
            $0.clientContext = try? Contexts.client { $0.logsKeys = true }
            $0.options.qlog = true
        }
        #expect(link.connect())
        var labels: Set<Substring> = []
        for case .quic(.keyLog(let line)) in link.clientEvents {
            let parts = line.split(separator: " ")
            #expect(parts.count == 3 && parts[1].count == 64)
            labels.insert(parts[0])
        }
        #expect(labels.isSuperset(of: ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"]))
        var text: [UInt8] = []
        link.client.quic.nextQlog(into: &text)
        let middle = text.count
        #expect(String(decoding: text, as: UTF8.self).contains("\"qlog_format\":\"JSON-SEQ\""))
        link.client.quic.finish(qlog: &text)
        #expect(text.count >= middle)
        #expect(link.client.nextOutput(into: &text, at: link.now) == nil)
    }
}
