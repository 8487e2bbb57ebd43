import ArgumentParser

/// Completions for shells, made from the option table and the list of subcommands.
enum Completions {
    static func text(for shell: String) throws -> String {
        switch shell {
        case "bash": bash
        case "zsh": zsh
        case "fish": fish
        default: throw UsageError("--completion: there is nothing for '\(shell)'; bash, zsh and fish are known")
        }
    }

    /// What an argument is, by its name in the help.
    private enum Kind { case file, folder, other }

    private static func kind(of option: OptionSpec) -> Kind {
        switch option.argument {
        case "FILE", "FILE[:PASSWORD]", "PATH": .file
        case "FOLDER": .folder
        default: .other
        }
    }

    private static let words: [String: [String]] = [
        "transport": TransportChoice.all, "report": ["json"], "tls-max": ["1.2", "1.3"],
        "completion": ["bash", "zsh", "fish"],
    ]

    private static var commands: [String] { Subcommands.all.map(Subcommands.name(of:)) }

    private static var bash: String {
        let all = OptionTable.all
        let names = { (wanted: Kind) in
            all.filter { $0.argument != nil && kind(of: $0) == wanted && words[$0.long] == nil }
                .flatMap { option in [option.short.map { "-\($0)" }, "--\(option.long)"].compactMap { $0 } }
                .joined(separator: "|")
        }
        let choices = words.sorted { $0.key < $1.key }.map { name, words in
            "        --\(name)) COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$word\")); return ;;"
        }
        return """
            # bash completion for tern
            _tern() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
                COMPREPLY=()
                case $before in
            \(choices.joined(separator: "\n"))
                    \(names(.file))) COMPREPLY=($(compgen -f -- "$word")); return ;;
                    \(names(.folder))) COMPREPLY=($(compgen -d -- "$word")); return ;;
                    \(names(.other))) return ;;
                esac
                local options='\(all.map { "--\($0.long)" }.joined(separator: " "))'
                local commands='\(commands.joined(separator: " "))'
                if [[ $word == -* ]]; then
                    COMPREPLY=($(compgen -W "$options" -- "$word"))
                elif ((COMP_CWORD == 1)); then
                    COMPREPLY=($(compgen -W "$commands" -- "$word"))
                fi
            }
            complete -o default -F _tern tern
            """
    }

    private static var zsh: String {
        let options = OptionTable.all.flatMap { option in
            let help = option.help.filter { $0 != "'" && $0 != "[" && $0 != "]" }.split(separator: ":")
                .joined(separator: "\\:")
            let action: String
            if let words = words[option.long] {
                action = ":value:(\(words.joined(separator: " ")))"
            } else {
                switch (option.argument, kind(of: option)) {
                case (nil, _): action = ""
                case (_, .file): action = ":file:_files"
                case (_, .folder): action = ":folder:_files -/"
                case (_, .other): action = ":value: "
                }
            }
            let names = [option.short.map { "-\($0)" }, "--\(option.long)"].compactMap { $0 }
            return names.map { "        '*\($0)[\(help)]\(action)'" }
        }
        return """
            #compdef tern
            _tern() {
                if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
                    local -a commands=(\(commands.joined(separator: " ")))
                    compadd -a commands
                fi
                _arguments -s \\
            \(options.joined(separator: " \\\n")) \\
                    '*:URL:_urls'
            }
            _tern "$@"
            """
    }

    private static var fish: String {
        var lines = ["# fish completion for tern", "complete -c tern -f"]
        for command in Subcommands.all {
            lines.append(
                "complete -c tern -n __fish_use_subcommand -a \(Subcommands.name(of: command)) "
                    + "-d '\(quoted(command.configuration.abstract))'")
        }
        for option in OptionTable.all {
            var line = "complete -c tern"
            if let short = option.short { line += short == ":" || short == "#" ? "" : " -s \(short)" }
            line += " -l \(option.long) -d '\(quoted(option.help))'"
            if let words = words[option.long] {
                line += " -x -a '\(words.joined(separator: " "))'"
            } else if option.argument != nil {
                line += kind(of: option) == .other ? " -x" : " -r -F"
            }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    /// For single quotes of fish.
    private static func quoted(_ text: String) -> String {
        text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    }
}
