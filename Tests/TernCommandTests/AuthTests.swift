import TestKit
import Testing

/// Ways to prove who is asking, and cookies in files, as curl has them.
@Suite("credentials and cookies as curl uses them", .requires(.curl, .nginx, .hypercorn))
struct AuthTests {
    private func compare(_ line: Line, _ others: [(String, String)] = []) async throws {
        let (curl, tern, said) = try await line.outcomes(others)
        #expect(tern == curl, "\(line.arguments); tern said: \(said)")
    }

    @Test("Digest, any scheme, and users in URLs", .requires(.httpbin))
    func digest() async throws {
        let bin = try await HTTPBinServer.shared()
        let places = [("bin", bin.url("")), ("binhost", String(bin.url("").dropFirst("http://".count)))]
        for line in [
            "-sS --digest -u me:secret {bin}/digest-auth/auth/me/secret",
            "-sS --digest -u me:wrong -w '%{http_code}' {bin}/digest-auth/auth/me/secret",
            "-sS --digest -u me:secret -d a=1 {echo}", "-sS --anyauth -u me:secret {bin}/digest-auth/auth/me/secret",
            "-sS --anyauth -u me:secret {bin}/basic-auth/me/secret",
            "-sS --anyauth -u me:secret {bin}/get -o x -w '%{http_code}'",
            "-sS --digest http://me:secret@{binhost}/digest-auth/auth/me/secret",
            "-sS --anyauth http://me:secret@{binhost}/basic-auth/me/secret", "-sS --digest {nginx}/method",
            "-sS --digest -u me:secret {bin}/digest-auth/auth/me/secret/SHA-256",
        ] { try await compare(Line(line), places) }
    }

    @Test(
        "netrc files",
        arguments: [
            "-sS --netrc-file rc {nginx}/credentials", "-sS --netrc-file missing {nginx}/credentials",
            "-sS -n {nginx}/credentials", "-sS -n -u a:b {nginx}/credentials",
            "-sS --netrc-optional --netrc-file rc {nginx}/credentials", "-sS --netrc-file rc {ipv4}/credentials",

            "-sS --netrc-optional http://url:user@{nginxhost}/credentials",
            "-sS --netrc-optional http://{nginxhost}/credentials", "-sSL --netrc-file rc {nginx}/redirect/other-origin",
        ])
    func netrc(_ line: String) async throws {
        let servers = try await Servers.shared()
        let host = String(servers.fill("{nginx}").dropFirst("http://".count))
        let words = Line(line).words(servers, [("nginxhost", host)])
        let files = [
            "rc": "machine localhost login filed password secret\n",
            ".netrc": "machine localhost login home password secret\n",
        ]
        let curl = try await Command.run("curl", words, environment: ["HOME": "."], files: files)
        let tern = try await Command.run(Command.tern, words, environment: ["HOME": "."], files: files)
        #expect(Outcome(tern) == Outcome(curl), "\(tern.error)")
    }

    @Test(
        "credentials after redirects to other hosts",
        arguments: [
            Line("-sSL -u a:b {nginx}/redirect/other-origin"),
            Line("-sS --location-trusted -u a:b {nginx}/redirect/other-origin"),
            Line("-sSL -H 'Authorization: x' {nginx}/redirect/other-origin"),
            Line("-sS --location-trusted -H 'Authorization: x' {nginx}/redirect/other-origin"),
        ])
    func redirects(_ line: Line) async throws { try await compare(line) }

    @Test("proxies that want Digest, and any scheme", .requires(.squid))
    func proxies() async throws {
        let proxy = try await ProxyServer.shared(.squidDigest)
        let places = [("place", "127.0.0.1:\(proxy.port)")]
        for line in [
            "-sS -x http://{place} --proxy-digest -U tern:secret {nginx}/method",
            "-sS -x http://{place} --proxy-anyauth -U tern:secret {nginx}/method",
            "-sS -x http://tern:secret@{place} --proxy-digest {nginx}/method",
            "-sS -x http://{place} --proxy-digest -U tern:secret -k {tls}/method",
            "-sS -x http://{place} --proxy-anyauth -U tern:secret -k {tls}/method",
            "-sS -x http://{place} --proxy-digest -U tern:wrong -k {tls}/method",
        ] { try await compare(Line(line), places) }
    }

    @Test(
        "cookie files",
        arguments: [
            Line("-sS -c jar {nginx}/redirect/with-cookie"), Line("-sSL -c jar {nginx}/redirect/with-cookie"),

            Line("-sS -b cookies.txt -j {nginx}/cookies"),
            Line("-sS -c - {nginx}/redirect/with-cookie -o x"), Line("-sS -c no/such/jar {nginx}/method"),
            Line("-sS -c jar {nginx}/redirect/with-cookie --next -sS -b jar {nginx}/cookies"),
            Line("-sS -b - {nginx}/cookies", input: "localhost\tFALSE\t/\tFALSE\t0\tfrom\tstdin\n"),
            Line("-sS -c jar {nginx}/method"),
        ])
    func cookies(_ line: Line) async throws { try await compare(line) }
}
