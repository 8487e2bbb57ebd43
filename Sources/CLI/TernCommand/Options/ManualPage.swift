import ArgumentParser
import TernCore

/// The manual page `tern(1)` in roff, made from the option table.
enum ManualPage {
    static var text: String {
        var lines = [
            ".TH TERN 1 \"\" \"tern \(ternVersion)\" \"User Commands\"", ".SH NAME", "tern \\- send HTTP requests",
            ".SH SYNOPSIS", ".B tern", "[options] URL…", ".br",
        ]
        for command in Subcommands.all {
            lines += [".B tern \(Subcommands.name(of: command))", "[options]", ".br"]
        }
        lines += [
            ".SH DESCRIPTION",
            escaped(
                "Sends HTTP requests over HTTP/1.1, HTTP/2 and HTTP/3, and writes what comes back. Options, their "
                    + "meanings, defaults and exit codes are curl's where curl has them. An option of curl's that is "
                    + "not built is told so, with exit code 2."),
        ]
        for group in OptionSpec.Group.allCases {
            lines.append(".SH \(group.rawValue.uppercased())")
            for option in OptionTable.all where option.group == group { lines += entry(of: option) }
        }
        lines.append(".SH SUBCOMMANDS")
        for command in Subcommands.all {
            let configuration = command.configuration
            lines += [".TP", ".B \(Subcommands.name(of: command))", escaped(configuration.abstract)]
        }
        lines += [
            ".PP",
            escaped("'tern SUBCOMMAND --help' tells more. 'tern -- NAME' asks the host that is called like one."),
            ".SH EXAMPLES", ".nf",
        ]
        lines += Help.examples.map(escaped)
        lines += [
            ".fi", ".SH FILES", ".TP", ".I ~/.curlrc", escaped("Options that are read first, unless -q is the first."),
            ".SH ENVIRONMENT", ".TP", ".B http_proxy, https_proxy, all_proxy, no_proxy",
            escaped("Proxies, as curl has it."),
            ".TP", ".B CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR", escaped("Which authorities are trusted."), ".TP",
            ".B SSLKEYLOGFILE", escaped("A file for the secrets of TLS connections, for Wireshark."), ".TP",
            ".B NO_COLOR", escaped("No colours on a terminal."), ".SH EXIT STATUS",
            escaped("0 for success, or curl's code for the kind of failure; the list is in Docs/Command.md."),
            ".SH SEE ALSO", ".BR curl (1)",
        ]
        return lines.joined(separator: "\n")
    }

    private static func entry(of option: OptionSpec) -> [String] {
        let names = (option.short.map { "-\($0), " } ?? "") + "--\(option.long)"
        let argument = option.argument.map { " \\fI\(escaped($0))\\fR" } ?? ""
        return [".TP", "\\fB\(escaped(names))\\fR\(argument)", escaped(sentence(option.help))]
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }

    /// Backslashes and dashes stand for themselves, and a line does not begin with a command.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            default: escaped.append(character)
            }
        }
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }
}
