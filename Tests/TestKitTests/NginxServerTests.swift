import TestKit
import Testing

@Suite("nginx", .requires(.nginx, .curl))
struct NginxServerTests {
    @Test("answers over HTTP/1.1, h2c, HTTP/2 over TLS and a Unix socket")
    func protocols() async throws {
        let nginx = try await NginxServer.shared()
        #expect(try await curl(nginx.url("/protocol")) == "HTTP/1.1")
        #expect(try await curl("--http2-prior-knowledge", nginx.url("/protocol", .h2c)) == "HTTP/2.0")
        #expect(try await curl(nginx.url("/protocol", .tls), ca: nginx.ca) == "HTTP/2.0")
        #expect(try await curl(nginx.url("/protocol", .tlsHTTP1), ca: nginx.ca) == "HTTP/1.1")
        #expect(try await curl("--unix-socket", nginx.unixSocket, "http://tern.test/protocol") == "HTTP/1.1")
        #expect(try await curl(nginx.url("/tls", .tls12), ca: nginx.ca).hasPrefix("TLSv1.2 "))
    }

    @Test(
        "answers on the loopback address of IPv6",
        .enabled(if: Loopback.hasIPv6, "this machine has no IPv6 loopback address"))
    func ipv6() async throws {
        let nginx = try await NginxServer.shared()
        #expect(try await curl(nginx.url("/protocol", .tls, host: "[::1]"), ca: nginx.ca) == "HTTP/2.0")
    }

    @Test("serves the bytes that the pattern says", arguments: [0, 1, 1024, 65_536])
    func bytes(size: Int) async throws {
        let nginx = try await NginxServer.shared()
        let body = try await curl(nginx.url("/bytes/\(size)"))
        #expect(body == String(decoding: NginxServer.pattern(size), as: UTF8.self))
    }

    @Test("echoes, keeps uploads, counts them, and follows the DAV method")
    func uploads() async throws {
        let nginx = try await NginxServer.shared()
        #expect(try await curl("-d", "a body", nginx.url("/echo")) == "a body")
        #expect(try await curl("-X", "QUERY", "-d", "x", nginx.url("/method", .tls), ca: nginx.ca) == "QUERY")
        _ = try await curl("-X", "PUT", "-d", "kept", nginx.url("/upload/kept", .tls), ca: nginx.ca)
        #expect(nginx.uploaded("kept") == Array("kept".utf8))
    }

    @Test("redirects, counts down and sets two cookies")
    func redirectsAndCookies() async throws {
        let nginx = try await NginxServer.shared()
        let report = "%{num_redirects} %{http_code}"
        #expect(try await curl("-L", "-o", "/dev/null", "-w", report, nginx.url("/redirect/chain/9")) == "9 200")
        #expect(try await curl("-L", "-X", "POST", "-d", "kept", nginx.url("/redirect/308")) == "kept")
        let cookies = try await curl("-i", nginx.url("/set-cookies"))
        #expect(cookies.contains("Set-Cookie: first=1") && cookies.contains("Set-Cookie: second=2"))
        #expect(try await curl("-L", "-b", "", nginx.url("/redirect/with-cookie")) == "step=1")
        #expect(try await curl("-L", "-k", nginx.url("/redirect/to-tls")) == "authorization= cookie=")
    }

    @Test("asks for passwords and for certificates")
    func access() async throws {
        let nginx = try await NginxServer.shared()
        let ca = nginx.ca
        #expect(try await curl("-w", "%{http_code}", "-o", "/dev/null", nginx.url("/basic")) == "401")
        #expect(
            try await curl("-w", "%{http_code}", "-o", "/dev/null", "-u", "tern:secret", nginx.url("/basic")) == "200")
        let door = nginx.url("/client-certificate", .clientCertificate)
        #expect(try await curl("-w", "%{http_code}", "-o", "/dev/null", door, ca: ca) == "400")
        let withKey = try await curl("--cert", ca.client.certificate, "--key", ca.client.key, door, ca: ca)
        #expect(withKey == "SUCCESS CN=tern-client")
        let encrypted = try await curl(
            "--cert", "\(ca.client.certificate):\(ca.password)", "--key", ca.clientEncryptedKey, door, ca: ca)
        #expect(encrypted == "SUCCESS CN=tern-client")
    }

    @Test(
        "shows the bad certificates at their doors",
        arguments: [
            (NginxServer.Door.expired, "certificate has expired"), (.selfSigned, "self-signed certificate"),
            (.wrongHost, "no alternative certificate subject name matches"),
        ])
    func badCertificates(door: NginxServer.Door, complaint: String) async throws {
        let nginx = try await NginxServer.shared()
        let error = await #expect(throws: TestKitError.self) { try await curl(nginx.url("/", door), ca: nginx.ca) }
        #expect(error?.description.contains(complaint) == true, "\(error?.description ?? "")")
    }

    @Test("compresses, drips, closes and says when to come back")
    func manners() async throws {
        let nginx = try await NginxServer.shared()
        #expect(
            try await curl("-i", "--compressed", nginx.url("/text", .tls), ca: nginx.ca).contains(
                "content-encoding: gzip"))
        #expect(try await curl(nginx.url("/drip")) == "one\ntwo\nthree\n")
        #expect(try await curl("-i", nginx.url("/close")).contains("Connection: close"))
        #expect(try await curl("-i", nginx.url("/status/429")).contains("Retry-After: 1"))
        let error = await #expect(throws: TestKitError.self) { try await curl(nginx.url("/abort")) }
        #expect(error?.description.contains("Empty reply") == true)
    }
}
