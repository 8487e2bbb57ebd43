import ArgumentParser

/// What a command line's first word may name in place of a URL: a new subcommand gets a line here, and a file in
/// this folder.
enum Subcommands {
    static let all: [any AsyncParsableCommand.Type] = [
        Batch.self, Bench.self, AltSvcCommand.self, Serve.self, Conform.self,
    ]

    static func named(_ name: String) -> (any AsyncParsableCommand.Type)? {
        all.first { self.name(of: $0) == name }
    }

    static func name(of command: any AsyncParsableCommand.Type) -> String { command.configuration.commandName ?? "" }

    /// Runs the subcommand with the words behind its name, and gives the exit code.
    static func run(_ command: any AsyncParsableCommand.Type, _ arguments: [String]) async throws -> Int32 {
        do {
            var command = try parse(command, arguments)
            try await command.run()
            return (command as? any EndsWithCode)?.exitCode ?? 0
        } catch let error as UsageError {
            throw error
        } catch {
            let text = command.fullMessage(for: error)
            // Help is no error.
            if command.exitCode(for: error) == .success { return try Output.standard.show(text) }
            if let code = error as? ArgumentParser.ExitCode { return code.rawValue }
            throw UsageError(
                "tern \(name(of: command)): \(shortened(text)); 'tern \(name(of: command)) --help' tells more")
        }
    }

    private static func parse(
        _ command: any AsyncParsableCommand.Type, _ arguments: [String]
    ) throws -> any AsyncParsableCommand {
        guard let mixed = command as? any TakesCurlOptions.Type else {
            guard let parsed = try command.parseAsRoot(arguments) as? any AsyncParsableCommand else {
                throw CleanExit.helpRequest(command)
            }
            return parsed
        }
        return try parse(mixed: mixed, arguments)
    }

    private static func parse(
        mixed command: (some TakesCurlOptions).Type, _ arguments: [String]
    ) throws -> any AsyncParsableCommand {
        let (own, rest) = try MixedArguments.split(arguments, own: command.ownOptions)
        guard var parsed = try command.parseAsRoot(own) as? any TakesCurlOptions else {
            throw CleanExit.helpRequest(command)
        }
        parsed.curl = rest
        return parsed
    }

    /// The first line of what argument-parser has to say, without its own "Error:".
    private static func shortened(_ text: String) -> String {
        let line = text.split(separator: "\n").first.map(String.init) ?? text
        return line.hasPrefix("Error: ") ? String(line.dropFirst("Error: ".count)) : line
    }
}

/// The threads of Swift's pool, for subcommands with many tasks: they begin on the main thread alone.
enum ManyThreads {
    /// Carries `work` out there, and cancels it with the caller's task.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task.detached { try await work() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// A subcommand with an exit code to tell.
protocol EndsWithCode {
    var exitCode: Int32 { get }
}

/// A subcommand that takes curl's options, too: they are found in `curl` when it runs.
protocol TakesCurlOptions: AsyncParsableCommand {
    /// Its own options, which argument-parser gets to see.
    static var ownOptions: [OwnOption] { get }
    /// The other words of the command line.
    var curl: [String] { get set }
}

/// An option of a subcommand's own, as it is written: `--concurrency`, `-c`.
struct OwnOption {
    var names: [String]
    var takesValue: Bool

    init(_ names: String..., takesValue: Bool = true) {
        self.names = names
        self.takesValue = takesValue
    }
}

/// Tells a subcommand's own options from curl's: a short option's argument may be part of its word, and may begin
/// with a dash, which argument-parser would not know.
enum MixedArguments {
    static func split(_ arguments: [String], own: [OwnOption]) throws -> (own: [String], curl: [String]) {
        let own = own + [OwnOption("--help", "-h", takesValue: false)]
        var (mine, others): ([String], [String]) = ([], [])
        var rest = arguments[...]
        while let word = rest.popFirst() {
            let name = word.prefix { $0 != "=" }
            if let option = own.first(where: { $0.names.contains(String(name)) }) {
                mine.append(word)
                if option.takesValue, name.count == word.count, let value = rest.popFirst() { mine.append(value) }
            } else if let option = own.first(where: { $0.takesValue && $0.names.contains(String(word.prefix(2))) }),
                !word.hasPrefix("--")
            {
                // `-c16`
                mine += [option.names.first { $0.count == 2 } ?? "", String(word.dropFirst(2))]
            } else {
                others.append(word)
                if takesNext(word), let value = rest.popFirst() { others.append(value) }
            }
        }
        return (mine, others)
    }

    /// Whether curl's option in `word` has its argument in the next one.
    private static func takesNext(_ word: String) -> Bool {
        if word.hasPrefix("--") { return OptionTable.option(long: String(word.dropFirst(2)))?.argument != nil }
        guard word.hasPrefix("-") else { return false }
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            if OptionTable.option(short: letter)?.argument != nil { return letters.isEmpty }
        }
        return false
    }
}
