/// Takes curl's command lines apart: `-XPOST`, `-sSL`, `-o file`, `--output file`, `--no-buffer`, values that begin
/// with `-`. What is not an option is a URL; after `--` everything is.
enum CommandLineParser {
    static func parse(_ arguments: [String]) throws -> Invocation {
        var invocation = Invocation()
        var rest = arguments[...]
        var onlyURLs = false
        while let word = rest.popFirst() {
            if onlyURLs || word == "-" || !word.hasPrefix("-") {
                invocation.urls.append(word)
            } else if word == "--" {
                onlyURLs = true
            } else if word.hasPrefix("--") {
                try long(String(word.dropFirst(2)), &rest, &invocation)
            } else {
                try shorts(word.dropFirst(), &rest, &invocation)
            }
        }
        return invocation
    }

    private static func long(_ name: String, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation) throws {
        if let option = OptionTable.all.first(where: { $0.long == name }) {
            return try apply(option, written: "--\(name)", value: nil, &rest, &invocation)
        }
        if name.hasPrefix("no-"), let option = OptionTable.all.first(where: { $0.long == name.dropFirst(3) }),
            option.argument == nil
        {
            return try option.apply(&invocation, "no")
        }
        throw UsageError("--\(name): there is no such option here; 'tern --help' lists those that are")
    }

    private static func shorts(
        _ letters: Substring, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation
    ) throws {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = OptionTable.all.first(where: { $0.short == letter }) else {
                throw UsageError("-\(letter): there is no such option here; 'tern --help' lists those that are")
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
}
