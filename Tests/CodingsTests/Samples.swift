import Foundation

@testable import Codings

/// Bytes that compress, with a tail that does not.
let sample: [UInt8] = {
    var random = SeededGenerator(seed: 1)
    let text = Array(String(repeating: "the tern flies farthest, ", count: 40).utf8)
    return text + (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
}()

/// Feeds the pieces one after another and takes what comes in chunks of at most `count` bytes.
func decode(
    _ pieces: [[UInt8]], _ codings: [ContentCoding], upTo count: Int = 65_536,
    limits: ContentDecoder.Limits = ContentDecoder.Limits()
) throws(CodingError) -> [UInt8] {
    var decoder = try ContentDecoder(codings: codings, limits: limits)
    var output: [UInt8] = []
    for piece in pieces {
        decoder.feed(piece)
        while let chunk = try decoder.next(upTo: count) {
            guard 1...count ~= chunk.count else { throw .corrupt(.gzip, detail: "a chunk of \(chunk.count)") }
            output += chunk
        }
    }
    try decoder.finish()
    return output
}

/// The bytes in the codings, the first applied first.
func encode(_ bytes: [UInt8], _ codings: [ContentCoding]) throws(CodingError) -> [UInt8] {
    var bytes = bytes
    for coding in codings { bytes = try ContentEncoder.encode(bytes, as: coding) }
    return bytes
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

/// The public test vectors, where `TERN_SUITES` names their folder.
enum Suites {
    static let folder = ProcessInfo.processInfo.environment["TERN_SUITES"]

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: (folder ?? "") + "/" + path)))
    }

    static func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: (folder ?? "") + "/" + path).sorted()
    }
}
