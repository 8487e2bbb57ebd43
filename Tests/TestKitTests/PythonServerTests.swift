import TestKit
import Testing

@Suite("hypercorn", .requires(.hypercorn, .curl))
struct HypercornServerTests {
    @Test("echoes a request as JSON over HTTP/2, HTTP/1.1 and h2c")
    func echo() async throws {
        let server = try await HypercornServer.shared()
        let overTLS = try await curl("-d", "a body", server.url("/echo?x=1"), ca: server.ca)
        #expect(overTLS.contains(#""method": "POST""#) && overTLS.contains(#""http_version": "2""#))
        #expect(overTLS.contains(#""query": "x=1""#) && overTLS.contains(#""body": "a body", "length": 6"#))
        #expect(try await curl(server.clearURL("/echo")).contains(#""http_version": "1.1""#))
        #expect(try await curl("--http2-prior-knowledge", server.clearURL("/echo")).contains(#""http_version": "2""#))
    }

    @Test("counts an upload, mirrors it, and refuses it before it has come")
    func uploads() async throws {
        let server = try await HypercornServer.shared()
        let body = String(repeating: "0123456789", count: 20_000)
        let folder = try ScratchFolder("upload")
        let file = try folder.write("body", body)
        #expect(try await curl("-T", file, server.url("/upload"), ca: server.ca).contains(#""length": 200000"#))
        #expect(try await curl("-T", file, server.url("/mirror"), ca: server.ca) == body)
        #expect(try await curl("-w", "%{http_code}", "-d", "x", server.clearURL("/refuse")).hasSuffix("413"))
    }

    @Test("sends trailers, early hints, events, drops and repeated fields")
    func responses() async throws {
        let server = try await HypercornServer.shared()
        #expect(
            try await curl("-i", "-H", "TE: trailers", server.url("/trailers"), ca: server.ca).hasSuffix(
                "bodyx-checksum: 1234\r\n"))
        #expect(try await curl(server.clearURL("/trailers")) == "body")
        let hinted = try await curl("-i", server.url("/early-hints"), ca: server.ca)
        #expect(hinted.hasPrefix("HTTP/2 103") && hinted.contains("HTTP/2 200") && hinted.hasSuffix("hinted"))
        #expect(try await curl(server.clearURL("/events?count=2")).hasSuffix("data: event 1\n\n"))
        #expect(try await curl(server.clearURL("/drip?count=4&size=2&ms=1")) == "********")
        #expect(
            try await curl("-o", "/dev/null", "-w", "%{size_download}", server.clearURL("/bytes?size=100000"))
                == "100000")
        let fields = try await curl("-i", server.clearURL("/fields?set-cookie=a%3D1&set-cookie=b%3D2"))
        #expect(fields.contains("set-cookie: a=1\r\nset-cookie: b=2"))
    }

    @Test("breaks off in the body when asked to")
    func abort() async throws {
        let server = try await HypercornServer.shared()
        let error = await #expect(throws: TestKitError.self) { try await curl(server.clearURL("/abort")) }
        #expect(error?.description.contains("999990 bytes remaining") == true)
    }
}

@Suite("httpbin", .requires(.httpbin, .curl))
struct HTTPBinServerTests {
    @Test("answers, keeps connections and streams")
    func answers() async throws {
        let server = try await HTTPBinServer.shared()
        let report = try await curl("-w", "%{num_connects}", server.url("/get?a=1"), server.url("/status/204"))
        #expect(report.contains(#""a": "1""#))
        #expect(report.hasSuffix("0"), "the second request went over the first one's connection")
        #expect(try await curl("-d", "x=1", server.url("/post")).contains(#""x": "1""#))
        #expect(try await curl(server.url("/stream/3")).split(separator: "\n").count == 3)
        #expect(try await curl("--digest", "-u", "a:b", server.url("/digest-auth/auth/a/b")).contains("true"))
        #expect(
            try await curl("-T", "/etc/debian_version", "-H", "Transfer-Encoding: chunked", server.url("/put"))
                .contains("\"data\""))
    }
}

@Suite("aioquic", .requires(.aioquic))
struct AioquicServerTests {
    @Test("starts in each manner, and listens on UDP", arguments: [AioquicServer.Manner.plain, .retry, .rejecting])
    func starts(_ manner: AioquicServer.Manner) async throws {
        let server = try await onThread { try AioquicServer(manner) }
        #expect(server.port > 0)
        #expect(server.log == "")
        try await onThread { server.stop() }
    }
}
