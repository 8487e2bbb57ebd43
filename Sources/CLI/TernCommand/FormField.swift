/// A part of a multipart form, as `-F` describes it:
/// `name=text`, `name=@file`, `name=<file`, each with `;type=…`, `;filename=…` and `;headers=…` behind.
struct FormField: Equatable {
    var name: String
    var value: Value
    var type: String?
    var filename: String?
    /// Lines for the part's own head.
    var headers: [String] = []

    /// Where the content comes from.
    enum Value: Equatable {
        case text(String)
        /// A file, with its name; `-` for standard input.
        case file(String)
        /// A file's content as the value of a plain field.
        case content(String)
    }

    /// A field of which nothing has a meaning (`--form-string`).
    init(plain text: String) throws {
        guard let mark = text.firstIndex(of: "=") else {
            throw UsageError("--form: expected NAME=VALUE, got '\(text)'")
        }
        name = String(text[..<mark])
        value = .text(String(text[text.index(after: mark)...]))
    }

    /// A field as `-F` reads it.
    init(_ text: String) throws {
        try self.init(plain: text)
        guard case .text(let given) = value else { return }
        var rest = given[...]
        let sign = rest.first
        if sign == "@" || sign == "<" { rest.removeFirst() }
        let content = Self.word(&rest)
        if sign == "@", rest.first == "," {
            throw UsageError("--form: several files in one field ('\(text)') are not built into tern")
        }
        switch sign {
        case "@": value = .file(content)
        case "<": value = .content(content)
        default: value = .text(content)
        }
        while rest.popFirst() != nil {
            rest = rest.drop { $0 == " " }
            guard let mark = rest.firstIndex(of: "=") else { break }
            let key = rest[..<mark]
            rest = rest[rest.index(after: mark)...]
            // A media type has parameters of its own behind semicolons.
            let argument = key == "type" ? Self.mediaType(&rest) : Self.word(&rest)
            switch key {
            case "type": type = argument
            case "filename": filename = argument
            case "headers" where !argument.hasPrefix("@"): headers.append(argument)
            default: throw UsageError("--form: ';\(key)=' in '\(text)' is not built into tern")
            }
        }
    }

    /// Up to the next semicolon, or comma of a list of files; in quotes, with `\"` and `\\`, either may stand.
    private static func word(_ rest: inout Substring) -> String {
        guard rest.first == "\"" else {
            let word = rest.prefix { $0 != ";" && $0 != "," }
            rest = rest[word.endIndex...]
            return String(word)
        }
        let whole = rest
        rest.removeFirst()
        var word = ""
        while let character = rest.popFirst() {
            if character == "\"" {
                rest = rest.drop { $0 != ";" && $0 != "," }
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
            type += rest.prefix { $0 != ";" }
            rest = rest.drop { $0 != ";" }
            let next = rest.dropFirst().drop { $0 == " " }
            let isOwn = ["type=", "filename=", "headers=", "encoder="].contains { next.hasPrefix($0) }
            guard !rest.isEmpty, !isOwn else { return type }
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
