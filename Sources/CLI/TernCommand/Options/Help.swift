import ArgumentParser

/// The help page, made from the option table.
enum Help {
    /// All groups, or the one whose name begins with `topic`.
    static func text(_ topic: String?) throws -> String {
        var groups = OptionSpec.Group.allCases
        if let topic, topic != "all" {
            groups = groups.filter { $0.word.hasPrefix(topic.lowercased()) }
            guard !groups.isEmpty else {
                let words = OptionSpec.Group.allCases.map(\.word).joined(separator: ", ")
                throw UsageError("--help: there is no group '\(topic)'; there are \(words)")
            }
        }
        var lines: [String] = []
        if topic == nil || topic == "all" {
            lines = [
                "Usage: tern [options] URL…", "       tern SUBCOMMAND [options]", "",
                "Sends HTTP requests. Options are curl's where curl has them.",
            ]
        }
        for group in groups {
            lines += lines.isEmpty ? [group.rawValue] : ["", group.rawValue]
            for option in OptionTable.all where option.group == group {
                lines.append("  " + pad(names(of: option), to: 38) + " " + option.help)
            }
        }
        if lines.first?.hasPrefix("Usage") == true {
            lines += ["", "Subcommands"]
            for command in Subcommands.all {
                lines.append("  " + pad(Subcommands.name(of: command), to: 12) + " " + command.configuration.abstract)
            }
            lines += ["  'tern -- NAME' asks the host that is called like one.", "", "Examples"]
            lines += examples.map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// What people do most, for the help and the manual page.
    static let examples = [
        "tern https://example.org/", "tern --json '{\"name\": \"tern\"}' https://example.org/birds",
        "tern -L -o page.html --timeline https://example.org/", "tern -Z -O 'https://example.org/page[1-9].html'",
        "tern -C - -O https://example.org/large.iso", "tern bench -n 10000 -c 50 https://localhost:8443/",
    ]

    /// `-X, --request METHOD`.
    static func names(of option: OptionSpec) -> String {
        let short = option.short.map { "-\($0), " } ?? "    "
        return "\(short)--\(option.long)" + (option.argument.map { " \($0)" } ?? "")
    }

    static func pad(_ text: String, to width: Int) -> String {
        text.count < width ? text + String(repeating: " ", count: width - text.count) : text
    }
}
