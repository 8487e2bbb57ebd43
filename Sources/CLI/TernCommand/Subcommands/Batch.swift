import ArgumentParser

/// `tern batch`: many requests in one process, as lines of JSON.
struct Batch: TakesCurlOptions, EndsWithCode {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Carries out requests that standard input describes, a JSON object a line.",
        usage: "tern batch [--concurrency NUMBER] [--ordered] [options of tern] < requests > answers",
        discussion: """
            Writes an answer, a JSON object a line, for each. Cookies and connections are shared by all of them. \
            Options of tern URL, such as --cacert, -H or --http2, are the defaults; a line's own options come first. \
            Docs/Command.md has the format.

            Ends with 0 when all lines were carried out, 1 when one ended in an error, 2 for wrong options.

              echo '{"url": "https://example.org/"}' | tern batch
            """)

    static let ownOptions = [OwnOption("--concurrency"), OwnOption("--ordered", takesValue: false)]

    @Option(help: ArgumentHelp("Lines that are under way at once.", valueName: "number"))
    var concurrency = 16

    @Flag(help: "Write the answers in the order of the lines, not as they come.")
    var ordered = false

    var curl: [String] = []
    private(set) var exitCode: Int32 = 0

    private enum CodingKeys: String, CodingKey { case concurrency, ordered }

    func validate() throws {
        guard (1...100_000).contains(concurrency) else {
            throw ValidationError("--concurrency takes a number from 1 to 100000, not \(concurrency)")
        }
    }

    mutating func run() async throws {
        let invocation = try SubcommandLine.invocation(curl)
        guard invocation.urls.isEmpty else {
            throw UsageError("tern batch takes its URLs from standard input, not '\(invocation.urls[0])'")
        }
        let sessions = try await BatchSessions(invocation)
        let batch = BatchRun(sessions, concurrency: concurrency, isOrdered: ordered)
        exitCode = try await ManyThreads.run { try await batch.run() }
    }
}

/// The part of a subcommand's line that is `tern URL`'s.
enum SubcommandLine {
    static func invocation(_ words: [String]) throws -> Invocation {
        let all = try CommandLineParser.parse(words, config: CommandLineParser.standardConfig(words))
        guard all.count == 1, let only = all.first, only.global.page == nil else {
            throw UsageError("--next, --version and the like make no sense behind a subcommand")
        }
        return only
    }
}
