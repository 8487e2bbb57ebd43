import TernCore
import Testing

@testable import TernCommand

@Suite("command lines")
struct ParsingTests {
    /// What a line without `--next` asks for.
    private func parse(_ arguments: [String]) throws -> Invocation {
        try #require(try CommandLineParser.parse(arguments).first)
    }

    @Test("short options join, take what follows, or the next word, even one that begins with -")
    func shorts() throws {
        let invocation = try parse(["-sSLo", "out", "-XPOST", "-d", "-x", "a.test", "-Aname", "-"])
        #expect(invocation.global.silent && invocation.global.showError && invocation.followsRedirects)
        #expect(invocation.outputs == [.file("out")] && invocation.method == "POST")
        #expect(invocation.data == [.text("-x")] && invocation.userAgent == "name")
        #expect(invocation.urls == ["a.test", "-"])
    }

    @Test("a host may have the name of a subcommand")
    func hostsLikeSubcommands() throws {
        #expect(try parse(["--", "batch"]).urls == ["batch"])
        #expect(try parse(["-s", "bench"]).urls == ["bench"])
    }

    @Test("long options, their beginnings, and --no-…")
    func longs() throws {
        let invocation = try parse(
            ["--data", "a", "--fail-w", "--location", "--no-location", "--no-progress-meter", "--", "--url"])
        #expect(invocation.data == [.text("a")] && invocation.failWithBody && !invocation.followsRedirects)
        #expect(!invocation.global.showsMeter && invocation.urls == ["--url"])
    }

    @Test(
        "what cannot be",
        arguments: [
            (["--nothing"], "--nothing: there is no such option"),
            (["-%"], "-%: there is no such option"),
            (["--data"], "--data: expected an argument"), (["-sd"], "-d: expected an argument"),
            (["--reque", "x"], "--reque is ambiguous: it may be --request, --request-target"),
            (["--trace-a"], "--trace-a is an option of curl's that is not built"),
            (["-P"], "-P is an option of curl's that is not"),
            (["--no-keepalive"], "--no-keepalive is an option of curl's"),
            (["-I", "-d", "x"], "--head and --data each ask"),
            (["-T", "f", "-F", "a=b"], "--form and --upload-file each ask"),
            (["-m", "x"], "--max-time: expected seconds"),
        ])
    func refusals(_ arguments: [String], _ message: String) {
        let error = #expect(throws: UsageError.self) { try parse(arguments) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
        #expect(error?.code == 2)
    }

    @Test("every option has a name of its own, and help that fits")
    func table() {
        let longs = OptionTable.all.map(\.long)
        #expect(Set(longs).count == longs.count && Set(longs).isDisjoint(with: UnbuiltOptions.long))
        let shorts = OptionTable.all.compactMap(\.short)
        #expect(Set(shorts).count == shorts.count && Set(shorts).isDisjoint(with: UnbuiltOptions.short))
        #expect(OptionTable.all.allSatisfy { !$0.help.isEmpty })
    }

    @Test("numbers, seconds and bytes")
    func numbers() throws {
        #expect(try OptionArgument.integer("12", "-x") == 12)
        #expect(try OptionArgument.integer("-1", "-x", allowsAny: true) == .max)
        #expect(try OptionArgument.seconds("0.25", "-x") == .milliseconds(250))
        #expect(try OptionArgument.limit("0", "-x") == nil)
        #expect(try OptionArgument.bytes("2k", "-x") == 2048)
        #expect(try OptionArgument.bytes("3M", "-x") == 3 << 20)
        for text in ["", "x", "-2", "1.5", "9999999999G"] {
            #expect(throws: UsageError.self) { try OptionArgument.bytes(text, "-x") }
            #expect(throws: UsageError.self) { try OptionArgument.integer(text, "-x", allowsAny: true) }
        }
    }

    @Test("form fields")
    func forms() throws {
        var field = try FormField("f=@\"a;b,c\".png; type=image/png; q=1;filename=\"x\\\"y\"")
        #expect(field.value == .file("a;b,c"))
        #expect(field.type == "image/png; q=1" && field.filename == "x\"y")
        field = try FormField("f=@a,b;type=x/y;q=1,\"c,d\"")
        guard case .files(let files) = field.value else { throw UsageError("one file") }
        #expect(files.map(\.value) == [.file("a"), .file("b"), .file("c,d")] && files[1].type == "x/y;q=1")
        #expect(try FormField("=(;type=multipart/alternative").value == .begin)
        #expect(try FormField("=)").value == .end && FormField("a=)").value == .text(")"))
        #expect(try FormField("f=a;encoder=base64").encoder == "base64")
        field = try FormField("f=<a.txt;headers=\"X-A: b\"")
        #expect(field.value == .content("a.txt") && field.headers == ["X-A: b"])
        #expect(try FormField("f=\"half").value == .text("\"half"))
        #expect(try FormField(plain: "f=@a;type=b").value == .text("@a;type=b"))
        for text in ["f", "f=a;headers=@/no/such/file"] {
            #expect(throws: UsageError.self) { try FormField(text) }
        }
    }

