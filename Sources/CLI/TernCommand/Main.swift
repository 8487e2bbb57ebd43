import Dispatch
import Glibc

/// `tern URL`: sends requests from a shell, with curl's options and exit codes; `tern NAME …`: a subcommand.
@main struct Main {
    /// What a shell calls an end by SIGINT: 128 and the signal's number.
    private static let interrupted: Int32 = 130

    static func main() async {
        // A reader that goes away is a write error, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // Not a child task: the signal's handler has to cancel it.
        let work = Task { await run(Array(CommandLine.arguments.dropFirst())) }
        let source = onInterrupt { work.cancel() }
        let code = await work.value
        source.cancel()
        exit(work.isCancelled ? interrupted : code)
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

    /// Ctrl-C ends the transfer, so that what has come is kept; a second one, or half a second in which something
    /// cannot be ended (reading from a terminal, say), ends the program at once.
    private static func onInterrupt(_ end: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(SIGINT, SIG_IGN)
        let queue = DispatchQueue(label: "tern-interrupt")
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: queue)
        source.setEventHandler {
            end()
            signal(SIGINT, SIG_DFL)
            queue.asyncAfter(deadline: .now() + .milliseconds(500)) { _exit(interrupted) }
        }
        source.resume()
        return source
    }
}
