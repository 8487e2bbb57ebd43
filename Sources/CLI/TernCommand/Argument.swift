import TernCore

/// Reads the arguments of options, as curl reads them.
enum Argument {
    static func integer(_ text: String, _ option: String) throws -> Int {
        guard let number = Int(text), number >= -1 else {
            throw UsageError("\(option): expected a number, got '\(text)'")
        }
        return number < 0 ? Int.max : number
    }

    /// Seconds with a fraction: `2`, `0.5`.
    static func seconds(_ text: String, _ option: String) throws -> Duration {
        guard let seconds = Double(text), seconds >= 0, seconds < 1e9 else {
            throw UsageError("\(option): expected seconds, got '\(text)'")
        }
        return .milliseconds(Int64(seconds * 1_000))
    }

    /// Bytes with `k`, `M` or `G`, powers of 1,024.
    static func bytes(_ text: String, _ option: String) throws -> Int64 {
        let factors: [Character: Int64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "b": 1]
        var digits = text
        var factor: Int64 = 1
        if let last = text.lowercased().last, let known = factors[last] {
            digits.removeLast()
            factor = known
        }
        guard let number = Int64(digits), number >= 0, case let (value, false) = number.multipliedReportingOverflow(by: factor)
        else { throw UsageError("\(option): expected bytes a second, got '\(text)'") }
        return value
    }

    /// `content`, `=content`, `name=content`, `@file`, `name@file`.
    static func urlencoded(_ text: String) -> DataPart {
        guard let mark = text.firstIndex(where: { $0 == "=" || $0 == "@" }) else {
            return .encoded(name: "", value: text)
        }
        let (name, rest) = (String(text[..<mark]), String(text[text.index(after: mark)...]))
        return text[mark] == "=" ? .encoded(name: name, value: rest) : .encodedFile(name: name, path: rest)
    }

    /// `name=text`, `name=@file`, `name=<file`, each with `;type=…` and `;filename=…` behind.
    static func form(_ text: String) throws -> FormField {
        var field = try formString(text)
        guard case .text(let value) = field.value else { return field }
        let parts = value.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        var content = parts.first ?? ""
        for part in parts.dropFirst() {
            let trimmed = part.drop { $0 == " " }
            if trimmed.hasPrefix("type=") {
                field.type = String(trimmed.dropFirst(5))
            } else if trimmed.hasPrefix("filename=") {
                field.filename = unquoted(String(trimmed.dropFirst(9)))
            } else {
                content += ";" + part
            }
        }
        switch content.first {
        case "@": field.value = .file(unquoted(String(content.dropFirst())))
        case "<": field.value = .content(unquoted(String(content.dropFirst())))
        default: field.value = .text(content)
        }
        return field
    }

    static func formString(_ text: String) throws -> FormField {
        guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
            throw UsageError("--form: expected NAME=VALUE, got '\(text)'")
        }
        return FormField(name: String(text[..<mark]), value: .text(String(text[text.index(after: mark)...])))
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast())
    }
}
