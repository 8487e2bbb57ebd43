/// A field of a multipart form, as `-F` describes it:
/// `name=text`, `name=@file,file`, `name=<file`, each with `;type=…`, `;filename=…`, `;headers=…` and `;encoder=…`
/// behind; `name=(` begins a part of parts, and `=)` ends it.
struct FormField: Equatable, Sendable {
    var name: String
    var value: Value
    var type: String?
    var filename: String?
    /// Lines for the part's own head.
    var headers: [String] = []
    /// How the content is coded for the way (RFC 2045 §6).
    var encoder: String?

    /// Where the content comes from.
    indirect enum Value: Equatable, Sendable {
        case text(String)
        /// A file, with its name; `-` for standard input.
        case file(String)
        /// A file's content as the value of a plain field.
        case content(String)
        /// Several files in one field.
        case files([FormField])
        /// What follows up to `end` are parts of this one.
        case begin
        case end
    }

    private init(name: String, value: Value) {
        self.name = name
        self.value = value
    }

    /// A field of which nothing has a meaning (`--form-string`).
    init(plain text: String) throws {
        guard let mark = text.firstIndex(of: "=") else {
            throw UsageError("--form: expected NAME=VALUE, got '\(text)'")
        }
        self.init(name: String(text[..<mark]), value: .text(String(text[text.index(after: mark)...])))
    }

    /// A field as `-F` reads it.
    init(_ text: String) throws {
        try self.init(plain: text)
        guard case .text(let given) = value else { return }
        var rest = given[...]
        switch rest.first {
        case "@":
            rest.removeFirst()
            var files: [FormField] = []
            repeat {
                var file = FormField(name: "", value: .file(Self.word(&rest)))
                try file.takeSettings(&rest)
                files.append(file)
            } while rest.popFirst() == ","
            self = files.count == 1 ? files[0] : FormField(name: name, value: .files(files))
            name = String(text.prefix { $0 != "=" })
        case "<":
            rest.removeFirst()
            value = .content(Self.word(&rest, endsAtComma: false))
            try takeSettings(&rest)
        case "(":
            rest.removeFirst()
            value = .begin
            try takeSettings(&rest)
        case ")" where name.isEmpty: value = .end
        default:
            value = .text(Self.word(&rest, endsAtComma: false))
            try takeSettings(&rest)
        }
    }

    /// `;key=value` as often as it comes, up to the end or a comma.
    private mutating func takeSettings(_ rest: inout Substring) throws {
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " }
            guard let mark = rest.firstIndex(of: "="), !rest[..<mark].contains(";") else {
                // Something without a meaning: curl leaves it out, too.
                rest = rest.drop { $0 != ";" && $0 != "," }
                continue
            }
            let key = rest[..<mark]
            rest = rest[rest.index(after: mark)...]
            // A media type has parameters of its own behind semicolons.
            let argument = key == "type" ? Self.mediaType(&rest) : Self.word(&rest)
            switch key {
            case "type": type = argument
            case "filename": filename = argument
            case "encoder": encoder = argument
            case "headers" where argument.hasPrefix("@"): headers += try Self.headerLines(String(argument.dropFirst()))
            case "headers": headers.append(argument)
            default: break
            }
        }
    }

    /// Header lines of a file: `#` begins a comment, a space goes on with the line before.
    private static func headerLines(_ path: String) throws -> [String] {
        var lines: [String] = []
        for line in try InputReader.lines(of: path) {
            if line.hasPrefix("#") { continue }
            if line.hasPrefix(" ") || line.hasPrefix("\t"), let last = lines.indices.last {
                lines[last] += line
            } else {
                lines.append(line)
            }
        }
        return lines
    }

    /// Up to the next semicolon, or comma of a list of files; in quotes, with `\"` and `\\`, either may stand.
    private static func word(_ rest: inout Substring, endsAtComma: Bool = true) -> String {
        let goesOn = { (character: Character) in character != ";" && !(endsAtComma && character == ",") }
        guard rest.first == "\"" else {
            let word = rest.prefix(while: goesOn)
            rest = rest[word.endIndex...]
            return String(word)
        }
        let whole = rest
        rest.removeFirst()
        var word = ""
        while let character = rest.popFirst() {
            if character == "\"" {
                rest = rest.drop(while: goesOn)
                return word
            }
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                word.append(next)
                rest.removeFirst()
            } else {
                word.append(character)
            }
        }
        // No second quote: the first one is a character like others.
        word = String(whole.prefix { $0 != ";" })
        rest = whole.dropFirst(word.count)
        return word
    }

    /// `type/subtype;parameter=value…`, up to one of this field's own keys.
    private static func mediaType(_ rest: inout Substring) -> String {
        var type = ""
        while true {
            type += rest.prefix { $0 != ";" && $0 != "," }
            rest = rest.drop { $0 != ";" && $0 != "," }
            let next = rest.dropFirst().drop { $0 == " " }
            let isOwn = ["type=", "filename=", "headers=", "encoder="].contains { next.hasPrefix($0) }
            guard rest.first == ";", !isOwn else { return type }
            type += ";"
            rest.removeFirst()
        }
    }
}

/// The media type that names suggest, where curl knows one.
enum MediaTypeGuess {
    private static let types = [
        ".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png",
        ".svg": "image/svg+xml", ".txt": "text/plain", ".htm": "text/html", ".html": "text/html",
        ".pdf": "application/pdf", ".xml": "application/xml",
    ]

    /// The type of the first of `names` that suggests one; `nil` if none does.
    static func type(of names: String?...) -> String? {
        for case let name? in names {
            let name = name.lowercased()
            if let known = types.first(where: { name.hasSuffix($0.key) }) { return known.value }
        }
        return nil
    }
}
