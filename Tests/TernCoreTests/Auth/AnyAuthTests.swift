import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct AnyAuthTests {
    static func run(_ mock: MockTransport, _ auth: AnyAuth = AnyAuth(user: "tern", password: "secret")) -> ChainRun {
        ChainRun(mock) { $0.auth = auth }
    }

    static func get() throws -> Request { Request(url: try HTTPURL("https://a.test/")) }

    static func schemes(_ mock: MockTransport) -> [String?] {
        mock.sent.map { Challenge.parse([$0.request.fields[.authorization] ?? ""]).first?.scheme }
    }

    @Test("Basic is answered where it alone is offered, and sent unasked from then on")
    func basic() async throws {
        let mock = MockTransport { sent in
            sent.request.fields[.authorization] == "Basic dGVybjpzZWNyZXQ="
                ? MockResponse()
                : MockResponse(.unauthorized, fields: [.wwwAuthenticate: "Negotiate, Basic realm=\"r\""])
        }
        let run = Self.run(mock)
        for _ in 0..<2 { #expect(try await run.send(Self.get()).response.status == .ok) }
        #expect(Self.schemes(mock) == [nil, "Basic", "Basic"])
    }

    @Test("Digest goes before Basic, whatever their order, and a password that it refuses is not tried by Basic")
    func digest() async throws {
        for isFirst in [true, false] {
            let server = DigestStub(algorithm: "SHA-256")
            let mock = MockTransport { sent in
                var response = server.answer(sent)
                guard let challenge = response.fields[.wwwAuthenticate] else { return response }
                let basic = "Basic realm=\"r\""
                response.fields[.wwwAuthenticate] = isFirst ? "\(basic), \(challenge)" : "\(challenge), \(basic)"
                return response
            }
            #expect(try await Self.run(mock).send(Self.get()).response.status == .ok, "\(server.complaints.values)")
            #expect(Self.schemes(mock) == [nil, "Digest"])
            let wrong = Self.run(mock, AnyAuth(user: "tern", password: "guess"))
            #expect(try await wrong.send(Self.get()).response.status == .unauthorized)
            #expect(Self.schemes(mock) == [nil, "Digest", nil, "Digest"])
        }
    }

    @Test("Basic that is refused is not repeated; a Digest that is offered then is answered")
    func changed() async throws {
        let server = DigestStub()
        let hits = Log<Int>()
        let mock = MockTransport { sent in
            hits.add(1)
            return switch hits.values.count {
            case 1: MockResponse(.unauthorized, fields: [.wwwAuthenticate: "Basic realm=\"r\""])
            case 2: MockResponse()
            default: server.answer(sent)
            }
        }
        let run = Self.run(mock)
        for _ in 0..<2 { #expect(try await run.send(Self.get()).response.status == .ok) }
        #expect(Self.schemes(mock) == [nil, "Basic", "Basic", "Digest"])

        let refusing = MockTransport { _ in MockResponse(.unauthorized, fields: [.wwwAuthenticate: "Basic realm=\"r\""])
        }
        #expect(try await Self.run(refusing).send(Self.get()).response.status == .unauthorized)
        #expect(refusing.sent.count == 2)
    }

    @Test("a Digest that went out unasked does not keep a part of the server that wants Basic from getting it")
    func mixed() async throws {
        let server = DigestStub()
        let mock = MockTransport { sent in
            guard sent.request.url.path == "/basic" else { return server.answer(sent) }
            let isIn = sent.request.fields[.authorization]?.hasPrefix("Basic ") == true
            return isIn ? MockResponse() : MockResponse(.unauthorized, fields: [.wwwAuthenticate: "Basic realm=\"b\""])
        }
        let run = Self.run(mock)
        for path in ["/", "/basic", "/"] {
            #expect(try await run.send(Request(url: try HTTPURL("https://a.test\(path)"))).response.status == .ok)
        }
        #expect(Self.schemes(mock) == [nil, "Digest", "Digest", "Basic", "Digest"])
    }

    @Test("Basic is not used where it is not allowed, nor an unknown scheme ever")
    func forbidden() async throws {
        let mock = MockTransport { _ in MockResponse(.unauthorized, fields: [.wwwAuthenticate: "Basic realm=x, Hawk"]) }
        let auth = AnyAuth(user: "tern", password: "secret", allowsBasic: false)
        #expect(try await Self.run(mock, auth).send(Self.get()).response.status == .unauthorized)
        #expect(mock.sent.count == 1)
        #expect(!"\(auth)".contains("secret"))
    }
}
