/// Takes curl's command lines apart: `-XPOST`, `-sSL`, `-o file`, `--output file`, `--no-include`, unambiguous
/// beginnings of long names, values that begin with `-`. What is not an option is a URL; after `--` everything is.
enum CommandLineParser {
    static func parse(_ arguments: [String]) throws -> Invocation {
        var invocation = Invocation()
        var rest = arguments[...]
        var onlyURLs = false
        if let first = arguments.first, subcommands.contains(first) {
            throw UsageError("'tern \(first)' is not built yet; 'tern -- \(first)' asks the host of that name")
        }
        while let word = rest.popFirst() {
            if onlyURLs || !word.hasPrefix("-") || word == "-" {
                invocation.urls.append(word)
            } else if word == "--" {
                onlyURLs = true
            } else if word.hasPrefix("--") {
                try long(String(word.dropFirst(2)), &rest, &invocation)
            } else {
                try shorts(word.dropFirst(), &rest, &invocation)
            }
        }
        try check(invocation)
        return invocation
    }

    /// First words that have, or will have, a meaning of their own.
    private static let subcommands: Set<String> = ["batch", "bench"]

    private static func long(_ name: String, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation) throws {
        if let option = OptionTable.option(long: name) {
            return try apply(option, written: "--\(name)", value: nil, &rest, &invocation)
        }
        if name.hasPrefix("no-") {
            let positive = String(name.dropFirst(3))
            if let option = OptionTable.option(long: positive), option.argument == nil {
                return try option.apply(&invocation, OptionSpec.off)
            }
            if UnbuiltOptions.long.contains(positive) { throw UnbuiltOptions.error("--\(name)") }
        }
        if UnbuiltOptions.long.contains(name) { throw UnbuiltOptions.error("--\(name)") }
        let candidates = OptionTable.all.map(\.long).filter { $0.hasPrefix(name) }
        let others = UnbuiltOptions.long.filter { $0.hasPrefix(name) }
        switch (candidates.count, others.count) {
        case (1, 0):
            guard let only = candidates.first, let option = OptionTable.option(long: only) else { break }
            return try apply(option, written: "--\(name)", value: nil, &rest, &invocation)
        case (0, 1): throw UnbuiltOptions.error("--\(name)")
        case (0, 0): break
        default:
            let names = (candidates + others).sorted().prefix(6).map { "--\($0)" }.joined(separator: ", ")
            throw UsageError("--\(name) is ambiguous: it may be \(names)")
        }
        throw UsageError("--\(name): there is no such option; 'tern --help' lists those that are")
    }

    private static func shorts(
        _ letters: Substring, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation
    ) throws {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = OptionTable.all.first(where: { $0.short == letter }) else {
                if UnbuiltOptions.short.contains(letter) { throw UnbuiltOptions.error("-\(letter)") }
                throw UsageError("-\(letter): there is no such option; 'tern --help' lists those that are")
            }
            if option.argument == nil {
                try option.apply(&invocation, "")
                continue
            }
            let attached = letters.isEmpty ? nil : String(letters)
            return try apply(option, written: "-\(letter)", value: attached, &rest, &invocation)
        }
    }

    private static func apply(
        _ option: OptionSpec, written: String, value: String?, _ rest: inout ArraySlice<String>,
        _ invocation: inout Invocation
    ) throws {
        guard option.argument != nil else { return try option.apply(&invocation, "") }
        guard let value = value ?? rest.popFirst() else {
            throw UsageError("\(written): expected an argument; 'tern --help' shows what it takes")
        }
        try option.apply(&invocation, value)
    }

    /// A request has one kind of content.
    private static func check(_ invocation: Invocation) throws {
        let kinds = [
            invocation.isHead ? "--head" : nil,
            invocation.data.isEmpty || invocation.dataInQuery ? nil : invocation.isJSON ? "--json" : "--data",
            invocation.form.isEmpty ? nil : "--form", invocation.uploadFile == nil ? nil : "--upload-file",
        ].compactMap { $0 }
        guard kinds.count < 2 else {
            throw UsageError("\(kinds.joined(separator: " and ")) each ask for another request: only one can be made")
        }
    }
}
