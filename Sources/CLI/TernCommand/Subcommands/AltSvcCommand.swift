import ArgumentParser
import Tern

/// `tern alt-svc`: looks at a file of alternative services, and changes it.
struct AltSvcCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alt-svc",
        abstract: "Lists, imports and clears what servers said about HTTP/3.",
        usage: "tern alt-svc FILE [--import OTHER] [--clear | --forget HOST[:PORT]]",
        discussion: """
            FILE is in the format of curl's --alt-svc, and is what tern --alt-svc FILE keeps. Without an option it is \
            listed: the origin, where it speaks HTTP/3, until when (GMT seconds since 1970), and whether that was found \
            broken. Nothing is changed unless an option asks for it.

              tern --alt-svc seen.txt https://example.org/
              tern alt-svc seen.txt
            """)

    @ArgumentParser.Argument(help: "The file; it need not be there.")
    var file: String

    @Option(name: .customLong("import"), help: ArgumentHelp("Take over what this file has.", valueName: "other"))
    var other: String?

    @Flag(help: "Forget everything.")
    var clear = false

    @Option(help: ArgumentHelp("Forget this origin.", valueName: "host[:port]"))
    var forget: String?

    func validate() throws {
        if clear, forget != nil { throw ValidationError("--clear forgets everything; --forget is too much then") }
    }

    mutating func run() async throws {
        let cache = await FileAltSvcCache(file)
        while let problem = cache.takeProblem() { Output.error.line("tern: \(problem)") }
        if clear { cache.removeAll() }
        if let forget {
            guard let origin = try? HTTPURL("https://\(forget)/").origin else {
                throw UsageError("--forget: '\(forget)' is no HOST or HOST:PORT")
            }
            cache.forget(origin)
        }
        if let other {
            let (origins, damaged) = try await cache.importFile(other)
            Output.error.line("tern: \(origins) origins in \(other)")
            if damaged > 0 { Output.error.line("tern: \(damaged) lines of \(other) cannot be read and are left out") }
        }
        await cache.flush()
        while let problem = cache.takeProblem() { throw UsageError(problem) }
        if !clear, forget == nil, other == nil { try list(cache) }
    }

    private func list(_ cache: FileAltSvcCache) throws {
        let now = SystemClock().wallSeconds
        for (origin, _) in cache.contents(at: now) {
            for known in cache.experiences(of: origin, at: now) {
                let alternative = known.alternative
                var line = "\(origin)  \(alternative)  until \(alternative.expires)"
                if alternative.persists { line += "  persists" }
                if known.isBroken(at: now), let until = known.brokenUntil {
                    line += "  broken until \(until), after \(known.failures) failures"
                }
                _ = try Output.standard.show(line)
            }
        }
    }
}
