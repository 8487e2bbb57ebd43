import Glibc
import TestKit
import Testing

@testable import TernCommand

/// What `tern` shows and how it ends, where curl is no measure.
@Suite("the command", .requires(.nginx, .hypercorn))
struct BehaviourTests {
    @Test("--timeline shows the phases in order, to the end of a failure too")
    func timeline() async throws {
        let servers = try await Servers.shared()
        let run = try await Command.tern(
            "-s", "-o", "x", "--timeline", "--cacert", servers.fill("{ca}"), servers.fill("{tls}/1k"))
        let phases = ["queued", "resolved", "connected", "TLS done", "ready", "request sent", "head", "done"]
        let found = phases.map { phase in run.error.split(separator: "\n").firstIndex { $0.contains("  \(phase)") } }
        #expect(
            found.allSatisfy { $0 != nil } && found.compactMap(\.self) == found.compactMap(\.self).sorted(),
            "\(run.error)")
        #expect(run.error.contains("HTTP/2 from") && run.error.contains("TLS 1.3"))
        let refused = try await Command.tern("-s", "--timeline", "http://127.0.0.1:1/")
        #expect(refused.exit == .status(7))
        #expect(refused.error.contains("resolved") && refused.error.contains("end"))
    }

    @Test("--version names the libraries, and what the transport can do and lacks")
    func version() async throws {
        let run = try await Command.tern("--version")
        #expect(run.exit == .status(0))
        let lines = run.text.split(separator: "\n")
        #expect(lines.first?.hasPrefix("tern ") == true)
        #expect(lines.contains { $0.hasPrefix("Libraries: ") && $0.contains("libcurl/") && $0.contains("OpenSSL/") })
        #expect(lines.contains { $0.hasPrefix("Transport curl: ") && $0.contains("HTTP/2") })
        #expect(lines.contains { $0.hasPrefix("  lacks ") && $0.contains(": libcurl ") })
    }

    @Test("--help names every option once, in groups")
    func help() async throws {
        let run = try await Command.tern("--help")
        for option in ["-X, --request METHOD", "-F, --form NAME=VALUE", "    --timeline", "Proxy", "Examples"] {
            #expect(run.text.contains(option))
        }
        #expect(run.text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test("-v tells what goes out and comes in, and hides credentials and cookies")
    func verbose() async throws {
        let servers = try await Servers.shared()
        let run = try await Command.tern(
            "-v", "-s", "-u", "me:hidden-secret", "-b", "session=hidden-secret", "-d", "a=1",
            servers.fill("{nginx}/method"))
        #expect(run.text == "POST")
        for line in ["* Connected: HTTP/1.1", "> POST /method HTTP/1.1", "> Content-Length: 3", "< HTTP/1.1 200 OK"] {
            #expect(run.error.contains(line), "\(run.error)")
        }
        #expect(!run.error.contains("hidden-secret") && run.error.contains("> Authorization: (hidden)"))
    }

    @Test("--retry tries again after passing failures, and says so")
    func retry() async throws {
        let raw = try RawServer(connections: [
            [
                .readHead,
                .send("HTTP/1.1 503 Later\r\nRetry-After: 0\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater"),
            ],
            [.readHead, .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")],
        ])
        let run = try await Command.tern("-sS", "--retry", "2", "-d", "x", raw.url("/"))
        #expect(run.text == "ok" && run.exit == .status(0))
        #expect(run.error.contains("the server answered 503 Later; trying again in 0 s, 1 more left"))
        let quiet = try await Command.tern("-s", "--retry", "2", "--retry-delay", "0.01", "http://127.0.0.1:1/")
        #expect(quiet.exit == .status(7) && quiet.error.isEmpty, "a refused connection does not pass")
    }

    @Test("--retry-connrefused waits for a server that comes late")
    func retryRefused() async throws {
        let run = try await Command.tern(
            "-sS", "--retry", "2", "--retry-connrefused", "--retry-delay", "0.01", "http://127.0.0.1:1/")
        #expect(run.error.split(separator: "\n").count { $0.contains("trying again") } == 2)
        #expect(run.exit == .status(7))
    }

    @Test("a pipe that closes is a write error (23)")
    func closedPipe() async throws {
        let servers = try await Servers.shared()
        let run = try await Command.run(
            "/bin/sh",
            [
                "-c", "{ \"$1\" -sS \"$2\"; echo code $? >&2; } | head -c 10 > /dev/null", "sh", Command.tern,
                servers.fill("{nginx}/bytes/16777216"),
            ])
        #expect(run.error.contains("tern: (23) writing the output") && run.error.contains("code 23"), "\(run.error)")
    }

    @Test("SIGINT ends the transfer with 130, and what has come stays")
    func interrupt() async throws {
        let servers = try await Servers.shared()
        let (tern, url) = (try Command.tern, servers.fill("{nginx}/stall"))
        let (exit, part) = try await onThread {
            let folder = try ScratchFolder("interrupt")
            let child = try ChildProcess(tern, ["-sS", "-o", "part", url], folder: folder)
            let part = folder.path(of: "part")
            while child.wait(atMost: .milliseconds(5)) == nil, (try? text(of: part)) != "one\n" {}
            child.send(signal: SIGINT)
            return (child.wait(atMost: .seconds(10)), try text(of: part))
        }
        #expect(exit == .status(130))
        #expect(part == "one\n")
    }

    @Test("SIGINT ends it even where it waits for standard input")
    func interruptInput() async throws {
        let asked = try Signal()
        let raw = try RawServer(.readHead, .fire(asked), .readToEnd)
        let (tern, url) = (try Command.tern, raw.url("/"))
        let child = try await onThread {
            let folder = try ScratchFolder("interrupt")
            let script = "mkfifo input; exec \"$1\" -sS -T - \"$2\" 0<> input"
            return try ChildProcess("/bin/sh", ["-c", script, "sh", tern, url], folder: folder)
        }
        try await asked.wait()
        child.send(signal: SIGINT)
        let exit = try await onThread { child.wait(atMost: .seconds(10)) }
        #expect(exit == .status(130))
    }

    /// What a terminal gets: `script` makes one.
    private func onTerminal(
        _ command: String, _ environment: [String: String] = ["NO_COLOR": "1"]
    ) async throws -> String {
        let run = try await Command.run("script", ["-qec", command, "/dev/null"], environment: environment)
        return run.text
    }

    @Test(
        "JSON is laid out and painted on a terminal; not with NO_COLOR, in a pipe, into a file, or if it is none",
        .enabled(if: ChildProcess.find("script") != nil, "script (bsdutils) makes the terminal"))
    func paint() async throws {
        let (tern, servers) = (try Command.tern, try await Servers.shared())
        let url = servers.fill("'{hypercorn}/echo?a'")
        let painted = try await onTerminal("\(tern) -s \(url)", ["TERM": "xterm"])
        #expect(painted.contains("\u{1B}[34;1m\"query\"\u{1B}[0m: \u{1B}[32m\"a\"\u{1B}[0m"), "\(painted)")
        #expect(painted.contains("{\r\n  "))
        for (command, environment) in [
            ("\(tern) -s \(url)", ["NO_COLOR": "1"]), ("\(tern) -s \(url)", ["TERM": "dumb"]),
            ("\(tern) -s \(url) | cat", [:]), ("\(tern) -s -o x \(url); cat x", [:]),
            ("\(tern) -s \(servers.fill("{nginx}/method"))", [:]),
        ] {
            let plain = try await onTerminal(command, environment)
            #expect(!plain.contains("\u{1B}["), "\(command): \(plain)")
            #expect(plain.contains("\"query\": \"a\"") || plain.contains("GET"))
        }
    }

    @Test(
        "many transfers have one line on a terminal, and so has a bench; nothing is drawn for a pipe",
        .enabled(if: ChildProcess.find("script") != nil, "script (bsdutils) makes the terminal"))
    func meters() async throws {
        let (tern, servers) = (try Command.tern, try await Servers.shared())
        let url = servers.fill("'{nginx}/bytes/[0-5]'")
        let many = try await onTerminal("\(tern) -Z -o '#1' \(url)")
        #expect(many.contains("6 done, 0 under way"), "\(many)")
        #expect(try await !onTerminal("\(tern) -sZ -o '#1' \(url)").contains("done"))
        let bench = try await onTerminal("\(tern) bench --duration 0.5 \(servers.fill("{nginx}/method"))")
        #expect(bench.contains(" requests, ") && bench.contains("\r\u{1B}[K"), "\(bench)")
    }

    @Test("--report json tells about the exchange in place of the body, and --stderr takes the messages")
    func report() async throws {
        let servers = try await Servers.shared()
        let run = try await Command.tern("-sL", "--report", "json", servers.fill("{nginx}/redirect/302"))
        let report = try JSONReader.value(of: run.output)
        guard case .object(let members) = report else { throw TestKitError("no object: \(run.text)") }
        #expect(
            members.map(\.name) == [
                "method", "status", "reason", "httpVersion", "url", "headers", "trailers", "informational", "bodyBytes",
                "file", "history", "attempts", "connection", "route", "timeline",
            ])
        #expect(run.text.contains("\"bodyBytes\":3") && run.text.contains("\"status\":302"))
        let kept = try await Command.tern("-s", "--report", "json", "-o", "body", servers.fill("{nginx}/method"))
        #expect(kept.files["body"] == Array("GET".utf8) && kept.text.contains("\"file\":\"body\""))
        let failed = try await Command.tern("--report", "json", "--stderr", "err", "http://127.0.0.1:1/")
        #expect(failed.exit == .status(7) && failed.text.contains("\"code\":\"connectionRefused\""))
        #expect(failed.error.isEmpty && failed.files["err"].map { $0.starts(with: "tern: (7) ".utf8) } == true)
        let unknown = try await Command.tern("--report", "xml", "http://127.0.0.1:1/")
        #expect(unknown.exit == .status(2))
    }

    @Test("a full disk ends it with 23, and leaves what there is room for")
    func fullDisk() async throws {
        let servers = try await Servers.shared()
        let script = "ulimit -f 64; trap '' XFSZ; \"$1\" -sS -o part \"$2\"; echo code $?"
        let run = try await Command.run(
            "/bin/bash", ["-c", script, "sh", Command.tern, servers.fill("{nginx}/bytes/1048576")])
        #expect(run.text.contains("code 23"), "\(run.error)")
        #expect(
            run.error.hasPrefix("tern: (23) writing part: ") && (run.files["part"]?.count ?? 0) == 65_536,
            "\(run.error)")
    }

    @Test(
        "a terminal gets text and no bytes that may upset it; --output - gets them through",
        .enabled(if: ChildProcess.find("script") != nil, "script (bsdutils) makes the terminal"))
    func terminal() async throws {
        let (tern, servers) = (try Command.tern, try await Servers.shared())
        #expect(try await onTerminal("\(tern) -sS \(servers.fill("{nginx}/method"))").contains("GET"))
        let refused = try await onTerminal("\(tern) -sS \(servers.fill("{nginx}/1k")); echo code $?")
        #expect(refused.contains("--output -") && refused.contains("code 23"), "\(refused)")
        #expect(try await onTerminal("\(tern) -sS -o - \(servers.fill("{nginx}/1k"))").contains("ABCDEF"))
    }

    @Test(
        "the bar is drawn on a terminal only, and not with -s or --no-progress-meter",
        .enabled(if: ChildProcess.find("script") != nil, "script (bsdutils) makes the terminal"))
    func meter() async throws {
        let (tern, url) = (try Command.tern, try await Servers.shared().fill("{nginx}/bytes/1048576"))
        let shown = try await onTerminal("\(tern) -o x \(url)")
        #expect(shown.contains("100 % of 1.0 MiB"), "\(shown)")
        #expect(!shown.contains("\u{1B}[3"), "NO_COLOR is set")
        #expect(try await !onTerminal("\(tern) -s -o x \(url)").contains("%"))
        #expect(try await !onTerminal("\(tern) --no-progress-meter -o x \(url)").contains("%"))
        let piped = try await Command.tern("-o", "x", url)
        #expect(piped.error.isEmpty)
    }
}
