import AltSvcTransport
import MockTransport
import Testing
import TransportCore

@Suite("Racing HTTP/3 against TCP")
struct RacingTests {
    @Test("the first request goes over HTTP/2, and the next over HTTP/3")
    func upgrade() async throws {
        let scene = Scene()
        let (first, learned) = try await scene.notes()
        #expect(first == .http2)
        #expect(
            learned == [
                "HTTP/3 not used: nothing says that https://a.example:443 speaks it",
                "Alt-Svc: h3=a.example:443 is remembered for the next request",
            ])
        let (second, notes) = try await scene.notes()
        #expect(second == .http3)
        #expect(
            notes == [
                "HTTP/3 at h3=a.example:443 is tried at once, and TCP 300 ms later",
                "HTTP/3 used: h3=a.example:443 stood first, after 0 ms",
            ])
        #expect(try await scene.send() == .http3)
        #expect(scene.steady.preconnects.isEmpty)
        #expect(scene.fast.preconnects.count == 1)
        #expect(scene.fast.preconnects.first?.route.connect.protocols == .http3)
        #expect(scene.steady.sent.count + scene.fast.sent.count == 3)
    }

    @Test("UDP that goes nowhere costs 300 ms, once, and HTTP/3 comes back after its back-off without a wait")
    func blackhole() async throws {
        let scene = Scene()
        try await scene.send()
        scene.udp.set(.blackhole)
        let start = scene.clock.now
        async let waiting = scene.notes()
        // The attempt, its time limit and the head start.
        await scene.clock.sleepers(3)
        scene.clock.advance(by: .milliseconds(299))
        #expect(scene.steady.sent.count == 1)
        scene.clock.advance(by: .milliseconds(1))
        let (version, notes) = try await waiting
        #expect(version == .http2)
        #expect(notes.last == "HTTP/3 not used: h3=a.example:443 did not stand after 300 ms, and TCP did")
        #expect(start.duration(to: scene.clock.now) == .milliseconds(300))
        // Decided: nobody waits any more.
        for _ in 0..<100 { #expect(try await scene.send() == .http2) }
        #expect(start.duration(to: scene.clock.now) == .milliseconds(300))
        #expect(scene.fast.preconnects.count == 1)
        scene.clock.advance(by: .milliseconds(3_700))
        try await broken(scene)
        let (_, later) = try await scene.notes()
        #expect(later == ["HTTP/3 not used: h3=a.example:443 failed once, and is left alone for another 300 s"])
        // The back-off is over, and UDP still goes nowhere: tried in the background, twice as long left alone.
        scene.clock.advance(by: .seconds(300))
        let (_, probing) = try await scene.notes()
        #expect(probing == ["HTTP/3 not used yet: h3=a.example:443 is being tried in the background"])
        await scene.clock.sleepers(2)
        scene.clock.advance(by: .seconds(4))
        try await broken(scene)
        #expect(scene.fast.preconnects.count == 2)
        // It lives again.
        scene.udp.set(.good)
        scene.clock.advance(by: .seconds(599))
        #expect(try await scene.send() == .http2)
        #expect(scene.fast.preconnects.count == 2)
        scene.clock.advance(by: .seconds(1))
        #expect(try await scene.send() == .http2)
        try await eventually { try await scene.send() == .http3 }
        #expect(scene.cache.alternatives(of: try get().route.origin, at: 0).map(\.failures) == [0])
    }

    /// Returns when the race under way has found HTTP/3 broken.
    private func broken(_ scene: Scene) async throws {
        let origin = try get().route.origin
        let now = scene.clock.wallSeconds
        try await eventually {
            let isBroken = scene.cache.alternatives(of: origin, at: now).contains { $0.isBroken(at: now) }
            let notes = try await scene.notes().notes
            return isBroken && notes.contains { $0.contains("left alone") }
        }
    }

    @Test("a thousand requests at once: one race decides for all, and each is sent once")
    func oneRace() async throws {
        for isBlackholed in [true, false] {
            let scene = Scene()
            scene.tcp.set(.slow(.milliseconds(20)))
            scene.udp.set(isBlackholed ? .blackhole : .slow(.milliseconds(40)))
            scene.cache.preload(try get().route.origin)
            let start = scene.clock.now
            let versions = try await withThrowingTaskGroup(of: HTTPVersion.self) { group in
                for _ in 0..<1_000 { group.addTask { try await scene.send() } }
                await scene.clock.sleepers(3)
                scene.clock.advance(by: isBlackholed ? .milliseconds(300) : .milliseconds(40))
                if isBlackholed {
                    // TCP's own connection.
                    await scene.clock.sleepers(3)
                    scene.clock.advance(by: .milliseconds(20))
                }
                return try await group.reduce(into: Set<HTTPVersion>()) { $0.insert($1) }
            }
            #expect(versions == [isBlackholed ? .http2 : .http3])
            #expect(start.duration(to: scene.clock.now) <= .milliseconds(350))
            #expect(scene.fast.preconnects.count == 1)
            #expect(scene.steady.preconnects.count == (isBlackholed ? 1 : 0))
            #expect(scene.fast.sent.count + scene.steady.sent.count == 1_000)
        }
    }

    @Test(
        "where HTTP/3 fails at once, TCP starts at once",
        arguments: [
            TransportError.Code.connectionRefused, .certificateInvalid, .tlsFailed, .hostNotFound, .addressRefused,
            .protocolRefused,
        ])
    func failsAtOnce(_ code: TransportError.Code) async throws {
        let scene = Scene()
        scene.cache.preload(try get().route.origin)
        scene.udp.set(.failing(error(code)))
        let (version, notes) = try await scene.notes()
        #expect(version == .http2)
        #expect(scene.clock.now == Instant(nanoseconds: 0))
        #expect(
            notes.contains(
                "HTTP/3 not used: h3=a.example:443: \(code.rawValue), says the mock; it is left alone for 300 s"))
        #expect(try await scene.send() == .http2)
        #expect(scene.fast.preconnects.count == 1)
    }

    @Test("the next alternative is tried when the first fails")
    func secondAlternative() async throws {
        let scene = Scene()
        let good = Box(false)
        let fast = MockTransport(
            clock: scene.clock, version: .http3,
            connect: { exchange throws(TransportError) in
                guard case .host("b.example", _) = exchange.route.connect.overrides.first?.target else {
                    throw error(.connectionRefused)
                }
                good.set(true)
            }, answer: { _ throws(TransportError) in MockResponse() })
        let transport = AltSvcTransport(
            fast: fast, steady: scene.steady, cache: scene.cache, configuration: .init(clock: scene.clock))
        scene.altSvc.set(#"h3=":443", h3="b.example:8443""#)
        _ = try await transport.send(try get())
        #expect(try await transport.send(try get()).version == .http3)
        #expect(good.current)
        let route = try #require(fast.sent.first?.exchange.route)
        // The certificate must be the origin's, and the name must not lead inside.
        #expect(route.origin.host == "a.example")
        #expect(route.tls.serverName == nil)
        #expect(route.connect.overrides.first?.target == .host("b.example", port: 8_443))
        #expect(route.connect.rules.deniesPrivate)
        let now = scene.clock.wallSeconds
        #expect(scene.cache.alternatives(of: route.origin, at: now).map { $0.isBroken(at: now) } == [true, false])
    }

    @Test("when both fail the error is that of TCP, and nothing was sent")
    func bothFail() async throws {
        let scene = Scene()
        scene.cache.preload(try get().route.origin)
        scene.udp.set(.failing(error(.connectFailed)))
        scene.tcp.set(.failing(error(.connectionRefused)))
        let failure = await #expect(throws: TransportError.self) { try await scene.send() }
        #expect(failure?.code == .connectionRefused)
        #expect(failure?.retrySafety == .notSent)
        #expect(scene.steady.sent.isEmpty && scene.fast.sent.isEmpty)
    }

    @Test("a slow HTTP/3 still wins where TCP fails, and where TCP is slower")
    func slow() async throws {
        for tcp in [Network.failing(error(.connectionRefused)), .slow(.seconds(3))] {
            let scene = Scene()
            scene.cache.preload(try get().route.origin)
            scene.udp.set(.slow(.milliseconds(500)))
            scene.tcp.set(tcp)
            async let version = scene.send()
            await scene.clock.sleepers(3)
            scene.clock.advance(by: .milliseconds(300))
            try await eventually { scene.steady.preconnects.count == 1 }
            scene.clock.advance(by: .milliseconds(200))
            #expect(try await version == .http3)
        }
    }

    @Test("an HTTP/3 connection that stands after TCP has won carries the requests that follow")
    func late() async throws {
        let scene = Scene()
        scene.cache.preload(try get().route.origin)
        scene.udp.set(.slow(.milliseconds(800)))
        async let first = scene.send()
        await scene.clock.sleepers(3)
        scene.clock.advance(by: .milliseconds(300))
        #expect(try await first == .http2)
        scene.clock.advance(by: .milliseconds(500))
        try await eventually { try await scene.send() == .http3 }
        let (_, notes) = try await scene.notes()
        #expect(notes == ["HTTP/3 used: h3=a.example:443 stood after 800 ms, later than TCP"])
    }

    @Test("the head start is learned: a server that was quick once is waited for less")
    func learnedHeadStart() async throws {
        let scene = Scene()
        scene.cache.preload(try get().route.origin)
        scene.udp.set(.slow(.milliseconds(40)))
        async let first = scene.send()
        await scene.clock.sleepers(3)
        scene.clock.advance(by: .milliseconds(40))
        #expect(try await first == .http3)
        scene.fast.dropConnection()
        scene.udp.set(.blackhole)
        async let second = scene.notes()
        await scene.clock.sleepers(3)
        scene.clock.advance(by: .milliseconds(60))
        let (version, notes) = try await second
        #expect(version == .http2)
        #expect(notes.first == "HTTP/3 at h3=a.example:443 is tried at once, and TCP 60 ms later")
    }

    @Test("a request that waits ends by its own deadline or attempt's time, and when it is cancelled")
    func waitsNoLonger() async throws {
        let scene = Scene()
        scene.cache.preload(try get().route.origin)
        scene.udp.set(.blackhole)
        scene.tcp.set(.blackhole)
        let other = Task { try await scene.send() }
        await scene.clock.sleepers(3)
        let late = Task { try await scene.send(try get { $0.deadline = Instant(nanoseconds: 100_000_000) }) }
        await scene.clock.sleepers(4)
        scene.clock.advance(by: .milliseconds(100))
        var failure = await #expect(throws: TransportError.self) { try await late.value }
        #expect(failure?.code == .totalTimeout)
        #expect(failure?.retrySafety == .notSent)
        let attempt = Task { try await scene.send(try get { $0.options.timeouts.attempt = .milliseconds(100) }) }
        await scene.clock.sleepers(4)
        scene.clock.advance(by: .milliseconds(100))
        failure = await #expect(throws: TransportError.self) { try await attempt.value }
        #expect(failure?.code == .attemptTimeout)
        other.cancel()
        failure = await #expect(throws: TransportError.self) { try await other.value }
        #expect(failure?.code == .cancelled)
        await scene.transport.shutdown(by: scene.clock.now)
    }

    @Test("shutting down ends the race, and those who wait get an answer")
    func shutdown() async throws {
        let scene = Scene()
        scene.cache.preload(try get().route.origin)
        scene.udp.set(.blackhole)
        let waiting = Task { try await scene.send() }
        await scene.clock.sleepers(3)
        await scene.transport.shutdown(by: scene.clock.now)
        let failure = await #expect(throws: TransportError.self) { try await waiting.value }
        #expect(failure?.code == .closed)
        #expect(scene.fast.shutdowns == 1 && scene.steady.shutdowns == 1)
    }

    @Test("events of a raced request are in order: queued once, then what happened, then its connection")
    func events() async throws {
        let scene = Scene()
        scene.cache.preload(try get().route.origin)
        scene.udp.set(.slow(.milliseconds(40)))
        let phases = Box<[String]>([])
        let exchange = try get {
            $0.onEvent = { event in
                let phase = event.phase
                phases.update { $0.append(phase) }
            }
        }
        async let version = scene.send(exchange)
        await scene.clock.sleepers(3)
        scene.clock.advance(by: .milliseconds(40))
        #expect(try await version == .http3)
        #expect(phases.current.prefix(6) == ["queued", "note", "connected", "note", "ready", "request sent"])
    }
}

/// Waits, without sleeping, until something that other tasks do has come about.
func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<100_000 {
        if try await condition() { return }
        await Task.yield()
    }
    Issue.record("it did not come about")
}
