import TernCore

/// Reads the arguments of options, as curl reads them.
enum OptionArgument {
    /// A number of things; -1 for as many as there are, where curl has that.
    static func integer(_ text: String, _ option: String, allowsAny: Bool = false) throws -> Int {
        guard let number = Int(text), number >= (allowsAny ? -1 : 0) else {
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

    /// Seconds, of which none means no limit.
    static func limit(_ text: String, _ option: String) throws -> Duration? {
        let seconds = try seconds(text, option)
        return seconds == .zero ? nil : seconds
    }

    /// Bytes with `k`, `M`, `G`, `T` or `P`, powers of 1,024; none at all for 0.
    static func bytes(_ text: String, _ option: String) throws -> Int64? {
        let factors: [Character: Int64] = [
            "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50,
        ]
        var digits = text
        var factor: Int64 = 1
        if let last = text.lowercased().last, let known = factors[last] {
            digits.removeLast()
            factor = known
        }
        guard let number = Int64(digits), number >= 0,
            case (let value, false) = number.multipliedReportingOverflow(by: factor)
        else { throw UsageError("\(option): expected bytes, as in 500k or 2M, got '\(text)'") }
        return value == 0 ? nil : value
    }

    /// The data of `-d` and its kin: `@file` reads one.
    static func data(_ text: String, stripsLines: Bool) -> DataPart {
        text.hasPrefix("@") ? .file(String(text.dropFirst()), stripsLines: stripsLines) : .text(text)
    }

    /// `content`, `=content`, `name=content`, `@file`, `name@file`.
    static func urlencoded(_ text: String) -> DataPart {
        guard let mark = text.firstIndex(where: { $0 == "=" || $0 == "@" }) else {
            return .encoded(name: "", value: text)
        }
        let (name, rest) = (String(text[..<mark]), String(text[text.index(after: mark)...]))
        return text[mark] == "=" ? .encoded(name: name, value: rest) : .encodedFile(name: name, path: rest)
    }

    /// A version of TLS, for `--tls-max`; `default` sets no limit.
    static func tlsVersion(_ text: String, _ option: String) throws -> TLSVersion? {
        if text == "default" { return nil }
        guard let version = TLSVersion(rawValue: text) else {
            throw UsageError("\(option): '\(text)' is not a version of TLS; try 1.2 or 1.3")
        }
        return version
    }
}
