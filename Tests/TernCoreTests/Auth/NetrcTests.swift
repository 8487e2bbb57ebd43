import Glibc
import MockTransport
import Testing
import TransportCore

@testable import TernCore

@Suite struct NetrcTests {
    static func told(_ text: String, _ host: String, user: String? = nil) throws -> [String]? {
        try Netrc(parsing: text).credentials(for: host, user: user).map { [$0.user, $0.password] }
    }

    @Test(
        "entries are read in any layout, as curl and Python read them",
        arguments: [
            ("machine a.test login u password p", ["u", "p"]),
            ("machine a.test\n\tlogin u\n\tpassword p\n", ["u", "p"]),
            ("machine\na.test\r\nlogin\r\nu\r\npassword\r\np\r\n", ["u", "p"]),
            ("machine other login x password y\nmachine a.test login u password p", ["u", "p"]),
            ("MACHINE A.TEST LOGIN u PASSWORD p", ["u", "p"]), ("machine a.test password p login u", ["u", "p"]),
            ("machine a.test login u account acc password p", ["u", "p"]), ("machine a.test login u", ["u", ""]),
            ("machine a.test password p", ["", "p"]), ("machine a.test user u password p", ["u", "p"]),
            ("machine a.test login \"u 1\" password \"p \\\"q\\\" \\\\ #\"", ["u 1", "p \"q\" \\ #"]),
            ("machine a.test login u password \"a\\tb\"", ["u", "a\tb"]),
            ("machine a.test login u password \"\"", ["u", ""]),
            ("machine a.test login u password a\\b\"c", ["u", "a\\b\"c"]),
            ("machine a.test login u password #secret#", ["u", "#secret#"]),
            ("# a comment with password x\nmachine a.test # here, too: login y\nlogin u #\npassword p #x", ["u", "p"]),
            ("machine a.test login p\u{e4}ul password \u{1f510}", ["p\u{e4}ul", "\u{1f510}"]),
            ("\u{feff}machine a.test login u password p", ["u", "p"]),
            ("machine a.test port 8080 login u password p", ["u", "p"]),
            ("machine a.test login u password p\nmachine a.test login u2 password p2", ["u", "p"]),
            ("default login d password dp\nmachine a.test login u password p", ["u", "p"]),
            ("machine b.test login x password y\ndefault login d password dp", ["d", "dp"]),
            (
                "macdef init\ncd /pub\nmachine a.test login x password y\n\nmachine a.test login u password p",
                ["u", "p"]
            ),
            ("machine a.test login u password p\nmacdef init\nls", ["u", "p"]),
        ])
    func reads(text: String, expected: [String]) throws { #expect(try Self.told(text, "a.test") == expected) }

    @Test(
        "a host without an entry has no credentials, and neither has an entry without any",
        arguments: [
            "", "# nothing", "machine b.test login u password p", "machine a.test", "machine a.test account x",
            "login u password p", "machine a.test:443 login u password p", "machine sub.a.test login u password p",
        ])
    func none(text: String) throws { #expect(try Self.told(text, "a.test") == nil) }

    @Test("one user's entry is found among several")
    func user() throws {
        let text =
            "machine a.test login one password 1\nmachine a.test login two password 2\ndefault login d password 3"
        #expect(try Self.told(text, "A.Test", user: "two") == ["two", "2"])
        #expect(try Self.told(text, "a.test") == ["one", "1"])
        #expect(try Self.told(text, "a.test", user: "three") == nil)
        #expect(try Self.told("machine a.test password p", "a.test", user: "me") == ["me", "p"])
    }

    @Test(
        "what is broken is an error with its line, and without secrets",
        arguments: [
            ("machine a.test login u\npassword", 2), ("machine", 1),
            ("machine a.test\nlogin \"secret\npassword p\n", 2),
            ("machine a.test login u password \"secret\\\"", 1),
        ])
    func broken(text: String, line: Int) {
        let error = #expect(throws: NetrcError.self) { try Netrc(parsing: text) }
        #expect(error?.code == .syntax)
        #expect(error?.line == line)
        #expect(error?.description.contains("line \(line)") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("a file that cannot be read is an error with its name and the system's words")
    func unreadable() throws {
        let folder = try TemporaryFile()
        let missing = #expect(throws: NetrcError.self) { try Netrc(contentsOf: folder.path) }
        #expect(missing?.code == .unreadable)
        #expect(missing?.description.contains(folder.path) == true)
        #expect(missing?.description.contains("No such file") == true)
        #expect(throws: NetrcError.self) { try Netrc(contentsOf: folder.folder) }
        #expect(throws: NetrcError.self) { try Netrc(contentsOf: "") }
        #expect(throws: NetrcError.self) { try Netrc(contentsOf: "a\u{0}b") }
        #expect(throws: NetrcError.self) { try NetrcAuth(folder.path) }
    }

    @Test("a file that is no text or far too long is refused")
    func strange() throws {
        let noText = try TemporaryFile([0x6d, 0xff, 0xfe])
        #expect(throws: NetrcError.self) { try Netrc(contentsOf: noText.path) }
        let long = try TemporaryFile([UInt8](repeating: 0x20, count: Netrc.maximumSize + 1))
        let error = #expect(throws: NetrcError.self) { try Netrc(contentsOf: long.path) }
        #expect(error?.code == .tooLong)
    }

    @Test("permissions matter where they are asked for")
    func permissions() throws {
        let file = try TemporaryFile(Array("machine a.test login u password p".utf8))
        for (mode, isRefused) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o622, true)] {
            let status = unsafe chmod(file.path, mode_t(mode))
            #expect(status == 0)
            #expect(try Netrc(contentsOf: file.path).credentials(for: "a.test")?.user == "u")
            if isRefused {
                let error = #expect(throws: NetrcError.self) {
                    try Netrc(contentsOf: file.path, permissions: .ownerOnly)
                }
                #expect(error?.code == .permissions)
                #expect(error?.description.contains("chmod 600") == true)
            } else {
                #expect(throws: Never.self) { try Netrc(contentsOf: file.path, permissions: .ownerOnly) }
            }
        }
    }

