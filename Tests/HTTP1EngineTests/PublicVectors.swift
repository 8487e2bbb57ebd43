import Foundation

/// Vectors that others published, read from the folder that `TERN_SUITES` names. They are not part of the project.
enum PublicVectors {
    static let folder = ProcessInfo.processInfo.environment["TERN_SUITES"]

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: (folder ?? "") + "/" + path, encoding: .utf8)
    }

    /// One case of llhttp's own tests (github.com/nodejs/llhttp, MIT): raw bytes, and the log that its parser wrote.
    struct LLHTTPCase: Sendable {
        var title: String
        var input: [UInt8]
        /// What llhttp said against it; nil if it took all of it.
        var error: String?
        /// Responses that it saw the head of, by status.
        var statuses: [Int]
        /// Messages that it saw the end of.
        var completed: Int
        /// All body bytes.
        var body: [UInt8]
        /// Whether the response is read as one to HEAD.
        var isHead: Bool
    }

    /// The cases of one file that are parsed without a leniency flag.
    static func llhttp(_ file: String) throws -> [LLHTTPCase] {
        var cases: [LLHTTPCase] = []
        var title = ""
        var isStrict = false
        var isHead = false
        var fence: String?
        var block: [Substring] = []
        var input: [UInt8] = []
        for line in try text("llhttp/\(file)").split(separator: "\n", omittingEmptySubsequences: false) {
            if let open = fence {
                guard line == "```" else {
                    block.append(line)
                    continue
                }
                fence = nil
                if open == "```http" { input = raw(block.joined(separator: "\n")) }
                if open == "```log", isStrict { cases.append(parsed(title, input, block, isHead)) }
                block = []
            } else if line.hasPrefix("```") {
                fence = String(line)
            } else if line.hasPrefix("#") {
                title = line.drop { $0 == "#" || $0 == " " }.trimmingCharacters(in: .whitespaces)
            } else if line.hasPrefix("<!-- meta=") {
                isStrict = line.contains("\"response\"")
                isHead = line.contains("skipBody")
            }
        }
        return cases
    }

    /// The notation of the files: a line ends in CRLF, a backslash at its end takes that away, escapes as in C.
    private static func raw(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(text.replacing("\\\n", with: "").replacing("\n", with: "\r\n"))
        while let character = rest.popFirst() {
            guard character == "\\", let escape = rest.first else {
                bytes += Array(String(character).utf8)
                continue
            }
            rest.removeFirst()
            switch escape {
            case "r": bytes.append(13)
            case "n": bytes.append(10)
            case "t": bytes.append(9)
            case "f": bytes.append(12)
            case "x":
                let digits = rest.prefix { $0.isHexDigit }.prefix(2)
                rest = rest.dropFirst(digits.count)
                bytes.append(UInt8(digits, radix: 16) ?? 0)
            default: bytes += Array("\\\(escape)".utf8)
            }
        }
        return bytes
    }

    private static func parsed(_ title: String, _ input: [UInt8], _ log: [Substring], _ isHead: Bool) -> LLHTTPCase {
        var result = LLHTTPCase(
            title: title, input: input, error: nil, statuses: [], completed: 0, body: [], isHead: isHead)
        for line in log {
            let words = line.split(separator: " ")
            if let range = line.range(of: "error code=") { result.error = String(line[range.upperBound...]) }
            if line.hasSuffix("message complete") { result.completed += 1 }
            if let status = words.first(where: { $0.hasPrefix("status=") }) {
                result.statuses.append(Int(status.dropFirst(7)) ?? 0)
            }
            // `off=0 len=5 span[body]=…`: the offset says which bytes they are.
            guard words.count > 2, words[2].hasPrefix("span[body]="), let offset = Int(words[0].dropFirst(4)),
                let length = Int(words[1].dropFirst(4)), offset + length <= input.count
            else { continue }
            result.body += input[offset..<(offset + length)]
        }
        return result
    }

    /// The Content-Length cases of web-platform-tests (BSD-3): header lines, and the length that a browser takes.
    static func contentLengths() throws -> [(lines: [String], length: Int?)] {
        let data = Data(try text("wpt-subset/fetch/content-length/resources/content-lengths.json").utf8)
        let rows = try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
        return rows.compactMap { row in
            guard let input = row["input"] as? String else { return nil }
            return (input.components(separatedBy: "\r\n"), row["output"] as? Int)
        }
    }
}
