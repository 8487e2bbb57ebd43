import TestKit
import Testing

/// What a run came to, without what is bound to differ: who asks, when, and random boundaries.
struct Outcome: Equatable, CustomStringConvertible {
    var exit: ChildProcess.Exit
    var output: String
    var files: [String: String]

    init(_ run: Command.Run) {
        exit = run.exit
        output = Outcome.normal(run.output)
        files = run.files.mapValues(Outcome.normal)
    }

    var description: String {
        let files = files.sorted { $0.key < $1.key }.map { "\n      \($0.key): \($0.value.debugDescription)" }.joined()
        return "\(exit) \(output.debugDescription)\(files)"
    }

    /// Latin-1, so that every byte counts.
    private static func normal(_ bytes: [UInt8]) -> String {
        var text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        for agent in ["curl/7.88.1", "tern/0.1.0"] { text = replace(agent, in: text, by: "AGENT") }
        var isMultipart = false
        // What stands in front of the cookies of a file.
        if text.hasPrefix("# Netscape HTTP Cookie File\n") {
            text = text.split(separator: "\n").filter { !$0.hasPrefix("# ") }.joined(separator: "\n")
        }
        let dashes = String(repeating: "-", count: 24)
        while let start = text.firstRange(of: dashes)?.lowerBound {
            // Nested parts have boundaries of their own.
            let boundary = text[start...].prefix(40)
            text = replace(String(boundary), in: text, by: "BOUNDARY")
            isMultipart = true
        }
        guard text.contains("\"headers\": [[") else { return withoutDates(text) }
        // The order of fields with different names means nothing (RFC 9110 §5.3).
        let pieces = text.split(separator: "\"headers\": [[", omittingEmptySubsequences: false)
        text = pieces.dropFirst().reduce(String(pieces[0])) { text, piece in
            guard let end = piece.firstRange(of: "]]")?.lowerBound else { return "\(text)\(piece)" }
            let sorted = piece[..<end].split(separator: "], [").map(String.init)
                .filter { !isMultipart || !$0.hasPrefix("\"content-length\"") }.sorted()
            return "\(text)\"headers\": [[\(sorted.joined(separator: "], ["))\(piece[end...])"
        }
        if isMultipart, let end = text.firstRange(of: "\"length\": ") { text = String(text[..<end.lowerBound]) }
        return text
    }

    private static func withoutDates(_ text: String) -> String {
        text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .map { $0.lowercased().hasPrefix("date: ") ? "date" : String($0) }.joined(separator: "\r\n")
    }

    private static func replace(_ old: String, in text: String, by new: String) -> String {
        text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}

/// A command line to be tried with both programs.
struct Line: Sendable, CustomTestStringConvertible {
    var arguments: String
    var input = ""
    var environment: [String: String] = [:]

    init(_ arguments: String, input: String = "", environment: [String: String] = [:]) {
        self.arguments = arguments
        self.input = input
        self.environment = environment
    }

    var testDescription: String { arguments }

    /// The arguments; `'…'` holds spaces together, and `''` is an empty one.
    func words(_ servers: Servers, _ others: [(String, String)] = []) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in arguments {
            switch character {
            case "'":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words.map { servers.fill($0, others) }
    }

    /// Both outcomes, and what tern said.
    func outcomes(
        _ others: [(String, String)] = [], transport: String = "auto"
    ) async throws -> (curl: Outcome, tern: Outcome, said: String) {
        let servers = try await Servers.shared()
        let words = words(servers, others)
        let environment = environment.mapValues { servers.fill($0, others) }
        let input = servers.fill(input, others)
        let curl = try await Command.run("curl", words, input: input, environment: environment)
        let tern = try await Command.run(
            Command.tern, ["--transport", transport] + words, input: input, environment: environment)
        return (Outcome(curl), Outcome(tern), tern.error)
    }
}
