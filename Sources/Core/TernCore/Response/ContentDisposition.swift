import Wire

/// How a response wants to be shown, and the name that a file of it should have (RFC 6266).
public struct ContentDisposition: Sendable, Hashable {
    /// `inline`, `attachment` or another, in lower case.
    public let type: String
    /// The name as the server gives it, `filename*` before `filename`. Never use it as a path: see ``safeFilename``.
    public let filename: String?
    private let parameters: FieldParameters

    /// Reads a field's value; `nil` if it has no type.
    public init?(_ text: String) {
        var rest = Array(text.utf8)[...].drop(while: \.isBlank)
        let name = rest.prefix { $0.isTokenCharacter }
        rest = rest[name.endIndex...].drop(while: \.isBlank)
        guard !name.isEmpty, rest.isEmpty || rest.first == .semicolon else { return nil }
        type = String(decoding: name.map(\.lowercased), as: UTF8.self)
        parameters = FieldParameters(&rest)
        filename = parameters.text("filename")
    }

    /// The value of another parameter, by its name in lower case.
    public subscript(name: String) -> String? { parameters.text(name) }

    /// The last part of the name, without what could lead out of a folder or hide the file: slashes and backslashes,
    /// control characters, dots in front; 255 bytes at most. `nil` if nothing is left (RFC 6266 §4.3).
    public var safeFilename: String? {
        guard let filename else { return nil }
        let last = filename.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        var name = ""
        for scalar in last.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: continue
            default: break
            }
            if name.isEmpty, scalar == "." || scalar == " " { continue }
            if name.utf8.count + scalar.utf8.count > 255 { break }
            name.unicodeScalars.append(scalar)
        }
        while name.last == " " || name.last == "." { name.removeLast() }
        return name.isEmpty ? nil : name
    }
}

extension Unicode.Scalar {
    fileprivate var utf8: String.UTF8View { String(Character(self)).utf8 }
}
