import TestKit
import Testing

/// Each way to fail: curl's exit code, one line that says what was tried and what came back, and no secret in it.
@Suite("exit codes", .requires(.curl, .nginx, .hypercorn))
struct ExitCodeTests {
    private func check(_ line: Line, _ code: Int32, _ message: String, _ others: [(String, String)] = []) async throws {
        // The words are libcurl's in part; the codes of the other transports are below.
        let (curl, tern, said) = try await line.outcomes(others, transport: "curl")
        #expect(tern.exit == .status(code), "\(said)")
        #expect(tern.exit == curl.exit, "\(line.arguments)")
        #expect(said.hasPrefix("tern: (\(code)) ") && said.split(separator: "\n").count == 1, "\(said)")
        #expect(said.contains(message), "\(said)")
        #expect(!said.contains("hidden-secret"))
    }

    @Test(
        "before anything is sent",
        arguments: [
            (Line("-sS http://"), 3, "no host"), (Line("-sS http://localhost:99999/"), 3, "port"),
            (Line("-sS 'http://a b/'"), 3, "host"), (Line("-sS http://[::1"), 3, "range"),
            (Line("-sS -g http://[::1"), 3, "IPv6"),
            (Line("-sS foo://localhost/"), 1, "foo"), (Line("-sS -m x {nginx}/"), 2, "--max-time"),
            (Line("-sS --no-such {nginx}/"), 2, "--no-such"), (Line("-sS"), 2, "no URL"),
            (Line("-sS {nginx}/ -d"), 2, "-d"),
            (Line("-sS --resolve x {nginx}/"), 49, "HOST:PORT:ADDRESS"),
            (Line("-sS -T missing {nginx}/"), 26, "missing"),
            (Line("-sS -F a=@missing {nginx}/"), 26, "missing"), (Line("-sS --tls-max 9 {tls}/"), 2, "1.3"),
            (Line("-sS -o no/such/folder {nginx}/1k"), 23, "no/such/folder"),
            (Line("-sS -O {nginx}/"), 23, "file name"),
            (Line("-sS --limit-rate x {nginx}/"), 2, "--limit-rate"),
        ])
    func input(_ line: Line, _ code: Int32, _ message: String) async throws { try await check(line, code, message) }

    @Test(
        "connections and handshakes",
        arguments: [
            (Line("-sS http://127.0.0.1:1/"), 7, "127.0.0.1:1"),
            (Line("-sS http://nohost.invalid/"), 6, "nohost.invalid"),
            (Line("-sS http://me:hidden-secret@127.0.0.1:1/"), 7, "127.0.0.1"),
            (Line("-sS --unix-socket /no/such http://localhost/"), 7, "localhost"),
            (Line("-sS --interface nosuch0 {nginx}/"), 45, "nosuch0"),
            (Line("-sS https://{echohost}/"), 35, "handshake"), (Line("-sS {tls}/method"), 60, "certificate"),
            (Line("-sS --cacert {ca} {expired}/method"), 60, "expired"),
            (Line("-sS --cacert {ca} {selfsigned}/method"), 60, "self-signed"),
            (Line("-sS --cacert {ca} {wronghost}/method"), 60, "localhost"),
            (Line("-sS --cacert /no/such {tls}/method"), 77, "/no/such"),
            (Line("-sS --cacert lines.txt {tls}/method"), 77, "lines.txt"),
            (Line("-sS --capath /no/such {tls}/method"), 60, "certificate"),
            (Line("-sS -k -E {cert} --key {lockedkey} --pass hidden-secret {client}/1k"), 58, "private key"),
            (Line("-sS -k -E /no/such {client}/1k"), 58, "/no/such"),
            (Line("-sS -k -E {cert} --key /no/such {client}/1k"), 58, "/no/such"),
            (Line("-sS -k --pinnedpubkey sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= {tls}/1k"), 90, "pins"),
            (Line("-sS -k --tlsv1.3 {tls12}/method"), 35, "handshake"),
        ])
    func connections(_ line: Line, _ code: Int32, _ message: String) async throws {
        try await check(line, code, message)
    }