    static let text = """
        machine a.test login alice password 1
        machine b.test login bob password 2
        """

    @Test("each host gets its own credentials, after a redirect, too; others get none")
    func perHost() async throws {
        let mock = MockTransport([
            .redirect(to: "https://b.test/"), .redirect(to: "https://c.test/"), .redirect(to: "https://a.test/x"),
            MockResponse(),
        ])
        let run = ChainRun(mock) {
            $0.redirects = .follow()
            $0.auth = (try? Netrc(parsing: Self.text)).map { NetrcAuth($0) }
        }
        _ = try await run.send(Request(url: try HTTPURL("https://a.test/")))
        #expect(
            mock.sent.map { $0.request.fields[.authorization] } == [
                "Basic YWxpY2U6MQ==", "Basic Ym9iOjI=", nil, "Basic YWxpY2U6MQ==",
            ])
    }

    @Test("nothing goes from https to http")
    func downgrade() async throws {
        let mock = MockTransport([.redirect(to: "http://b.test/"), MockResponse()])
        let netrc = try Netrc(parsing: Self.text)
        let run = ChainRun(mock) {
            $0.redirects = .follow(allowsDowngrade: true)
            $0.auth = NetrcAuth(netrc)
        }
        _ = try await run.send(Request(url: try HTTPURL("https://a.test/")))
        #expect(mock.sent.map { $0.request.fields.contains(.authorization) } == [true, false])
    }

    @Test("users of the file are given by Digest where that is wished", arguments: [NetrcAuth.Scheme.digest, .any])
    func digest(scheme: NetrcAuth.Scheme) async throws {
        let server = DigestStub()
        let mock = MockTransport { sent in server.answer(sent) }
        let netrc = try Netrc(parsing: "machine a.test login tern password secret")
        let run = ChainRun(mock) { $0.auth = NetrcAuth(netrc, scheme: scheme) }
        for _ in 0..<2 {
            #expect(try await run.send(Request(url: try HTTPURL("https://a.test/"))).response.status == .ok)
        }
        #expect(mock.sent.count == 3)
    }

    @Test("nothing of it is shown")
    func hidden() throws {
        let netrc = try Netrc(parsing: "machine a.test login u password secret")
        var text = "\(netrc) \(NetrcAuth(netrc))"
        dump(netrc, to: &text)
        #expect(!text.contains("secret"))
    }
}
