/// Reads challenges, or a list of parameters, from one field value (RFC 9110 §11.2, §11.6.1).
///
/// The list's comma stands between challenges and between the parameters of one alike. What tells them apart: a token
/// followed by "=" is a parameter of the challenge before it, any other begins a challenge.
struct ChallengeParser {
    private let bytes: [UInt8]
    private var index = 0

    init(_ value: String) { bytes = Array(value.utf8) }

    mutating func challenges() -> [Challenge] {
        var found: [Challenge] = []
        while skipToElement() {
            guard let name = token() else {
                skipElement()
                continue
            }
            let end = index
            skipSpaces()
            if peek == UInt8(ascii: "=") {
                // A parameter before any scheme belongs to nobody.
                if let parameter = parameter(name), let last = found.indices.last { found[last].add(parameter) }
                continue
            }
            var challenge = Challenge(scheme: name)
            // A scheme and what it says are parted by a space, not by a tab or a comma.
            if index > end {
                if let text = token68() {
                    challenge.token68 = text
                } else if let first = firstParameter() {
                    challenge.add(first)
                }
            }
            found.append(challenge)
        }
        return found
    }

    /// The parameters of a field that is nothing but a list of them, `Authentication-Info` say (RFC 9110 §11.6.3).
    static func parameters(_ value: String) -> [Challenge.Parameter] {
        var parser = ChallengeParser(value)
        var all = Challenge(scheme: "")
        while parser.skipToElement() {
            guard let name = parser.token() else {
                parser.skipElement()
                continue
            }
            parser.skipSpaces()
            if let parameter = parser.parameter(name) { all.add(parameter) }
        }
        return all.parameters
    }

    private mutating func firstParameter() -> Challenge.Parameter? {
        guard let name = token() else { return nil }
        skipSpaces()
        return parameter(name)
    }

    /// The rest of a parameter; moves behind its element. `nil` if it is not one.
    private mutating func parameter(_ name: String) -> Challenge.Parameter? {
        defer { skipElement() }
        guard peek == UInt8(ascii: "=") else { return nil }
        index += 1
        skipSpaces()
        guard let value = peek == UInt8(ascii: "\"") ? quotedString() : token() else { return nil }
        return Challenge.Parameter(name, value)
    }

    /// `token68`, if it fills the rest of the element; else the place stays.
    private mutating func token68() -> String? {
        let start = index
        while let byte = peek, Self.isToken68(byte) { index += 1 }
        guard index > start else { return nil }
        while peek == UInt8(ascii: "=") { index += 1 }
        let end = index
        skipSpaces()
        guard peek == nil || peek == UInt8(ascii: ",") else {
            index = start
            return nil
        }
        return text(start, end)
    }

    private mutating func token() -> String? {
        let start = index
        while let byte = peek, Self.isToken(byte) { index += 1 }
        return index > start ? text(start, index) : nil
    }

    /// A quoted string, without quotes and escapes; `nil` if it does not end.
    private mutating func quotedString() -> String? {
        var content: [UInt8] = []
        index += 1
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = peek else { return nil }
                content.append(escaped)
                index += 1
            default: content.append(byte)
            }
        }
        return nil
    }

    /// Moves to where the next element begins; whether there is one.
    private mutating func skipToElement() -> Bool {
        while let byte = peek, byte == UInt8(ascii: ",") || Self.isSpace(byte) { index += 1 }
        return index < bytes.count
    }

    /// Moves to the comma that ends the element; commas in quotes do not.
    private mutating func skipElement() {
        while let byte = peek, byte != UInt8(ascii: ",") {
            if byte == UInt8(ascii: "\"") { _ = quotedString() } else { index += 1 }
        }
    }

    private mutating func skipSpaces() {
        while let byte = peek, Self.isSpace(byte) { index += 1 }
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func text(_ start: Int, _ end: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }

    /// `tchar` (RFC 9110 §5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func isToken68(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-._~+/".utf8.contains(byte) }
}

extension Challenge {
    /// A parameter must not come twice (RFC 9110 §11.2): the first counts.
    fileprivate mutating func add(_ parameter: Parameter) {
        if !parameters.contains(where: { $0.name == parameter.name }) { parameters.append(parameter) }
    }
}

/// Text in quotes (RFC 9110 §5.6.4).
enum QuotedText {
    /// `text` as a quoted string: quotes and backslashes are escaped.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}
