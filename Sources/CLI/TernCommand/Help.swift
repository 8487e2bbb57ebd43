/// The help page, made from the option table.
enum Help {
    static var text: String {
        var lines = ["Usage: tern [options] URL…", "", "Sends HTTP requests. Options are curl's where curl has them."]
        for group in OptionSpec.Group.allCases {
            lines += ["", group.rawValue]
            for option in OptionTable.all where option.group == group {
                let short = option.short.map { "-\($0), " } ?? "    "
                let names = "\(short)--\(option.long)" + (option.argument.map { " \($0)" } ?? "")
                lines.append("  " + pad(names, to: 38) + " " + option.help)
            }
        }
        lines += [
            "", "Examples", "  tern https://example.org/",
            "  tern --json '{\"name\": \"tern\"}' https://example.org/birds",
            "  tern -L -o page.html --timeline https://example.org/",
        ]
        return lines.joined(separator: "\n")
    }

    static func pad(_ text: String, to width: Int) -> String {
        text.count < width ? text + String(repeating: " ", count: width - text.count) : text
    }
}
