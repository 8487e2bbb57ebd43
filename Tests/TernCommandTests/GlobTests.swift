import Testing

@testable import TernCommand

@Suite("sets and ranges in URLs")
struct GlobTests {
    private func all(_ text: String) throws -> [String] {
        let glob = try URLGlob(text)
        return (0..<glob.count).map { glob[$0].text }
    }

    @Test(
        "what they stand for",
        arguments: [
            ("a", ["a"]), ("{a,b}", ["a", "b"]), ("{a,b}[1-2]", ["a1", "a2", "b1", "b2"]), ("{a,}", ["a", ""]),
            ("[08-11]", ["08", "09", "10", "11"]), ("[0-10:5]", ["0", "5", "10"]), ("[a-c]x", ["ax", "bx", "cx"]),
            ("[a-e:2]", ["a", "c", "e"]), ("[5-5]", ["5"]), ("[1- 2]", ["1", "2"]), ("\\{a\\}", ["{a}"]),
            ("{a\\,b,c}", ["a,b", "c"]), ("http://[::1]:80/[1-2]", ["http://[::1]:80/1", "http://[::1]:80/2"]),
            ("http://[fe80::1%25lo]/", ["http://[fe80::1%25lo]/"]), ("[]", ["[]"]), ("", []),
        ])
    func expands(_ text: String, _ wanted: [String]) throws {
        #expect(try all(text) == (text.isEmpty ? [""] : wanted))
    }

    @Test(
        "what they cannot be",
        arguments: [
            "{", "{}", "a}", "]", "{a{b}}", "{a[1-2]}", "{a]", "[", "[1-]", "[-1]", "[2-1]", "[1-2:0]", "[1-2:5]",
            "[a-]", "[b-a]", "[A-z]", "[a-b:x]", "[1-1:2]", "[x]", "[99999999999999999999-1]",
            "[0-9223372036854775806][0-9223372036854775806]",
        ])
    func refuses(_ text: String) {
        let error = #expect(throws: UsageError.self) { try URLGlob(text) }
        #expect(error?.code == 3 && error?.description.contains("--globoff") == true)
    }

    @Test("names of files take their values")
    func names() {
        #expect(URLGlob.fill("#2-#1-##1-#0-#3-#", ["a", "b"]) == "b-a-#a-#0-#3-#")
        #expect(URLGlob.fill("#1", []) == "#1")
    }

    @Test("a plan goes through files and URLs, and gives outputs and uploads to URLs by their order")
    func plan() throws {
        let all = try CommandLineParser.parse(["x.test/[1-2]", "y.test", "-T", "{a,b}", "-o", "#1.out", "-O"])
        let planned = try TransferPlan(invocation: all[0]).map { try $0.get() }
        #expect(planned.map(\.url) == ["x.test/1", "x.test/2", "x.test/1", "x.test/2", "y.test"])
        #expect(planned.map(\.upload) == ["a", "a", "b", "b", nil])
        #expect(planned.map(\.output).first == .file("1.out") && planned.last?.output == .remoteName)
        #expect(planned.map(\.number) == [0, 0, 0, 0, 1])
        var broken = try CommandLineParser.parse(["{", "y.test"])[0]
        #expect(TransferPlan(invocation: broken).map { (try? $0.get())?.url } == [nil, "y.test"])
        broken.globs = false
        #expect(try TransferPlan(invocation: broken).map { try $0.get().url } == ["{", "y.test"])
    }
}

@Suite("configuration files and --next")
struct ConfigTests {
    private func lines(_ text: String) -> [String] {
        ConfigFile(name: "x", text: text).lines.map { "\($0.number) \($0.option) \($0.value ?? "-")" }
    }

