import AltSvcTransport
import MockTransport
import Testing
import TransportCore

@Suite("Falling back from HTTP/3, and learning")
struct FallbackTests {
    /// A scene whose HTTP/3 connection stands and has carried a request.
    private func upgraded(_ scene: Scene = Scene()) async throws -> Scene {
        try await scene.send()
        #expect(try await scene.send() == .http3)
        return scene
    }

    @Test(
        "what was certainly not sent goes over TCP, and only that",
        arguments: [
            (TransportError.Code.streamRefused, RetrySafety.notSent, true),
            (.goAway, .notSent, true),
            (.connectionRefused, .notSent, true),
            (.connectionClosed, .maybeProcessed, false),
            (.streamReset, .processed, false),
            (.cancelled, .notSent, false),
            (.badRequest, .notSent, false),
            (.totalTimeout, .notSent, false),
            (.closed, .notSent, false),
        ])
    func resends(_ code: TransportError.Code, _ safety: RetrySafety, _ isResent: Bool) async throws {
        let scene = try await upgraded()
        scene.overHTTP3.set(.failure(error(code, .send, safety)))
        let before = scene.steady.sent.count
        if isResent {
            let (version, notes) = try await scene.notes()
            #expect(version == .http2)
            #expect(notes.contains { $0.contains("nothing was sent, and the request goes over TCP") })
        } else {
            let failure = await #expect(throws: TransportError.self) { try await scene.send() }
            #expect(failure?.code == code)
        }
        #expect(scene.steady.sent.count == before + (isResent ? 1 : 0))
    }

    @Test("a body that can be read only once, and may have been read, is not sent again")
    func oneTimeBody() async throws {
        struct Empty: BodyReader {
            mutating func next() async throws -> [UInt8]? { nil }
        }
        let scene = try await upgraded()
        scene.overHTTP3.set(.failure(error(.streamRefused, .send)))
        var exchange = try get()
        exchange.request.body = .stream(BodyStream(replayable: false) { Empty() })
        let failure = await #expect(throws: TransportError.self) { try await scene.send(exchange) }
        #expect(failure?.code == .streamRefused)
        // Before it was opened, it may.
        scene.overHTTP3.set(.failure(error(.connectFailed, .connect)))
        #expect(try await scene.send(exchange) == .http2)
    }

    @Test("421 from the alternative makes it forgotten")
    func misdirected() async throws {
        let scene = try await upgraded()
        scene.overHTTP3.set(.success(.misdirectedRequest))
        scene.altSvc.set(nil)
        let response = try await scene.transport.send(try get())
        #expect(response.status == .misdirectedRequest)
        #expect(scene.cache.alternatives(of: try get().route.origin, at: scene.clock.wallSeconds).isEmpty)
        #expect(try await scene.send() == .http2)
        // Named again, it is still left alone for a while.
        scene.altSvc.set(field)
        try await scene.send()
        #expect(try await scene.send() == .http2)
    }