    @Test("URL texts")
    func urls() throws {
        #expect(URLText.complete("a.test/x") == "http://a.test/x")
        #expect(URLText.adding(query: "b=2", to: "http://a.test/?a=1#c") == "http://a.test/?a=1&b=2#c")
        #expect(URLText.adding(query: "b", to: "http://a.test") == "http://a.test?b")
        #expect(URLText.adding(nameOf: "x/ü 1", to: "http://a.test") == "http://a.test/%C3%BC%201")
        #expect(URLText.adding(nameOf: "x/y", to: "http://a.test/b") == "http://a.test/b")
        #expect(URLText.adding(nameOf: "x/y", to: "http://a.test/b/?q=/") == "http://a.test/b/y?q=/")
        #expect(URLText.withoutUser("http://a:b@c.test/@d") == "http://c.test/@d")
        #expect(FormText.encode(Array("a b~ü&".utf8)) == Array("a+b~%C3%BC%26".utf8))
    }
}

@Suite("places")
struct PlaceTests {
    @Test("--resolve and --connect-to")
    func overrides() throws {
        let one = try Places.resolve("+Host.test:443:[::1],127.0.0.1")
        #expect(one.host == "host.test" && one.port == 443)
        #expect(try Places.resolve("*:80:127.0.0.1").host == nil)
        #expect(try Places.connectTo("::b.test:").target == .host("b.test", port: nil))
        #expect(
            try Places.connectTo("[::1]:80:[::2]:81")
                == AddressOverride(host: "::1", port: 80, target: .host("::2", port: 81)))
        for text in ["", "a", "a:b:127.0.0.1", "a:80:x"] {
            let error = #expect(throws: UsageError.self) { try Places.resolve(text) }
            #expect(error?.code == 49)
        }
    }

    @Test("proxies: kinds, ports, credentials")
    func proxies() throws {
        let plain = try Places.proxy("proxy.test")
        #expect(plain.kind == .http && plain.port == 1080)
        let socks = try Places.proxy("socks5h://me:p%40ss@[::1]:9050")
        #expect(socks.kind == .socks5h && socks.host == "::1" && socks.port == 9050)
        #expect(socks.credentials == Credentials(user: "me", password: "p@ss"))
        #expect(try Places.proxy("https://proxy.test").port == 443)
        #expect(try Places.proxy("http://proxy.test:80").port == 80)
        #expect(throws: UsageError.self) { try Places.proxy("gopher://proxy.test") }
        #expect(throws: UsageError.self) { try Places.proxy("http://") }
    }

    @Test("certificates with passwords, and colons in names")
    func certificates() {
        #expect(Places.certificate("a.pem:pass:word") == ("a.pem", "pass:word"))
        #expect(Places.certificate("c\\:\\\\a.pem") == ("c:\\a.pem", nil))
    }

    @Test("the environment's proxies")
    func environment() throws {
        let variables = [
            "http_proxy": "a", "HTTPS_PROXY": "b", "all_proxy": "c", "no_proxy": ".one.test, two.test,10.0.0.0/8,::1",
        ]
        let environment = ProxyEnvironment(Environment(variables), reading: .curl)
        #expect(environment.text(for: try HTTPURL("http://x.test/")) == "a")
        #expect(environment.text(for: try HTTPURL("https://x.test/")) == "b")
        for host in ["one.test", "a.one.test", "two.test", "b.two.test", "10.1.2.3", "[::1]"] {
            #expect(environment.isExcepted(try HTTPURL("http://\(host)/")), "\(host)")
        }
        for host in ["xone.test", "test", "11.0.0.1", "[::2]"] {
            #expect(!environment.isExcepted(try HTTPURL("http://\(host)/")), "\(host)")
        }
        let upper = ProxyEnvironment(Environment(["HTTP_PROXY": "x"]), reading: .curl)
        #expect(upper.text(for: try HTTPURL("http://x.test/")) == nil)
        let none = ProxyEnvironment(Environment(["all_proxy": "x"]), reading: .curl, noProxy: "*")
        #expect(none.text(for: try HTTPURL("http://x.test/")) == nil)
    }

    @Test("libcurl's number is the exit code; other transports' failures have one by what happened")
    func exitCodes() {
        func error(_ code: TransportError.Code, _ library: String? = nil, _ phase: TransportError.Phase = .head)
            -> Int32
        {
            ExitCode.of(
                TransportError(
                    code, phase: phase, retrySafety: .notSent, endpoint: "x", message: "m", libraryCode: library))
        }
        #expect(error(.certificateInvalid, "CURLE_SSL_CACERT_BADFILE (77)") == 77)
        #expect(error(.streamReset) == 92 && error(.bodyTruncated) == 18 && error(.totalTimeout) == 28)
        #expect(error(.connectionClosed) == 52 && error(.connectionClosed, nil, .body) == 56)
        #expect(TransportError.Code.allCases.allSatisfy { error($0) > 0 })
    }
}
