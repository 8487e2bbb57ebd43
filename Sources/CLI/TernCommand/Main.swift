import Glibc

/// `tern URL`: sends requests from a shell, with curl's options and exit codes; `tern NAME …`: a subcommand.
@main struct Main {
    static func main() {
        // A reader that goes away is a write error, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        exit(MainThread.run { await run(Array(CommandLine.arguments.dropFirst())) })
    }

    static func run(_ arguments: [String]) async -> Int32 {
        do {
            if let first = arguments.first, let command = Subcommands.named(first) {
                return try await Subcommands.run(command, Array(arguments.dropFirst()))
            }
            let invocations = try CommandLineParser.parse(
                arguments, config: CommandLineParser.standardConfig(arguments))
            let global = invocations[0].global
            if let page = global.page { return try Output.standard.show(Pages.text(page)) }
            if let path = global.errorFile { Output.redirectErrors(to: path) }
            guard invocations.allSatisfy({ !$0.urls.isEmpty }) else {
                throw UsageError("no URL; 'tern --help' shows how it is used")
            }
            return try await Runner(invocations).run()
        } catch {
            let code = ExitCode.of(error)
            Output.error.line("tern: (\(code)) \(error)")
            return code
        }
    }
}
