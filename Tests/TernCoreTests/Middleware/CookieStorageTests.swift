import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct CookieStorageTests {
    static func run(_ mock: MockTransport, _ cookies: MemoryCookies = MemoryCookies()) -> ChainRun {
        ChainRun(mock) {
            $0.cookies = cookies
            $0.redirects = .follow()
        }
    }

    @Test("a cookie set by a redirect goes out with the next hop, and not to other hosts")
    func redirects() async throws {
        var fields: HTTPFields = [.location: "/b"]
        fields.append(HTTPField(name: .setCookie, value: "a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT"))
        fields.append(HTTPField(name: .setCookie, value: "b=2, c=3"))
        let mock = MockTransport([
            MockResponse(.found, fields: fields), .redirect(to: "https://b.test/"), MockResponse(),
        ])
        _ = try await Self.run(mock).send(Request(url: try HTTPURL("https://a.test/")))
        #expect(mock.sent.map { $0.request.fields[values: .cookie] } == [[], ["a=1; b=2, c=3"], []])
    }

    @Test("the time is the session's clock's, and cookies outlive a call")
    func clock() async throws {
        let clock = ManualClock()
        let mock = MockTransport { _ in MockResponse(.ok, fields: [.setCookie: "a=1; Max-Age=10"]) }
        let run = ChainRun(mock) {
            $0.cookies = MemoryCookies()
            $0.clock = clock
        }
        let request = Request(url: try HTTPURL("https://a.test/"))
        _ = try await run.send(request)
        clock.advance(by: .seconds(9))
        _ = try await run.send(request)
        clock.advance(by: .seconds(10))
        _ = try await run.send(request)
        #expect(mock.sent.map { $0.request.fields[.cookie] } == [nil, "a=1", nil])
    }

    @Test("a request's own Cookie stays in front and wins over the storage's of the same name, in one field")
    func own() async throws {
        let cookies = MemoryCookies()
        cookies.set(Cookie("a", "kept", domain: "a.test"))
        cookies.set(Cookie("b", "kept", domain: "a.test"))
        let mock = MockTransport { _ in MockResponse() }
        var request = Request(url: try HTTPURL("https://a.test/"), fields: [.cookie: "x=own;a=own; y"])
        _ = try await Self.run(mock, cookies).send(request)
        #expect(mock.sent.last?.request.fields[values: .cookie] == ["x=own;a=own; y; b=kept"])

        // What `fields[.cookie] = …` makes: one field of each pair.
        request.fields[.cookie] = "x=1; y=2"
        #expect(request.fields[values: .cookie].count == 2)
        _ = try await Self.run(mock).send(request)
        #expect(mock.sent.last?.request.fields[values: .cookie] == ["x=1; y=2"])
    }

    @Test("an empty storage leaves the request as it is")
    func empty() async throws {
        let mock = MockTransport { _ in MockResponse() }
        let request = Request(url: try HTTPURL("https://a.test/"), fields: [.cookie: "x=own"])
        _ = try await Self.run(mock).send(request)
        #expect(mock.sent.last?.request.fields == request.fields)
    }

    @Test("what a caller sets is sent, and can be removed again")
    func manual() throws {
        let cookies = MemoryCookies()
        cookies.set(Cookie("a", "1", domain: "A.test", path: "/x", isSecure: true))
        cookies.set(Cookie("b", "2", domain: "test", isHostOnly: false))
        let request = Request(url: try HTTPURL("https://a.test/x"))
        #expect(cookies.fieldValue(for: request, at: 0) == "a=1; b=2")
        cookies.removeAll { $0.name == "a" }
        #expect(cookies.fieldValue(for: request, at: 0) == "b=2")
        cookies.removeAll()
        #expect(cookies.fieldValue(for: request, at: 0) == nil)
        #expect(cookies.all.isEmpty)
    }

    @Test(
        "a cookie that would be two, or none, is not kept",
        arguments: [
            ("a", "1; b=2"), ("a;b", "1"), ("a=b", "1"), ("", "1"), ("a", "1\r\n"), ("a", " 1"), ("a\u{0}", "1"),
        ])
    func unusable(name: String, value: String) {
        let cookies = MemoryCookies()
        #expect(!cookies.set(Cookie(name, value, domain: "a.test")))
        #expect(cookies.all.isEmpty)
    }

    @Test("180 cookies of one domain are kept: those that ended go first, then the least used")
    func domainLimit() throws {
        let cookies = MemoryCookies()
        let url = try HTTPURL("https://a.test/")
        cookies.store((0..<180).map { "n\($0)=v; Path=/p\($0)" }, from: url, at: 0)
        _ = cookies.fieldValue(for: Request(url: try HTTPURL("https://a.test/p0")), at: 0)
        cookies.store(["new=v"], from: url, at: 0)
        #expect(cookies.all.count == 180)
        #expect(!cookies.all.contains { $0.name == "n1" })
        #expect(cookies.all.contains { $0.name == "n0" })

        cookies.store(["n5=v; Path=/p5; Max-Age=1"], from: url, at: 0)
        cookies.store(["newer=v"], from: url, at: 1)
        #expect(cookies.all.count == 180)
        #expect(!cookies.all.contains { $0.name == "n5" })
        #expect(cookies.all.contains { $0.name == "n2" })
    }

    @Test("3,000 cookies are kept in all, and the newest is among them")
    func limit() throws {
        let cookies = MemoryCookies()
        for index in 0..<3_500 {
            cookies.store(["a=\(index)"], from: try HTTPURL("https://h\(index).test/"), at: 0)
        }
        #expect(cookies.all.count <= 3_000)
        #expect(cookies.all.last?.value == "3499")
        #expect(!cookies.all.contains { $0.value == "0" })
        #expect(cookies.all.count > 2_600)
    }

    @Test("many tasks may use a storage at once")
    func concurrent() async throws {
        let cookies = MemoryCookies()
        let url = try HTTPURL("https://a.test/")
        await withTaskGroup { group in
            for index in 0..<100 {
                group.addTask {
                    cookies.store(["n\(index)=v"], from: url, at: 0)
                    _ = cookies.fieldValue(for: Request(url: url), at: 0)
                }
            }
        }
        #expect(cookies.all.count == 100)
    }
}
