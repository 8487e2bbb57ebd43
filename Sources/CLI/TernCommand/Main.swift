import Glibc

/// `tern URL`: sends requests from a shell, with curl's options and exit codes.
@main struct Main {
    static func main() async {
        // A reader that goes away is a write error, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    static func run(_ arguments: [String]) async -> Int32 {
        do {
            let invocation = try CommandLineParser.parse(arguments)
            if invocation.showsHelp { return try Output.standard.show(Help.text) }
            if invocation.showsVersion { return try Output.standard.show(VersionText.text) }
            guard !invocation.urls.isEmpty else {
                throw UsageError("no URL; 'tern --help' shows how it is used")
            }
            return try await Runner(invocation).run()
        } catch {
            Output.error.line("tern: \(error)")
            return ExitCode.of(error)
        }
    }
}
