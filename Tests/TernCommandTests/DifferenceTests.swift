import TestKit
import Testing

/// Where `tern` means to differ from `curl`, and why. Each is a fact about both: a difference that goes is noticed.
@Suite("differences from curl", .requires(.curl, .nginx, .hypercorn))
struct DifferenceTests {
    private func expect(
        _ line: Line, curl exitOfCurl: Int32, tern exit: Int32, _ output: String = "", others: [(String, String)] = []
    ) async throws {
        let (curl, tern, said) = try await line.outcomes(others)
        #expect(curl.exit == .status(exitOfCurl), "\(curl)")
        #expect(tern.exit == .status(exit), "\(said)")
        #expect(tern.output.contains(output) || said.contains(output), "\(tern) \(said)")
        #expect(curl != tern)
    }

    @Test("a file of data that is not there is an error, as in curl since 8, and sends nothing")
    func missingData() async throws {
        try await expect(Line("-sS -d @missing {echo}"), curl: 0, tern: 26, "missing")
        try await expect(Line("-sS -H @missing {echo}"), curl: 0, tern: 26, "missing")
    }

    @Test("what HTTP forbids is refused, where curl sends it")
    func refused() async throws {
        try await expect(Line("-sS -H 'Bad Name: x' {echo}"), curl: 0, tern: 43, "Bad Name")
        try await expect(Line("-sS -H 'X: a\r\nSmuggled: b' {echo}"), curl: 0, tern: 43, "holds CR")
        try await expect(Line("-sS -X 'BAD METHOD' {echo}"), curl: 0, tern: 2, "BAD METHOD")
        try await expect(Line("-sS -m 1 -d a=1 -H 'Content-Length: 5' {echo}"), curl: 28, tern: 43, "Content-Length")
        try await expect(Line("-sS -H Host: {echo}"), curl: 0, tern: 0, "\"host\"")
        try await expect(Line("-sS --oauth2-bearer 'to k' {echo}"), curl: 0, tern: 43, "bearer token")
    }

    @Test("Expect: 100-continue goes out only if it is asked for: no round trip is lost to servers that ignore it")
    func expectation() async throws {
        let (curl, tern, _) = try await Line("-sS -T lines.txt {echo}").outcomes()
        #expect(curl.output.contains("100-continue"))
        #expect(!tern.output.contains("100-continue"))
        #expect(tern.output.contains("\"length\": 26"))
    }

    @Test("a PUT without content says so (RFC 9110 §8.6)")
    func emptyPut() async throws {
        try await expect(Line("-sS -X PUT {echo}"), curl: 0, tern: 0, "[\"content-length\", \"0\"]")
    }

    @Test("cookies are joined as RFC 6265 §5.4 has it; codings are asked for in the library's order")
    func spelling() async throws {
        try await expect(Line("-sS -b a=1 -b b=2 {echo}"), curl: 0, tern: 0, "a=1; b=2")
        try await expect(Line("-sS --compressed {echo}"), curl: 0, tern: 0, "gzip, deflate, br, zstd")
    }

    @Test("URLs are normalised: spaces and letters beyond ASCII are encoded")
    func urls() async throws {
        try await expect(Line("-sS '{hypercorn}/a b'"), curl: 3, tern: 0, "/a b")
        try await expect(Line("-sS {hypercorn}/?ü"), curl: 0, tern: 0, "%C3%BC")
        try await expect(Line("-sS http:///x"), curl: 6, tern: 3, "no host")
    }

    @Test("https is not left for http: schemes; http: stays at HTTP/1.1 with --http2, as RFC 9113 dropped the upgrade")
    func schemes() async throws {
        try await expect(Line("-sS ftp://127.0.0.1:1/"), curl: 7, tern: 1, "ftp")
        try await expect(Line("-sS --http2 {echo}"), curl: 0, tern: 0, "\"http_version\": \"1.1\"")
    }

    @Test("answers that are tried again are not printed; a stream that cannot be sent twice is told so")
    func repetitions() async throws {
        try await expect(Line("-s --retry 1 {nginx}/status/503"), curl: 0, tern: 0, "later")
        try await expect(
            Line("-sSL -H Expect: -T - {raw}", input: "hello"), curl: 0, tern: 65, "only once",
            others: [("raw", try await Servers.shared().fill("{nginx}/redirect/307"))])
    }

    @Test("the length of what is quoted is told; a body without a length is not let pass its limit, as in curl since 8")
    func lengths() async throws {
        let quoted = try await Command.run(
            Command.tern, Line("-sS -F f=a=b;encoder=quoted-printable {echo}").words(Servers.shared()))
        #expect(quoted.text.contains("\\r\\n\\r\\na=3Db\\r\\n") && quoted.text.contains("\"content-length\""))
        try await expect(
            Line("-sS --max-filesize 10 {hypercorn}/bytes?size=100 -o x"), curl: 0, tern: 63, "10 bytes")
    }

    @Test("a family that the host lacks is no address; a head file that cannot be written is an error")
    func rest() async throws {
        try await expect(Line("-sS -6 {ipv4}/method"), curl: 7, tern: 6, "family")
        try await expect(Line("-sS -D /dev/full {nginx}/method"), curl: 0, tern: 23, "No space")
        try await expect(Line("-sS -k --pinnedpubkey nonsense {tls}/1k"), curl: 90, tern: 2, "sha256//")
        try await expect(Line("-sS --cacert {ca} --capath {cafolder} {tls}/method"), curl: 0, tern: 2, "--capath")
    }

    @Test(
        "curl's other options are known, and said not to be built",
        arguments: [
            "-P -", "-B", "-3", "--ntlm", "-t x", "--hsts x", "--proxy-http2", "--no-keepalive", "--ftp-port x",
        ])
    func unbuilt(_ option: String) async throws {
        let run = try await Command.run(Command.tern, Line("-sS http://127.0.0.1:1/ \(option)").words(Servers.shared()))
        let name = option.split(separator: " ").first ?? ""
        #expect(
            run.exit == .status(2) && run.error.hasPrefix("tern: (2) \(name) is an option of curl's that is not built"))
    }
}
