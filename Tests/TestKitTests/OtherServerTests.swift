import TestKit
import Testing

@Suite("nghttpd", .requires(.nghttpd, .curl))
struct NghttpdServerTests {
    @Test("serves files with a trailer over TLS and in clear text")
    func files() async throws {
        let server = try await NghttpdServer.shared()
        #expect(try await curl("-i", server.url("/bytes/1"), ca: server.ca).contains("trailer: x-trailer\r\n"))
        let clear = try await NghttpdServer.shared(secure: false)
        let body = try await curl("--http2-prior-knowledge", clear.url("/1k"))
        #expect(body == String(decoding: NginxServer.pattern(1024), as: UTF8.self))
    }

    @Test("takes options, is stopped, and then refuses")
    func stopped() async throws {
        let server = try await onThread { try NghttpdServer(options: ["--echo-upload"]) }
        #expect(try await curl("-d", "echo", server.url("/1k"), ca: server.ca) == "echo")
        try await onThread { server.stop() }
        let error = await #expect(throws: TestKitError.self) { try await curl(server.url("/1k"), ca: server.ca) }
        #expect(error?.description.contains("connect") == true)
    }
}

@Suite("Caddy", .requires(.caddy, .curl))
struct CaddyServerTests {
    @Test("answers over HTTP/2, HTTP/1.1 and h2c, and announces HTTP/3")
    func protocols() async throws {
        let server = try await CaddyServer.shared()
        let answer = try await curl("-i", server.url("/protocol"), ca: server.ca)
        #expect(answer.hasSuffix("HTTP/2.0"))
        #expect(answer.contains(#"alt-svc: h3=":\#(server.port)""#))
        #expect(try await curl(server.clearURL("/protocol")) == "HTTP/1.1")
        #expect(try await curl("--http2-prior-knowledge", server.clearURL("/protocol")) == "HTTP/2.0")
        #expect(try await curl("-o", "/dev/null", "-w", "%{http_code}", server.clearURL("/status/503")) == "503")
    }
}
