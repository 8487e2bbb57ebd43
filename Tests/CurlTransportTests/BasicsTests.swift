import CurlTransport
import TestKit
import Testing
import TransportCore

@Suite("CurlTransport, plain exchanges")
struct BasicsTests {
    let transport = CurlTransport()

    @Test("a GET over HTTP/1.1 brings status, fields and body", .requires(.nginx))
    func get() async throws {
        let nginx = try await NginxServer.shared()
        let response = try await transport.send(Sending(nginx.url("/1k")))
        #expect(response.status == .ok)
        #expect(response.status.reasonPhrase == "OK")
        #expect(response.fields[HTTPField.Name("X-Served-By") ?? .server] == "nginx")
        #expect(response.version == .http11)
        #expect(response.body.whole == NginxServer.pattern(1024))
    }

    @Test("HTTP/2 is chosen by ALPN, and the connection tells what TLS settled", .requires(.nginx))
    func http2() async throws {
        let nginx = try await NginxServer.shared()
        let response = try await transport.send(Sending(nginx.url("/1k", .tls)).trusting(nginx.ca))
        #expect(response.version == .http2)
        let tls = try #require(response.connection.tls)
        #expect(tls.alpn == "h2")
        #expect(tls.version == .tls13)
        #expect(tls.cipher?.contains("AES") == true || tls.cipher?.contains("CHACHA") == true)
        #expect(tls.group != nil)
        #expect(!tls.certificates.isEmpty)
        #expect(response.connection.remote?.description.hasSuffix(":\(nginx.port(.tls))") == true)
        #expect(response.connection.local != nil)
    }

