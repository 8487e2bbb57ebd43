import TestKit
import Testing

@testable import TernCommand

/// `tern batch` against real servers: the format of Docs/Command.md.
@Suite("tern batch", .requires(.nginx, .hypercorn))
struct BatchTests {
    /// Answers by the text of their id.
    private func run(
        _ lines: String, _ arguments: String = "", exit: Int32 = 0
    ) async throws -> [(id: String, answer: JSON)] {
        let servers = try await Servers.shared()
        let run = try await Command.run(
            Command.tern, ["batch"] + Line(arguments).words(servers), input: servers.fill(lines))
        #expect(run.exit == .status(exit), "\(run.error)\(run.text)")
        #expect(run.error.isEmpty, "\(run.error)")
        return try run.text.split(separator: "\n").map { line in
            let answer = try JSONReader.value(of: Array(line.utf8))
            var id = JSONWriter()
            id.value(try #require(answer["id"]))
            return (String(decoding: id.bytes, as: UTF8.self), answer)
        }
    }

    @Test("an answer has all members of the format, in its order")
    func format() async throws {
        let answers = try await run(
            """
            {"id": {"a": [1, "x"]}, "method": "POST", "url": "{echo}?dry=1", "headers": [["X-Tag", "a"], ["X-Tag", "b"]], "body": "te\\u0078t\\n"}
            """)
        let answer = try #require(answers.first?.answer)
        #expect(answers.first?.id == "{\"a\":[1,\"x\"]}")
        #expect(
            answer.names == [
                "id", "status", "reason", "httpVersion", "url", "headers", "trailers", "informational", "body",
                "history",
                "attempts", "connection", "route", "timeline",
            ])
        #expect(answer["status"] == .number("200") && answer["httpVersion"] == .string("1.1"))
        #expect(answer["attempts"] == .number("1") && answer["history"] == .array([]))
        #expect(
            answer["timeline"]?.names == ["queue", "resolve", "connect", "tls", "send", "head", "body", "total"])
        #expect(
            answer["connection"]?.names == ["remote", "local", "reused", "alpn", "tlsVersion", "cipher", "group"])
        let seen = try JSONReader.value(of: Array((answer["body"]?.text ?? "").utf8))
        #expect(seen["method"] == .string("POST") && seen["body"] == .string("text\n"))
        #expect(seen["query"] == .string("dry=1"))
        let tags = seen["headers"]?.elements.filter { $0.elements.first == .string("x-tag") }
        #expect(tags?.map { $0.elements.last } == [.string("a"), .string("b")])
    }

    @Test("HTTP/2 over TLS: what is known of the connection, trailers, interim responses, and bytes that are no text")
    func details() async throws {
        let answers = try await run(
            """
            {"id": 1, "url": "{tls}/bytes/1000"}
            {"id": 2, "url": "{hypercorntls}/trailers", "headers": [["TE", "trailers"]]}
            {"id": 3, "url": "{hypercorntls}/early-hints"}
            """, "-k --http2 --ordered")
        #expect(answers.map(\.id) == ["1", "2", "3"])
        let first = answers[0].answer
        #expect(first["connection"]?["alpn"] == .string("h2") && first["connection"]?["tlsVersion"] == .string("1.3"))
        #expect(first["bodyBase64"] != nil && first["body"] == nil)
        #expect(answers[1].answer["trailers"] == .array([.array([.string("x-checksum"), .string("1234")])]))
        #expect(answers[2].answer["informational"]?.elements.first?["status"] == .number("103"))
    }

    @Test("what is not a request gets an error, and the batch goes on")
    func badInput() async throws {
        let bad = [
            "not json", "[1]", "{}", "{\"url\": 5}", "{\"url\": \"{echo}\", \"nope\": 1}",
            "{\"url\": \"{echo}\", \"url\": \"x\"}",
            "{\"url\": \"{echo}\", \"headers\": [[\"A\", \"b\\r\\nC: d\"]]}",
            "{\"url\": \"{echo}\", \"headers\": {\"A\": \"b\"}}",
            "{\"url\": \"{echo}\", \"headers\": [[\"A b\", \"c\"]]}", "{\"url\": \"{echo}\", \"body\": {}}",
            "{\"url\": \"{echo}\", \"method\": \"A B\"}", "{\"url\": \"{echo}\", \"transport\": \"pigeon\"}",
            "{\"url\": \"{echo}\", \"http\": 2}", "{\"url\": \"{echo}\", \"options\": {\"timeout\": \"5\"}}",
            "{\"url\": \"{echo}\", \"options\": {\"timeout\": -1}}", "{\"url\": \"{echo}\", \"options\": {\"x\": 1}}",
            "{\"url\": \"{echo}\", \"options\": {\"resolve\": [[\"a\", \"80\", \"127.0.0.1\"]]}}",
            "{\"url\": \"{echo}\", \"options\": {\"auth\": \"basic\"}}",
            "{\"url\": \"{echo}\", \"options\": {\"key\": \"x\"}}",
            "{\"url\": \"{echo}\", \"headers\": [[\"A\", \"\\u0000\"]]}", "\u{fffd}\"",
        ]
        let answers = try await run(
            (bad + ["{\"id\": \"last\", \"url\": \"{echo}\"}", "", "{\"url\": \"ftp://x\"}"]).joined(separator: "\n"),
            exit: 1)
        #expect(answers.count == bad.count + 2)
        for (number, text) in bad.enumerated() {
            let answer = try #require(answers.first { $0.id == "\(number + 1)" }, "\(text)").answer
            #expect(answer["error"]?["code"] == .string("badInput"), "\(text)")
            #expect(answer["error"]?["message"]?.text.contains("line \(number + 1): ") == true, "\(answer)")
            #expect(answer["error"]?["phase"] == .string("input"))
        }
        #expect(answers.first { $0.id == "\"last\"" }?.answer["status"] == .number("200"))
        // An empty line says nothing, and is counted.
        #expect(answers.first { $0.id == "\(bad.count + 3)" }?.answer["error"]?["exit"] == .number("1"))
    }

    @Test("failures tell code, phase, retry safety and curl's exit code")
    func failures() async throws {
        let answers = try await run(
            """
            {"id": "refused", "url": "http://a:secret@127.0.0.1:1/", "options": {"retries": 2}}
            {"id": "name", "url": "http://nohost.invalid/"}
            {"id": "trust", "url": "{tls}/method"}
            {"id": "late", "url": "{nginx}/hang", "options": {"timeout": 0.2}}
            {"id": "large", "url": "{nginx}/1k", "options": {"maxBodyBytes": 10}}
            {"id": "loop", "url": "{nginx}/redirect/loop", "options": {"followRedirects": true, "maxRedirects": 2}}
            {"id": "cut", "url": "{hypercorn}/abort"}
            {"id": "proxy", "url": "{nginx}/method", "options": {"proxy": "http://127.0.0.1:1"}}
            {"id": "ok", "url": "{nginx}/status/503"}
            """, exit: 1)
        func check(_ id: String, _ code: String, _ phase: String, _ safety: String, _ exit: Int, attempts: Int = 1) {
            let answer = answers.first { $0.id == "\"\(id)\"" }?.answer
            let error = answer?["error"]
            #expect(error?["code"] == .string(code), "\(String(describing: answer))")
            #expect(
                error?["phase"] == .string(phase) && error?["retrySafety"] == .string(safety),
                "\(id) \(String(describing: error))")
            #expect(error?["exit"] == .number("\(exit)") && answer?["attempts"] == .number("\(attempts)"), "\(id)")
        }
        check("refused", "connectionRefused", "connect", "notSent", 7, attempts: 3)
        check("name", "hostNotFound", "resolve", "notSent", 6)
        check("trust", "certificateInvalid", "tls", "notSent", 60)
        check("late", "totalTimeout", "head", "maybeProcessed", 28)
        check("large", "bodyTooLarge", "body", "processed", 63)
        check("loop", "redirectRefused", "session", "processed", 47, attempts: 3)
        check("cut", "bodyTruncated", "body", "processed", 18)
        check("proxy", "connectionRefused", "connect", "notSent", 7)
        #expect(answers.first { $0.id == "\"ok\"" }?.answer["status"] == .number("503"))
        #expect(answers.first { $0.id == "\"refused\"" }?.answer["url"] == .string("http://127.0.0.1:1/"))
        #expect(answers.first { $0.id == "\"loop\"" }?.answer["history"]?.elements.count == 2)
    }

    @Test("a line's options: redirects, decoding, trust, a user, addresses, a Unix socket, versions and transports")
    func options() async throws {
        let answers = try await run(
            """
            {"id": 1, "url": "{nginx}/redirect/301", "options": {"followRedirects": true}}
            {"id": 2, "url": "{nginx}/redirect/301"}
            {"id": 3, "url": "{nginx}/text", "headers": [["Accept-Encoding", "gzip"]], "options": {"decode": false}}
            {"id": 4, "url": "{tls}/protocol", "options": {"cacert": "{ca}"}}
            {"id": 5, "url": "{tls}/protocol", "http": "1.1", "options": {"insecure": true}}
            {"id": 6, "url": "{h2c}/protocol", "http": "2-prior-knowledge", "transport": "h2"}
            {"id": 7, "url": "{nginx}/credentials", "options": {"user": "a:b", "auth": "basic"}}
            {"id": 8, "url": "http://other.test:{port}/host", "options": {"resolve": [["other.test", {port}, "127.0.0.1"]]}}
            {"id": 9, "url": "http://localhost/method", "method": "PUT", "options": {"unixSocket": "{unix}"}}
            {"id": 10, "url": "{client}/1k", "options": {"cacert": "{ca}", "cert": "{cert}", "key": "{key}"}}
            {"id": 11, "url": "{nginx}/text", "options": {"decode": true}}
            {"id": 12, "url": "{hypercorn}/upload", "method": "POST", "body": "x", "trailers": [["X-Sum", "42"]]}
            {"id": 13, "url": "{nginx}/method", "method": "HEAD", "options": {"connectTimeout": 5, "proxy": ""}}
            """, "--ordered")
        #expect(answers.map(\.id) == (1...13).map { "\($0)" })
        let all = answers.map(\.answer)
        #expect(all[0]["body"] == .string("GET") && all[0]["history"]?.elements.first?["status"] == .number("301"))
        #expect(all[1]["status"] == .number("301"))
        #expect(all[2]["bodyBase64"] != nil)
        #expect(all[3]["body"] == .string("HTTP/2.0") && all[4]["body"] == .string("HTTP/1.1"))
        #expect(all[5]["body"] == .string("HTTP/2.0") && all[5]["httpVersion"] == .string("2"))
        #expect(all[6]["body"]?.text.contains("authorization=Basic YTpi") == true)
        #expect(all[7]["body"]?.text.hasPrefix("other.test") == true && all[8]["body"] == .string("PUT"))
        #expect(all[9]["status"] == .number("200") && all[10]["body"]?.text.utf8.count == 22_528)
        #expect(all[11]["status"] == .number("200") && all[12]["body"] == .string(""))
    }

    @Test("cookies and the command line's options hold for all lines; answers come as they are ready, or in order")
    func session() async throws {
        let lines = """
            {"id": "slow", "url": "{nginx}/delay"}
            {"id": "fast", "url": "{nginx}/user-agent"}
            """
        let ready = try await run(lines, "-A me")
        #expect(ready.map(\.id) == ["\"fast\"", "\"slow\""] && ready[0].answer["body"] == .string("me"))
        #expect(try await run(lines, "--ordered -A me").map(\.id) == ["\"slow\"", "\"fast\""])
        let cookies = try await run(
            "{\"url\": \"{nginx}/set-cookies\"}\n{\"url\": \"{nginx}/cookies\"}", "--concurrency 1 -H 'X-A: b'")
        #expect(cookies.last?.answer["body"] == .string("first=1; second=2"))
    }

    @Test("wrong options end it with 2; --help is its own")
    func usage() async throws {
        for arguments in ["--concurrency 0", "--concurrency x", "http://a.test/", "--no-such", "--ftp-port x"] {
            let run = try await Command.run(Command.tern, ["batch"] + arguments.split(separator: " ").map(String.init))
            #expect(run.exit == .status(2) && run.error.hasPrefix("tern: (2) "), "\(run.error)")
            #expect(run.error.split(separator: "\n").count == 1 && run.text.isEmpty, "\(run.error)")
        }
        let help = try await Command.tern("batch", "--help")
        #expect(help.exit == .status(0) && help.text.contains("--concurrency"))
    }

    @Test("a reader that goes away ends it with 23; SIGINT with 130")
    func endings() async throws {
        let servers = try await Servers.shared()
        let line = servers.fill("{\\\"url\\\": \\\"{nginx}/bytes/1048576\\\"}")
        let script =
            "for i in 1 2 3 4 5 6 7 8; do echo \"\(line)\"; done | { \"$1\" batch; echo code $? >&2; } | head -c 10 > x"
        let run = try await Command.run("/bin/sh", ["-c", script, "sh", Command.tern])
        #expect(run.error.contains("code 23") && run.error.contains("tern: (23) writing"), "\(run.error)")
    }

    @Test("many lines, few at a time: every one is answered, over one connection")
    func many() async throws {
        let line = "{\"url\":\"{tls}/method\"}\n"
        let answers = try await run(
            String(repeating: line, count: 2_000), "-k --http2 --transport h2 --concurrency 50")
        #expect(answers.count == 2_000 && answers.allSatisfy { $0.answer["body"] == .string("GET") })
        #expect(Set(answers.map { $0.answer["connection"]?["local"]?.text }).count == 1)
        #expect(Set(answers.map(\.id)).count == 2_000)
    }
}

extension JSON {
    fileprivate subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    fileprivate var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }

    fileprivate var elements: [JSON] { if case .array(let values) = self { values } else { [] } }

    fileprivate var text: String { if case .string(let text) = self { text } else { "" } }
}
