import Glibc
import TestKit
import Testing

@testable import TernCommand

/// The examples of Docs/Command.md, with `tern` and `curl`. Servers stand for `example.org` and the like; nothing of
/// an example is changed but the names of those, and of files.
@Suite("examples", .requires(.curl, .nginx, .hypercorn, .tinyproxy, .microsocks, .dante))
struct ExampleTests {
    /// What both came to.
    private struct Result {
        var option: OptionSpec
        var example: String
        var tern: Outcome
        var curl: Outcome
        var said: String
    }

    /// Those that differ, and why.
    private static let differences = [
        "socks4a": "curl sends an address as a name, which dante refuses",
        "transport": "curl has no such option", "timeline": "curl has no such option",
        "report": "curl has no such option", "completion": "curl has no such option",
        "help": "each tells its own", "version": "each tells its own", "manual": "each tells its own",
        "http3": "Debian's curl has no HTTP/3", "http3-only": "Debian's curl has no HTTP/3",
    ]

    /// Those whose files each program writes in its own words.
    private static let ownFiles: Set = ["alt-svc", "cookie-jar", "stderr"]

    private func run(_ option: OptionSpec) async throws -> Result? {
        guard let example = OptionExamples.of(option) else { return nil }
        let servers = try await Servers.shared()
        let proxy = try await ProxyServer.shared(.tinyproxy)
        let socks = try await ProxyServer.shared(.microsocks)
        let names = [
            ("proxy.example.org:3128", "127.0.0.1:\(proxy.port)"),
            ("socks.example.org:1080", "127.0.0.1:\(socks.port)"),
            ("/run/server.sock", servers.fill("{unix}")), ("--cacert ca.pem", servers.fill("--cacert {ca}")),
            ("--proxy-cacert ca.pem", servers.fill("--proxy-cacert {ca}")),
            ("--capath ca ", servers.fill("--capath {cafolder} ")),
            ("client.pem", servers.fill("{cert}")), ("key.pem", servers.fill("{key}")),
            ("locked.pem", servers.fill("{lockedkey}")),
            ("PASSWORD", servers.fill("{password}")), ("PIN", try await Self.pin(servers)),
        ]
        let isProxied = option.group == .proxy
        let dante = try await ProxyServer.shared(.dante)
        let nginx = servers.fill("{nginx}").split(separator: "/").last.map(String.init) ?? ""
        let tls = servers.fill("{tls}").split(separator: "/").last.map(String.init) ?? ""
        let port = nginx.split(separator: ":").last.map(String.init) ?? ""
        // Where the names of the example cannot be led to a server by --connect-to.
        let others: [(String, String)] =
            switch option.long {
            case "resolve":
                [("example.org:80:", "example.org:\(port):"), ("http://example.org/", "http://example.org:\(port)/")]
            case "connect-to": [(":80:example.org:80", ":80:\(nginx)")]
            case "cacert", "capath": [("example.org", tls)]
            case "socks4", "socks4a":
                [
                    ("socks.example.org:1080", "127.0.0.1:\(dante.port)"),
                    ("http://example.org", "http://127.0.0.1:\(port)"),
                ]
            case _ where isProxied:
                [("http://example.org/", "http://\(nginx)/"), ("--noproxy example.org", "--noproxy localhost")]
            default: []
            }
        let text = (others + names).reduce(example) { text, pair in
            text.split(separator: pair.0, omittingEmptySubsequences: false).joined(separator: pair.1)
        }
        // Where the names lead; a certificate for localhost is shown.
        let places = [
            ("example.org:80", "{nginx}"), ("example.org:443", "{tls}"), ("h2c.example.org:80", "{h2c}"),
            ("client.example.org:443", "{client}"),
        ].flatMap { place, server in
            ["--connect-to", "\(place):\(servers.fill(server).split(separator: "/").last ?? "")"]
        }
        let isFirst = ["help", "version", "manual", "completion", "disable"].contains(option.long)
        let words = Line(text).words(servers)
        let isSecure = ["cacert", "capath"].contains(option.long)
        let known = isProxied || others.count > 0 ? [] : places
        let all = (isFirst ? words + known : known + (isSecure ? [] : ["-k"]) + words).flatMap {
            $0 == "--next" ? [$0] + known : [$0]
        }
        let environment = ["HOME": "."]
        let files = Self.files
        let tern = try await Command.run(Command.tern, all, environment: environment, files: files)
        let curl = try await Command.run("curl", all, environment: environment, files: files)
        return Result(option: option, example: example, tern: Outcome(tern), curl: Outcome(curl), said: tern.error)
    }

    private static let files = [
        "form.txt": "some text\n", "netrc.txt": "machine example.org login name password secret\n", ".netrc": "",
        "options.txt": "# options\nuser-agent = robot\n",
        "jar.txt": "example.org\tFALSE\t/\tFALSE\t2147483647\told\tcookie\n",
    ]

    /// The pin of nginx's key.
    private static func pin(_ servers: Servers) async throws -> String {
        let host = servers.fill("{tls}").split(separator: "/").last ?? ""
        let script = """
            openssl s_client -connect \(host) < /dev/null 2> /dev/null | openssl x509 -pubkey -noout \
            | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl base64
            """
        let run = try await Command.run("/bin/sh", ["-c", script])
        return run.text.split(separator: "\n").first.map(String.init) ?? ""
    }

    @Test("each option's example works, and comes to what curl makes of it")
    func all() async throws {
        var rows: [String] = []
        for option in OptionTable.all {
            guard let result = try await run(option) else { continue }
            let reason = Self.differences[option.long]
            var (tern, curl) = (result.tern, result.curl)
            if Self.ownFiles.contains(option.long) { (tern.files, curl.files) = ([:], [:]) }
            let isSame = tern == curl
            if reason == nil {
                #expect(result.tern.exit == .status(0), "\(result.example): \(result.said)")
                #expect(isSame, "\(result.example)\n tern \(result.tern)\n curl \(result.curl)\n\(result.said)")
            }
            let verdict = isSame ? "the same" : reason ?? "differs"
            let example = result.example.split(separator: "|").joined(separator: "\\|")
            rows.append(
                "| `\(Help.names(of: option).drop { $0 == " " })` | `\(example)` | \(result.tern.exit) | \(result.curl.exit) | \(verdict) |"
            )
        }
        guard DocumentationTests.writes else { return }
        let unbuilt = UnbuiltOptions.long.sorted().map { "`--\($0)`" }.joined(separator: ", ")
        let text = """
            # The options beside curl's

            Made by `Scripts/command-docs`: each example of [Command.md](Command.md) was run with `tern` and with curl \
            7.88.1 against the same servers (nginx, tinyproxy, microsocks), and what arrived there, what was printed, \
            which files came and the exit codes were compared. Left out of the comparison: the name and version in \
            `User-Agent`, dates, random boundaries of forms, and the order of fields with different names. Some 500 \
            more command lines are compared in `Tests/TernCommandTests`.

            | option | example | exit of tern | of curl | outcome |
            |---|---|---|---|---|
            \(rows.joined(separator: "\n"))

            ## Options of curl that are not built

            They end with exit code 2, and say so: \(unbuilt).

            """
        try DocumentationTests.write(text, to: "CommandBesideCurl.md")
    }
}