    @Test("lines: dashes or none, spaces, = and :, quotes, comments")
    func syntax() {
        let text = """
            # comment
            -o file
            --output "a \\"b\\"\\t\\x"
              user-agent = me
            url: "http://a.test/?a=b"
            silent
            header="A: b" trailing
            -d=x
            / neither
            * this
            request  POST  rest

            """
        #expect(
            lines(text) == [
                "2 -o file", "3 --output a \"b\"\tx", "4 user-agent me", "5 url http://a.test/?a=b", "6 silent -",
                "7 header A: b", "8 -d=x -", "11 request POST",
            ])
        #expect(lines("-s\r\nurl x\r\n") == ["1 -s -", "2 url x"])
    }

    @Test("--next begins anew, and keeps what holds for all")
    func next() throws {
        let all = try CommandLineParser.parse([
            "-s", "-d", "a", "a.test", "--next", "-X", "PUT", "b.test", "-:", "-Z", "c",
        ])
        #expect(all.map(\.urls) == [["a.test"], ["b.test"], ["c"]])
        #expect(all.map(\.data.count) == [1, 0, 0] && all[1].method == "PUT" && all[2].method == nil)
        #expect(all.allSatisfy { $0.global.silent && $0.global.isParallel })
        #expect(try CommandLineParser.parse(["--next", "a"]).count == 1)
    }

    @Test("options of a file come in its place, and errors name the line")
    func files() throws {
        let config = ConfigFile(name: "rc", text: "-d one\nnext\nurl = http://c.test\n")
        let all = try CommandLineParser.parse(["http://a.test"], config: config)
        #expect(all.count == 1 && all[0].urls == ["http://c.test", "http://a.test"] && all[0].data == [.text("one")])
        for (text, message) in [
            ("\nnothing", "rc:2: --nothing: there is no such option"), ("silent x", "rc:1: --silent takes no argument"),
            ("data", "rc:1: --data: expected an argument"), ("-P x", "rc:1: -P is an option of curl's"),
        ] {
            let error = #expect(throws: UsageError.self) {
                try CommandLineParser.parse([], config: ConfigFile(name: "rc", text: text))
            }
            #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test("a subcommand's own options are told from curl's")
    func mixed() throws {
        let own = [
            OwnOption("-n", "--requests"), OwnOption("-c", "--concurrency"), OwnOption("--ordered", takesValue: false),
        ]
        let words = [
            "-Hcontent: n", "-n", "5", "-c16", "-d", "-n", "--requests=7", "u", "--ordered", "-sSo", "-c", "-XPOST",
        ]
        let (mine, others) = try MixedArguments.split(words, own: own)
        #expect(mine == ["-n", "5", "-c", "16", "--requests=7", "--ordered"])
        #expect(others == ["-Hcontent: n", "-d", "-n", "u", "-sSo", "-c", "-XPOST"])
    }
}

@Suite("dates")
struct DateTests {
    @Test(
        "as people and servers write them",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("06 Nov 1994 08:49:37 +0100", 784_108_177),
            ("Nov 6 1994", 784_080_000), ("19941106", 784_080_000), ("1994-11-06", 784_080_000),
            ("6 november 1994 08:49", 784_111_740), ("1994-11-06T08:49:37Z", 784_111_777), ("1 Jan 71", 31_536_000),
            ("Thu, 01 Jan 1970 00:00:00 EST", 18_000), ("29 Feb 2000", 951_782_400),
        ] as [(String, Int64)])
    func reads(_ text: String, _ seconds: Int64) { #expect(DateText.seconds(of: text) == seconds) }

    @Test(
        "what is none", arguments: ["", "yesterday", "12", "Nov 1994", "40 Nov 1994", "6 Nov 1994 25:00", "file.txt"])
    func refuses(_ text: String) { #expect(DateText.seconds(of: text) == nil) }

    @Test("as HTTP writes them")
    func writes() {
        #expect(DateText.text(of: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(DateText.text(of: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(DateText.text(of: -1) == "Wed, 31 Dec 1969 23:59:59 GMT")
        for day in stride(from: Int64(-100_000), to: 100_000, by: 997) {
            #expect(DateText.seconds(of: DateText.text(of: day * 86_400 + 12_345)) == day * 86_400 + 12_345)
        }
    }
}
