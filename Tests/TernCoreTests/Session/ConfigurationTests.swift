import MockTransport
import Synchronization
import TernCore
import Testing

@Suite("settings: for a session, for one call, for a derived session; and who closes what")
struct ConfigurationTests {
    @Test("a call's closure changes any setting for that call alone")
    func overrides() async throws {
        let mock = MockTransport { sent in
            sent.request.url.path == "/old" ? .redirect(to: "/new") : MockResponse(.ok, "12345")
        }
        let session = Session(transport: mock)
        let response = try await session.get("old", headers: ["X-Call": "1"]) {
            $0.baseURL = try? .resolving(HTTPURL("https://a.test/"))
            $0.headers["X-Override"] = "2"
            $0.params = ["k": "v"]
            $0.redirects = .none
            $0.decoding = .none
            $0.timeouts.firstByte = .seconds(7)
            $0.tls.minimumVersion = .tls13
            $0.connect.protocols = .http1
            $0.proxies = .all(ProxyOptions(.http, host: "proxy.test", port: 8080))
            $0.recordsTimeline = true
        }
        #expect(response.status == .found)
        #expect(response.timeline != nil)
        let sent = try #require(mock.sent.first)
        #expect(sent.request.url.absoluteString == "https://a.test/old?k=v")
        #expect(Headers(sent.request.fields)["X-Call"] == "1")
        #expect(Headers(sent.request.fields)["X-Override"] == "2")
        #expect(!sent.request.fields.contains(.acceptEncoding))
        #expect(sent.exchange.options.timeouts.firstByte == .seconds(7))
        #expect(sent.exchange.route.tls.minimumVersion == .tls13)
        #expect(sent.exchange.route.connect.protocols == .http1)
        #expect(sent.exchange.route.proxy?.host == "proxy.test")

        let after = try await session.get("https://a.test/old")
        #expect(after.status == .ok)
        #expect(after.url.path == "/new")
        #expect(after.timeline == nil)
        #expect(mock.sent.last?.exchange.route.proxy == nil)
        #expect(mock.sent.last?.request.fields.contains(.acceptEncoding) == true)
        #expect(session.configuration.headers == SessionConfiguration.standardHeaders)
    }

    @Test("no change is lost when many tasks configure at once")
    func atomicConfigure() async {
        let session = Session(transport: MockTransport { _ in MockResponse(.ok) })
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<100 { session.configure { $0.params.append("\(task)", step) } }
                }
            }
        }
        let items = session.configuration.params.items
        #expect(items.count == 800)
        for task in 0..<8 {
            #expect(items.filter { $0.name == "\(task)" }.map(\.value) == (0..<100).map { "\($0)" })
        }
    }

    @Test("a closure that throws changes nothing")
    func throwingConfigure() {
        struct Mine: Error {}
        let session = Session(transport: MockTransport { _ in MockResponse(.ok) })
        #expect(throws: Mine.self) {
            try session.configure {
                $0.bodyLimit = 1
                throw Mine()
            }
        }
        #expect(session.configuration.bodyLimit == 64 * 1024 * 1024)
    }

    @Test("calls under way keep the settings that they began with")
    func settingsAreFixed() async throws {
        let clock = ManualClock()
        let mock = MockTransport(clock: clock) { sent in
            sent.request.url.path == "/"
                ? MockResponse(.found, fields: [.location: "/b"], delay: .seconds(1)) : MockResponse(.ok)
        }
        let session = Session(transport: mock).with { $0.clock = clock }
        async let response = session.get("http://a.test/")
        await clock.sleepers(1)
        session.configure { $0.redirects = .none }
        clock.advance(by: .seconds(1))
        #expect(try await response.status == .ok)
    }

    @Test("a derived session has its own settings, and shares transport and cookies")
    func derived() async throws {
        let mock = MockTransport { sent in
            MockResponse(.ok, fields: [.setCookie: "a=\(sent.request.url.path.dropFirst())"])
        }
        let session = Session(owning: mock)
        session.headers["X-A"] = "1"
        let derived = session.with { $0.headers["X-A"] = "2" }
        session.headers["X-B"] = "3"
        _ = try await derived.get("http://a.test/1")
        _ = try await session.get("http://a.test/2")
        let fields = mock.sent.map { Headers($0.request.fields) }
        #expect(fields.map { $0["X-A"] } == ["2", "1"])
        #expect(fields.map { $0["X-B"] } == [nil, "3"])
        #expect(fields.map { $0[.cookie] } == [nil, "a=1"])
        await derived.close()
        #expect(mock.shutdowns == 0)
        #expect(try await session.get("http://a.test/3").isOK)
        await session.close()
        #expect(mock.shutdowns == 1)
    }

    @Test("a session closes the transport that it owns, and no other")
    func owning() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let lent = Session(transport: mock)
        let other = Session(transport: mock)
        await lent.close()
        #expect(mock.shutdowns == 0)
        #expect(try await other.get("http://a.test/").isOK)
        let owner = Session(owning: mock)
        await owner.close()
        #expect(mock.shutdowns == 1)
    }

    @Test("a closed session refuses every kind of call with a typed error")
    func closed() async throws {
        let mock = MockTransport { _ in MockResponse(.ok) }
        let session = Session(transport: mock)
        let request = try session.prepare(.get, "http://a.test/")
        await session.close()
        let errors = [
            await #expect(throws: HTTPError.self) { try await session.get("http://a.test/") },
            await #expect(throws: HTTPError.self) { try await session.stream("http://a.test/") },
            await #expect(throws: HTTPError.self) { try await session.send(request) },
            await #expect(throws: HTTPError.self) { try await session.download("http://a.test/", to: "/nowhere/x") },
        ]
        for error in errors {
            #expect(error?.transportError?.code == .closed)
            #expect(error?.transportError?.retrySafety == .notSent)
            #expect(error?.description == "GET http://a.test/: the session was closed before the call")
        }
        #expect(mock.sent.isEmpty)
    }

    @Test("a transport of any type can be stored")
    func erased() async throws {
        let session = Session(transport: AnyTransport(MockTransport { _ in MockResponse(.ok, "x") }))
        #expect(try await session.get("http://a.test/").text == "x")
    }

    @Test("a thousand calls at once on one session")
    func concurrency() async throws {
        let mock = MockTransport { sent in MockResponse(.ok, sent.request.url.query ?? "") }
        let session = Session(transport: mock)
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<1000 {
                group.addTask { try await session.get("http://h\(index % 7).test/", params: ["n": index]).text }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers == Set((0..<1000).map { "n=\($0)" }))
        for sent in mock.sent { #expect(sent.exchange.route.origin == sent.request.url.origin) }
    }
}

