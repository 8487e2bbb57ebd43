import Glibc
import TestKit
import Testing

@testable import TernCommand

/// Docs/Command.md says what the option table says, and its examples work.
@Suite("the documentation of the command")
struct DocumentationTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    /// Set by Scripts/command-docs, which has the tests write what they else compare.
    static let writes = unsafe getenv("TERN_WRITE_DOCS") != nil

    static func write(_ text: String, to name: String) throws {
        let file = unsafe open("\(root)/Docs/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0 else { throw TestKitError("Docs/\(name) cannot be written") }
        defer { close(file) }
        try Output(descriptor: file).write(Array(text.utf8))
    }

    /// The section of Docs/Command.md.
    private var section: String {
        OptionSpec.Group.allCases.map { group in
            let rows = OptionTable.all.filter { $0.group == group }.map { option in
                let names = Help.names(of: option).drop { $0 == " " }.split(separator: "|").joined(separator: "\\|")
                let example = OptionExamples.of(option).map {
                    "`tern \($0.split(separator: "|").joined(separator: "\\|"))`"
                }
                return "| `\(names)` | \(option.help) | \(example ?? "") |"
            }
            return "### \(group.rawValue)\n\n| option | what it does | example |\n|---|---|---|\n"
                + rows.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    @Test("every option has an example, and stands in Docs/Command.md")
    func options() throws {
        for option in OptionTable.all {
            let example = OptionExamples.of(option)
            let names = ["--\(option.long)"] + (option.short.map { ["-\($0)"] } ?? [])
            let has = example.map { example in
                example.split(separator: " ").contains { word in
                    names.contains { word == $0 } || option.argument == nil && word == "--no-\(option.long)"
                        || option.short.map { !word.hasPrefix("--") && word.hasPrefix("-") && word.contains($0) }
                            == true
                }
            }
            #expect(has == true, "--\(option.long): \(example ?? "no example")")
        }
        let path = "\(Self.root)/Docs/Command.md"
        let text = try text(of: path)
        let (open, end) = ("<!-- options -->\n", "<!-- /options -->")
        let start = try #require(text.firstRange(of: open)).upperBound
        let stop = try #require(text.firstRange(of: end)).lowerBound
        let wanted = "\n\(section)\n\n"
        if Self.writes { return try Self.write(text[..<start] + wanted + text[stop...], to: "Command.md") }
        #expect(text[start..<stop] == wanted, "Scripts/command-docs writes it anew")
    }

    @Test("every code of a failure stands in Docs/Command.md")
    func codes() throws {
        let text = try text(of: "\(Self.root)/Docs/Command.md")
        for code in FailureFacts.Code.allCases.map(\.rawValue) { #expect(text.contains("`\(code)`"), "\(code)") }
        for name in WriteOutVariables.names where name != "ftp_entry_path" {
            #expect(text.contains("`\(name)`"), "\(name)")
        }
    }

    @Test("help fits a terminal, and names all options; a group can be had alone")
    func help() throws {
        let all = try Help.text(nil)
        for option in OptionTable.all { #expect(all.contains("--\(option.long)")) }
        #expect(all.split(separator: "\n").allSatisfy { $0.count <= 130 })
        #expect(try Help.text("tls").hasPrefix("TLS\n") && !Help.text("tls").contains("--proxy-user"))
        #expect(throws: UsageError.self) { try Help.text("nothing") }
    }

    @Test(
        "man shows the manual page without a warning",
        .enabled(if: ChildProcess.find("groff") != nil, "groff lays it out"))
    func manual() async throws {
        let page = try await Command.tern("--manual")
        let run = try await Command.run("groff", ["-K", "utf8", "-man", "-Tutf8", "-ww", "-z"], input: page.text)
        #expect(run.exit == .status(0) && run.error.isEmpty, "\(run.error)")
        #expect(page.text.contains("\\fB\\-X, \\-\\-request\\fR"))
    }

    @Test(
        "shells take the completions",
        arguments: [
            (
                "bash", "complete -p tern; COMP_WORDS=(tern --data-u); COMP_CWORD=1; _tern; echo ${COMPREPLY[@]}",
                "--data-urlencode"
            ),
            ("zsh", "echo fine", "fine"), ("fish", "complete -C 'tern --data-u'", "--data-urlencode"),
        ])
    func completions(_ shell: String, _ check: String, _ wanted: String) async throws {
        let text = try await Command.tern("--completion", shell)
        #expect(text.exit == .status(0) && text.text.contains("batch"))
        guard ChildProcess.find(shell) != nil else { return }
        let script = shell == "zsh" ? "zsh -n -c \"$(cat)\" && $CHECK" : "\(shell) -c \"$(cat)\n$CHECK\""
        let run = try await Command.run("/bin/sh", ["-c", script], input: text.text, environment: ["CHECK": check])
        #expect(run.text.contains(wanted) && run.exit == .status(0), "\(run.error)")
    }
}