    @Test("clear forgets, and so does a field without HTTP/3; a field that cannot be read changes nothing")
    func clears() async throws {
        for (value, isForgotten) in [("clear", true), (#"h2=":443""#, true), ("h3=:443", false)] {
            let scene = Scene()
            try await scene.send()
            scene.altSvc.set(value)
            try await scene.send()
            let known = scene.cache.alternatives(of: try get().route.origin, at: scene.clock.wallSeconds)
            #expect(known.isEmpty == isForgotten, "\(value)")
        }
    }

    @Test("an alternative ends with its age, also on the way from a cache between")
    func ages() async throws {
        let scene = Scene()
        scene.altSvc.set(#"h3=":443"; ma=60"#)
        try await scene.send()
        scene.clock.advance(by: .seconds(60))
        scene.altSvc.set(nil)
        #expect(try await scene.send() == .http2)
        #expect(scene.fast.preconnects.isEmpty)
    }

    @Test("a connection that is lost makes a new race, not a broken alternative")
    func lostConnection() async throws {
        let scene = try await upgraded()
        scene.fast.dropConnection()
        #expect(try await scene.send() == .http3)
        #expect(scene.fast.preconnects.count == 2)
    }

    @Test("a connection that falls silent is doubted: requests go over TCP, and back when it lives")
    func silence() async throws {
        let scene = try await upgraded()
        let connection = try #require(scene.fast.connection)
        scene.clock.advance(by: .milliseconds(1))
        connection.heard(at: scene.clock.now)
        scene.clock.advance(by: .seconds(100))
        // Asked now; a living peer acknowledges soon.
        #expect(try await scene.send() == .http3)
        scene.clock.advance(by: .milliseconds(250))
        #expect(try await scene.send() == .http3)
        scene.clock.advance(by: .milliseconds(100))
        let (version, notes) = try await scene.notes()
        #expect(version == .http2)
        #expect(notes == ["HTTP/3 not used: nothing has come over its connection for 350 ms"])
        connection.heard(at: scene.clock.now)
        #expect(try await scene.send() == .http3)
        // Silent again, and then gone: a race tells whether the server only started anew.
        scene.clock.advance(by: .seconds(2))
        #expect(try await scene.send() == .http2)
        scene.fast.dropConnection()
        #expect(try await scene.send() == .http3)
    }

    @Test("a connection that stands, and never answers, makes the alternative a broken one")
    func neverAnswers() async throws {
        let scene = Scene()
        try await scene.send()
        scene.overHTTP3.set(.failure(error(.connectionClosed, .head, .maybeProcessed)))
        _ = try await scene.fast.preconnect(for: try get())
        let connection = try #require(scene.fast.connection)
        connection.heard(at: scene.clock.now)
        await #expect(throws: TransportError.self) { try await scene.send() }
        scene.clock.advance(by: .seconds(2))
        #expect(try await scene.send() == .http2)
        scene.fast.dropConnection()
        let (last, reasons) = try await scene.notes()
        #expect(last == .http2)
        #expect(reasons == ["HTTP/3 not used: h3=a.example:443 failed once, and is left alone for another 300 s"])
    }

    @Test("another network forgets the connection, and what does not persist")
    func network() async throws {
        let scene = try await upgraded()
        scene.altSvc.set(nil)
        scene.transport.networkChanged(to: "train")
        #expect(try await scene.send() == .http2)
        scene.altSvc.set(#"h3=":443"; persist=1"#)
        try await scene.send()
        #expect(try await scene.send() == .http3)
        scene.transport.networkChanged(to: "home")
        #expect(try await scene.send() == .http3)
        #expect(scene.fast.preconnects.count == 3)
    }

    @Test("an alternative at a private address is refused to a public origin, with the reason in the events")
    func privateAlternative() async throws {
        let scene = Scene(remote: IPAddress("8.8.8.8").map { .ip($0, port: 443) })
        scene.altSvc.set(#"h3="127.0.0.1:443", h3="localhost:443""#)
        let (_, notes) = try await scene.notes()
        #expect(
            notes.contains("Alt-Svc, in part ignored: h3=127.0.0.1:443 is at a private address, and a.example is not"))
        #expect(try await scene.send() == .http2)
        #expect(scene.fast.preconnects.isEmpty)
    }

    @Test("a field of 100 KB and one of a thousand entries do no harm, and the reason is told once")
    func hugeField() async throws {
        let scene = Scene()
        scene.altSvc.set(#"h3=":443"; x=""# + String(repeating: "y", count: 100_000) + "\"")
        let (_, notes) = try await scene.notes()
        #expect(notes.last == "Alt-Svc, in part ignored: the field has 100015 bytes, more than 16384")
        #expect(try await scene.notes().notes.count == 1)
        scene.altSvc.set((1...1000).map { "h3=\":\($0)\"" }.joined(separator: ","))
        try await scene.send()
        #expect(scene.cache.alternatives(of: try get().route.origin, at: 0).count == 8)
    }

    @Test("two origins that name each other as alternatives are carried as any others, without going round")
    func mutual() async throws {
        let scene = Scene()
        scene.altSvc.set(#"h3="b.example:443", h3="a.example:443""#)
        for _ in 0..<3 {
            for host in ["a", "b"] { try await scene.send(try get("https://\(host).example/")) }
        }
        #expect(scene.fast.preconnects.count == 2)
        #expect(scene.fast.sent.count + scene.steady.sent.count == 6)
    }

    @Test("nothing is learned of clear text, of what came through a proxy, or of an origin that is excluded")
    func learnsNothing() async throws {
        let scene = Scene()
        try await scene.send(try get("http://a.example/"))
        try await scene.send(
            try get { exchange in
                exchange.route = Route(
                    to: exchange.route.origin, proxy: ProxyOptions(.http, host: "p.example", port: 1))
            })
        let origin = try get().route.origin
        #expect(scene.cache.contents(at: 0).isEmpty)
        scene.cache.exclude(origin)
        let (_, notes) = try await scene.notes()
        #expect(notes.first == "HTTP/3 not used: https://a.example:443 is excluded from it")
        #expect(scene.cache.contents(at: 0).isEmpty)
        scene.cache.allow(origin)
        scene.clock.advance(by: .seconds(61))
        try await scene.send()
        #expect(try await scene.send() == .http3)
    }

    @Test("HTTP/3 alone goes where it is known, else to the origin's own place, and is not replaced")
    func pinned() async throws {
        let scene = Scene()
        let exchange = try get { exchange in
            var connect = ConnectOptions()
            connect.protocols = .http3
            exchange.route = Route(to: exchange.route.origin, connect: connect)
        }
        #expect(try await scene.send(exchange) == .http3)
        scene.overHTTP3.set(.failure(error(.connectionRefused)))
        let failure = await #expect(throws: TransportError.self) { try await scene.send(exchange) }
        #expect(failure?.code == .connectionRefused)
        #expect(scene.steady.sent.isEmpty)
    }

    @Test("HTTP/3 that is assumed is raced at the first request")
    func assumed() async throws {
        let scene = Scene(assumes: true)
        #expect(try await scene.send() == .http3)
        #expect(scene.steady.sent.isEmpty)
        let other = Scene(assumes: true)
        other.udp.set(.failing(error(.connectionRefused)))
        other.altSvc.set(nil)
        #expect(try await other.send() == .http2)
        #expect(try await other.send() == .http2)
        #expect(other.fast.preconnects.count == 1)
    }

    @Test("what HTTP/3 lacks is sent over TCP without asking")
    func lacking() async throws {
        let all = Feature.named.reduce(into: Feature()) { $0.formUnion($1.feature) }
        let scene = try await upgraded(Scene(features: all.subtracting(.requestTrailers)))
        let exchange = try get { $0.request.trailers = [.contentType: "x"] }
        let (version, notes) = try await scene.notes(exchange)
        #expect(version == .http2)
        #expect(notes == ["HTTP/3 not used: the request needs request trailers, which it lacks here"])
        #expect(try await scene.send() == .http3)
    }
}