@Suite("content codings, from the session's side")
struct OfferedCodingTests {
    static let gzip: [UInt8] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0,
    ]
    let mock = MockTransport { sent in
        let accepted = sent.request.fields[.acceptEncoding]?.contains("gzip") == true
        return MockResponse(
            .ok, fields: accepted ? [.contentEncoding: "gzip"] : [:],
            steps: [.bytes(accepted ? gzip : Array("plain".utf8))])
    }

    @Test("every way to call asks for codings once, and takes them off")
    func decoded() async throws {
        let session = Session(transport: mock)
        let texts = [
            try await session.get("http://a.test/").text,
            try await session.get("http://a.test/", headers: ["X-A": "1"]).text,
            try await session.post("http://a.test/", .text("x")).text,
            try await session.send(session.prepare(.get, "http://a.test/")).text,
            try await session.stream("http://a.test/").collect().text,
        ]
        #expect(texts == Array(repeating: "hello", count: 5))
        for sent in mock.sent {
            #expect(sent.request.fields[values: .acceptEncoding].count == 1)
        }
        #expect(try session.prepare(.get, "http://a.test/").fields.contains(.acceptEncoding) == false)
    }

    @Test("who asks for codings, gets them")
    func handsOff() async throws {
        let session = Session(transport: mock)
        let all = try #require(try await session.get("http://a.test/").request.fields[.acceptEncoding])
        #expect(try await session.get("http://a.test/", headers: [.acceptEncoding: all]).bytes == Self.gzip)
        #expect(try await session.get("http://a.test/", headers: [.acceptEncoding: "gzip"]).bytes == Self.gzip)
        #expect(try await session.get("http://a.test/") { $0.headers[.acceptEncoding] = "gzip" }.bytes == Self.gzip)
        #expect(try await session.get("http://a.test/") { $0.decoding = .none }.text == "plain")
        #expect(try await session.get("http://a.test/", headers: [.range: "bytes=0-4"]).text == "plain")
    }

    @Test("a link that asks for a range, or for codings, is respected")
    func links() async throws {
        struct Adding: Middleware {
            var field: HTTPField
            func intercept(_ request: Request, _ next: Next) async throws -> TransportResponse {
                var request = request
                request.fields[fields: field.name] = [field]
                return try await next(request)
            }
        }
        let session = Session(transport: mock)
        let ranged = try await session.get("http://a.test/") {
            $0.callMiddleware = [Adding(field: HTTPField(name: .range, value: "bytes=0-4"))]
        }
        #expect(ranged.text == "plain")
        let coded = try await session.get("http://a.test/") {
            $0.callMiddleware = [Adding(field: HTTPField(name: .acceptEncoding, value: "gzip"))]
        }
        #expect(coded.bytes == Self.gzip)
    }
}