    @Test(
        "the native transport ends with curl's codes, too",
        arguments: [
            (Line("-sS http://127.0.0.1:1/"), 7), (Line("-sS http://nohost.invalid/"), 6),
            (Line("-sS --interface nosuch0 {nginx}/"), 45), (Line("-sS https://{echohost}/"), 35),
            (Line("-sS {tls}/method"), 60), (Line("-sS --cacert {ca} {wronghost}/method"), 60),
            (Line("-sS --cacert /no/such {tls}/method"), 77), (Line("-sS --cacert lines.txt {tls}/method"), 77),
            (Line("-sS -k -E {cert} --key /no/such {client}/1k"), 58), (Line("-sS -k --tlsv1.3 {tls12}/method"), 35),
            (Line("-sS -k --pinnedpubkey sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= {tls}/1k"), 90),
            (Line("-sS -x http://nohost.invalid:1 {nginx}/method"), 5), (Line("-sS -x {nginx} -k {tls}/method"), 56),
            (Line("-sS -x socks5h://{echohost} {nginx}/method"), 97), (Line("-sS -m 0.3 {nginx}/hang"), 28),
            (Line("-sS {nginx}/abort"), 52), (Line("-sS -o x {hypercorn}/abort"), 18), (Line("-sS -k {tls}/abort"), 92),
        ] as [(Line, Int32)])
    func native(_ line: Line, _ code: Int32) async throws {
        let words = ["--transport", "h2"] + line.words(try await Servers.shared())
        let run = try await Command.run(Command.tern, words)
        #expect(run.exit == .status(code), "\(run.error)")
        #expect(run.error.hasPrefix("tern: (\(code)) ") && run.error.split(separator: "\n").count == 1, "\(run.error)")
    }

    @Test(
        "answers",
        arguments: [
            (Line("-sS -f {nginx}/status/404"), 22, "404 Not Found"),
            (Line("-sS --max-redirs 0 -L {nginx}/redirect/301"), 47, "more than 0 redirects"),
            (Line("-sS -L {nginx}/redirect/to-file"), 1, "file"), (Line("-sS {nginx}/abort"), 52, "Empty reply"),
            (Line("-sS -o x {hypercorn}/abort"), 18, "999990"), (Line("-sS -m 0.3 {nginx}/hang"), 28, "deadline"),
            (Line("-sS -m 0.3 {nginx}/stall -o x"), 28, "deadline"),
            (Line("-sS --http1.1 {h2c}/"), 1, "HTTP/0.9"),
            (Line("-sS --http2-prior-knowledge {nginx}/1k"), 52, "Empty"),
            (Line("-sS -k {tls}/abort"), 92, "PROTOCOL_ERROR"),
            (Line("-sS --max-filesize 10 {nginx}/1k"), 63, "10 bytes"),
            (Line("-sS -o /dev/full {nginx}/1k"), 23, "No space"),
        ])
    func answers(_ line: Line, _ code: Int32, _ message: String) async throws { try await check(line, code, message) }

    @Test(
        "a peer that breaks the rules",
        arguments: [
            // curl takes the second of two lengths that contradict each other, and waits for more.
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "-sS -o x {raw}", 8, 18),
            (
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", "-sS --compressed {raw}",
                61, 61
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "-sS -o x {raw}", 56, 56),
            ("SSH-2.0-OpenSSH_9.2\r\n", "-sS {raw}", 1, 1),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "-sS -o x {raw}", 18, 18),
        ] as [(String, String, Int32, Int32)])
    func hostile(_ answer: String, _ arguments: String, _ code: Int32, _ codeOfCurl: Int32) async throws {
        let raw = try RawServer(.readHead, .send(answer), .close)
        let (curl, tern, said) = try await Line(arguments).outcomes([("raw", raw.url("/"))])
        #expect(tern.exit == .status(code), "\(said)")
        #expect(curl.exit == .status(codeOfCurl))
        #expect(said.hasPrefix("tern: (\(code)) ") && said.split(separator: "\n").count == 1, "\(said)")
    }

    @Test("a server that never finishes the handshake: --connect-timeout counts it in")
    func handshakeTimeout() async throws {
        let raw = try RawServer(.readToEnd)
        try await check(
            Line("-sS --connect-timeout 0.3 https://127.0.0.1:{p}/"), 28, "handshake", [("p", "\(raw.port)")])
    }

    @Test("a reset connection")
    func reset() async throws {
        let raw = try RawServer(.readHead, .reset)
        try await check(Line("-sS {raw}"), 56, "127.0.0.1", [("raw", raw.url("/"))])
    }
}
