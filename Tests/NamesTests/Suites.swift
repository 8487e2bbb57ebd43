import Foundation

/// The public test vectors, where `TERN_SUITES` names their folder.
enum Suites {
    static let folder = ProcessInfo.processInfo.environment["TERN_SUITES"]

    /// A file of JSON as what `JSONSerialization` makes of it, where half a surrogate pair, which it refuses, has
    /// become U+FFFD.
    static func json(_ path: String) throws -> Any {
        let data = try Data(contentsOf: URL(fileURLWithPath: (folder ?? "") + "/" + path))
        let text = String(decoding: data, as: UTF8.self)
            .replacing(/(\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|\\ud[89a-f][0-9a-f]{2}/.ignoresCase()) { match in
                match.output.1.map(String.init) ?? "\\ufffd"
            }
        return try JSONSerialization.jsonObject(with: Data(text.utf8))
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