    @Test("HTTP/2 in clear text by prior knowledge", .requires(.nginx))
    func priorKnowledge() async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/protocol", .h2c)).with { $0.connect.protocols = .http2PriorKnowledge }
        let response = try await transport.send(sending)
        #expect(response.version == .http2)
        #expect(try await response.text() == "HTTP/2.0")
    }

    @Test("the second exchange uses the first one's connection", .requires(.nginx), arguments: [false, true])
    func reuse(secure: Bool) async throws {
        let nginx = try await NginxServer.shared()
        let sending = Sending(nginx.url("/1k", secure ? .tls : .clear)).trusting(nginx.ca)
        let route = try sending.exchange().route
        let first = try await transport.send(Exchange(sending.exchange().request, over: route))
        _ = try await first.text()
        let second = try await transport.send(Exchange(sending.exchange().request, over: route))
        _ = try await second.text()
        #expect(!first.reused)
        #expect(second.reused)
        #expect(first.connection.id == second.connection.id)
    }

    @Test(
        "methods go out as they are, with and without a body", .requires(.nginx),
        arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "BREW"], [true, false])
    func methods(method: String, hasBody: Bool) async throws {
        let server = try RawServer(.loop([.readHead, hasBody ? .readBody(5) : .readBody(0), .ok(method)]))
        let sending = Sending(
            server.url("/x?y=1"), try #require(HTTPRequest.Method(method)),
            body: hasBody ? .bytes(bytes("hello")) : .empty)
        #expect(try await transport.send(sending).text() == method)
        let text = server.receivedText()
        #expect(text.hasPrefix("\(method) /x?y=1 HTTP/1.1\r\n"))
        #expect(text.contains("\r\nHost: 127.0.0.1:\(server.port)\r\n"))
        let expectsContent = ["POST", "PUT", "PATCH", "QUERY"].contains(method)
        #expect(text.contains("Content-Length: 5\r\n") == hasBody)
        #expect(text.contains("Content-Length: 0\r\n") == (!hasBody && expectsContent))
        for field in ["Accept:", "Expect:", "Content-Type:", "User-Agent:", "Transfer-Encoding:"] {
            #expect(!text.contains(field), "libcurl added \(field)")
        }
        #expect(text.hasSuffix("\r\n\r\n" + (hasBody ? "hello" : "")))
    }

    @Test("HEAD, 204 and 304 have no body, whatever their length says")
    func withoutBody() async throws {
        let server = try RawServer(connections: [
            [.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), .readHead, .ok("next"), .readToEnd],
            [
                .readHead, .send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"), .readHead, .ok("next"),
                .readToEnd,
            ],
        ])
        let head = try await transport.send(Sending(server.url("/"), .head))
        #expect(head.body.whole == [])
        #expect(head.fields[.contentLength] == "1000")
        #expect(try await transport.send(Sending(server.url("/"))).text() == "next")

        let other = CurlTransport()
        let unchanged = try await other.send(Sending(server.url("/")))
        #expect(unchanged.status.code == 304)
        #expect(unchanged.body.whole == [])
    }

    @Test(
        "fields that libcurl need not see go out like all others",
        arguments: [
            ["Accept: */*", "User-Agent: a", "Accept-Encoding: gzip", "Cookie: a=1; b=2", "Authorization: x"],
            ["Accept: */*", "Accept: text/html", "User-Agent: a"], ["Accept: text/html", "Accept: */*"],
            ["Accept-Encoding: gzip", "Accept-Language:", "User-Agent: a", "Cookie: c", "X-Last: 1"],
            ["User-Agent: a", "User-Agent: b", "X-A:", "Cookie:", "Accept-Encoding: br"],
        ])
    func plainFields(lines: [String]) async throws {
        let server = try RawServer(.loop([.readHead, .ok("")]))
        var sending = Sending(server.url("/"))
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingPrefix(" ") }
            let name = try #require(HTTPField.Name(String(parts[0])))
            sending.fields.append(HTTPField(name: name, value: parts.count > 1 ? String(parts[1]) : ""))
        }
        _ = try await transport.send(sending)
        let sent = server.receivedText().split(separator: "\r\n").dropFirst(2).map(String.init)
        #expect(sent.sorted() == lines.sorted())
        // Those of one name keep their order.
        for name in Set(lines.map { $0.prefix { $0 != ":" } }) {
            #expect(sent.filter { $0.hasPrefix("\(name):") } == lines.filter { $0.hasPrefix("\(name):") })
        }
    }

    @Test("fields go out in order, repeated and empty ones too, and come back in order")
    func fields() async throws {
        let server = try RawServer(
            .readHead, .ok("", "Set-Cookie: a=1\r\nX: y\r\nSet-Cookie: b=2\r\nEmpty:\r\n"), .readToEnd)
        let name = try #require(HTTPField.Name("X-List"))
        let sending = Sending(server.url("/")).with {
            $0.fields.append(HTTPField(name: name, value: "1"))
            $0.fields.append(HTTPField(name: .accept, value: "text/plain"))
            $0.fields.append(HTTPField(name: name, value: ""))
            $0.fields.append(HTTPField(name: name, value: "2"))
        }
        let response = try await transport.send(sending)
        #expect(response.fields[values: .setCookie] == ["a=1", "b=2"])
        #expect(server.receivedText().contains("X-List: 1\r\nAccept: text/plain\r\nX-List:\r\nX-List: 2\r\n"))
    }

    @Test("a Host field replaces the authority; libcurl's redirects, decoding and cookies stay off", .requires(.nginx))
    func passive() async throws {
        let nginx = try await NginxServer.shared()
        let host = Sending(nginx.url("/host")).with { $0.fields[.hostName] = "other.test" }
        #expect(try await transport.send(host).text() == "other.test")
        let redirect = try await transport.send(Sending(nginx.url("/redirect/302")))
        #expect(redirect.status.code == 302)
        let text = Sending(nginx.url("/text")).with { $0.fields[.acceptEncoding] = "gzip" }
        let compressed = try await transport.send(text)
        #expect(compressed.fields[.contentEncoding] == "gzip")
        #expect(compressed.body.whole?.prefix(2) == [0x1F, 0x8B])
    }

    @Test("events come in the order of what happens", .requires(.nginx))
    func events() async throws {
        let nginx = try await NginxServer.shared()
        let events = EventLog()
        let sending = Sending(nginx.url("/1k", .tls)).trusting(nginx.ca)
        _ = try await transport.send(sending.exchange(onEvent: events.sink))
        #expect(
            events.phases == [
                "queued", "resolved", "connected", "TLS done", "ready", "request sent", "head", "download progress",
                "done",
            ])
        #expect(zip(events.all, events.all.dropFirst()).allSatisfy { $0.at <= $1.at })
    }

    @Test("64 exchanges at once on HTTP/1.1 use no more connections than allowed", .requires(.nginx))
    func connectionLimit() async throws {
        let nginx = try await NginxServer.shared()
        var pool = PoolLimits()
        pool.connectionsPerOrigin = 4
        let transport = CurlTransport(configuration: .init(pool: pool))
        let exchange = try Sending(nginx.url("/bytes/1024")).exchange()
        let ids = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<64 { group.addTask { try await transport.send(exchange).connection.id } }
            return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
        }
        #expect((1...4).contains(ids.count))
    }

    @Test("100 exchanges at once on HTTP/2 share one connection", .requires(.nginx))
    func multiplexing() async throws {
        let nginx = try await NginxServer.shared()
        let exchange = try Sending(nginx.url("/bytes/16384", .tls)).trusting(nginx.ca).exchange()
        let transport = transport
        let ids = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    let response = try await transport.send(exchange)
                    #expect(response.body.whole == nil || response.body.whole?.count == 16_384)
                    return response.connection.id
                }
            }
            return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test("10,000 exchanges queued at once all end", .requires(.nginx), arguments: [false, true])
    func manyQueued(secure: Bool) async throws {
        let nginx = try await NginxServer.shared()
        let exchange = try Sending(nginx.url("/bytes/1", secure ? .tls : .clear)).trusting(nginx.ca)
            .with { $0.delivery = .whole(upTo: 10) }.exchange()
        let transport = transport
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<10_000 { group.addTask { try await transport.send(exchange).body.whole?.count ?? 0 } }
            return try await group.reduce(0, +)
        }
        #expect(count == 10_000)
    }
}

extension HTTPField.Name {
    static let hostName = HTTPField.Name("Host") ?? .from
}
