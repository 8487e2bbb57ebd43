/// Takes curl's command lines apart: `-XPOST`, `-sSL`, `-o file`, `--output file`, `--no-include`, unambiguous
/// beginnings of long names, values that begin with `-`. What is not an option is a URL; after `--` everything is.
struct CommandLineParser {
    private var done: [Invocation] = []
    private var current = Invocation()
    /// Configuration files may name others, but not without end.
    private var depth = 0

    private static let deepest = 10

    /// What the arguments ask for: one invocation, and another for each `--next`.
    ///
    /// - Parameter config: the text of a configuration file that is read first.
    static func parse(_ arguments: [String], config: ConfigFile? = nil) throws -> [Invocation] {
        var parser = CommandLineParser()
        if let config { try parser.read(config) }
        var rest = arguments[...]
        try parser.take(&rest)
        return try parser.finish()
    }

    /// The configuration file that is read although nobody names it, unless `-q` is the first argument.
    static func standardConfig(_ arguments: [String]) -> ConfigFile? {
        if let first = arguments.first, first == "--disable" || first.hasPrefix("-q") { return nil }
        return ConfigFile.standard()
    }

    private mutating func take(_ rest: inout ArraySlice<String>) throws {
        var onlyURLs = false
        while current.global.page == nil, let word = rest.popFirst() {
            if onlyURLs || !word.hasPrefix("-") || word == "-" {
                current.urls.append(word)
            } else if word == "--" {
                onlyURLs = true
            } else if word.hasPrefix("--") {
                try long(String(word.dropFirst(2)), &rest)
            } else {
                try shorts(word.dropFirst(), &rest)
            }
        }
    }

    private mutating func read(_ file: ConfigFile) throws {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw UsageError("--config: more than \(Self.deepest) configuration files name each other")
        }
        for line in file.lines {
            do {
                let name = line.option
                var rest = (line.value.map { [$0] } ?? [])[...]
                let known = OptionTable.option(long: String(name.drop { $0 == "-" }))
                if let known, known.argument == nil, let value = line.value, !value.isEmpty {
                    throw UsageError("--\(known.long) takes no argument, and '\(value)' is given")
                }
                if name.hasPrefix("--") {
                    try long(String(name.dropFirst(2)), &rest)
                } else if name.hasPrefix("-") {
                    try shorts(name.dropFirst(), &rest)
                } else {
                    try long(name, &rest)
                }
            } catch let error as UsageError {
                throw UsageError("\(file.name):\(line.number): \(error)", code: error.code)
            }
        }
    }

    /// What was collected, if it can be carried out.
    private consuming func finish() throws -> [Invocation] {
        let global = current.global
        done.append(current)
        for index in done.indices {
            done[index].global = global
            try CommandLineCheck.check(done[index])
        }
        return done
    }

    private mutating func long(_ name: String, _ rest: inout ArraySlice<String>) throws {
        if let option = OptionTable.option(long: name) {
            return try apply(option, written: "--\(name)", value: nil, &rest)
        }
        if name.hasPrefix("no-") {
            let positive = String(name.dropFirst(3))
            if let option = OptionTable.option(long: positive), option.argument == nil,
                case .set(let change) = option.action
            {
                return try change(&current, OptionSpec.off)
            }
            if UnbuiltOptions.long.contains(positive) { throw UnbuiltOptions.error("--\(name)") }
        }
        if UnbuiltOptions.long.contains(name) { throw UnbuiltOptions.error("--\(name)") }
        let candidates = OptionTable.all.map(\.long).filter { $0.hasPrefix(name) }
        let others = UnbuiltOptions.long.filter { $0.hasPrefix(name) }
        switch (candidates.count, others.count) {
        case (1, 0):
            guard let only = candidates.first, let option = OptionTable.option(long: only) else { break }
            return try apply(option, written: "--\(name)", value: nil, &rest)
        case (0, 1): throw UnbuiltOptions.error("--\(name)")
        case (0, 0): break
        default:
            let names = (candidates + others).sorted().prefix(6).map { "--\($0)" }.joined(separator: ", ")
            throw UsageError("--\(name) is ambiguous: it may be \(names)")
        }
        throw UsageError("--\(name): there is no such option; 'tern --help' lists those that are")
    }

    private mutating func shorts(_ letters: Substring, _ rest: inout ArraySlice<String>) throws {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = OptionTable.option(short: letter) else {
                if UnbuiltOptions.short.contains(letter) { throw UnbuiltOptions.error("-\(letter)") }
                throw UsageError("-\(letter): there is no such option; 'tern --help' lists those that are")
            }
            if option.argument == nil {
                try apply(option, written: "-\(letter)", value: nil, &rest)
                continue
            }
            let attached = letters.isEmpty ? nil : String(letters)
            return try apply(option, written: "-\(letter)", value: attached, &rest)
        }
    }

    private mutating func apply(
        _ option: OptionSpec, written: String, value: String?, _ rest: inout ArraySlice<String>
    ) throws {
        var argument = OptionSpec.on
        if option.argument != nil {
            guard let given = value ?? rest.popFirst() else {
                throw UsageError("\(written): expected an argument; 'tern --help' shows what it takes")
            }
            argument = given
        }
        switch option.action {
        case .set(let change): try change(&current, argument)
        case .config: try read(ConfigFile(at: argument))
        case .help: current.global.page = .help(rest.popFirst())
        case .next:
            // Nothing was asked for yet, as in curl.
            guard !current.urls.isEmpty else { return }
            done.append(current)
            current = Invocation(global: current.global)
        }
    }
}
