import Glibc

/// A file of options, as `-K` reads it: one option a line with dashes or without, an argument behind a space, `=` or
/// `:`, in quotes or not; `#` begins a comment.
struct ConfigFile {
    /// One option.
    struct Line: Equatable {
        var number: Int
        var option: String
        /// What stands behind it; `nil` for nothing.
        var value: String?
    }

    /// For messages.
    let name: String
    let lines: [Line]

    init(name: String, text: String) {
        self.name = name
        var number = 0
        // Scalars: CR and LF together are one character.
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            number += 1
            return Self.line(line, number)
        }
    }

    /// Reads the file at `path`, `-` for standard input.
    init(at path: String) throws {
        let bytes: [UInt8]
        do { bytes = try InputReader.all(of: path) } catch { throw UsageError("--config: \(error)", code: 26) }
        self.init(name: path == "-" ? "<stdin>" : path, text: String(decoding: bytes, as: UTF8.self))
    }

    /// curl's own file, where there is one: `.curlrc` in the folder that `CURL_HOME` names, in that of
    /// `XDG_CONFIG_HOME`, in the home folder or in its `.config`.
    static func standard() -> ConfigFile? {
        let home = variable("HOME")
        let folders = [variable("CURL_HOME"), variable("XDG_CONFIG_HOME"), home, home.map { "\($0)/.config" }]
        let places = folders.compactMap { $0 }.map { "\($0)/.curlrc" } + (home.map { ["\($0)/.config/curlrc"] } ?? [])
        guard let path = places.first(where: { unsafe access($0, R_OK) == 0 }) else { return nil }
        return try? ConfigFile(at: path)
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func line(_ text: Substring.UnicodeScalarView, _ number: Int) -> Line? {
        var rest = text.drop(while: isSpace)
        guard let first = rest.first, first != "#", first != "/", first != "*" else { return nil }
        let isSeparator: (Unicode.Scalar) -> Bool = { isSpace($0) || first != "-" && ($0 == "=" || $0 == ":") }
        let option = rest.prefix { !isSeparator($0) }
        rest = rest.dropFirst(option.count).drop(while: isSeparator)
        if rest.first == "\"" {
            return Line(number: number, option: String(option), value: unquoted(rest.dropFirst()))
        }
        let value = rest.prefix { !isSpace($0) }
        return Line(number: number, option: String(option), value: value.isEmpty ? nil : String(value))
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar.value == 11 || scalar.value == 12
    }

    /// Up to the next quote; `\t`, `\n`, `\r` and `\v` stand for what they do in C, any other `\x` for `x`.
    private static func unquoted(_ text: Substring.UnicodeScalarView) -> String {
        var value = String.UnicodeScalarView()
        var rest = text
        while let scalar = rest.popFirst(), scalar != "\"" {
            guard scalar == "\\", let escaped = rest.popFirst() else {
                value.append(scalar)
                continue
            }
            value.append(["t": "\t", "n": "\n", "r": "\r", "v": "\u{b}"][escaped] ?? escaped)
        }
        return String(value)
    }
}
