import Codings
import FuzzSupport

/// Compressed content, whole and in pieces; never more than is allowed comes of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let (kind, size) = (Int(input.choice()), Int(input.choice()))
    let all = ContentCoding.allCases
    var codings = [all[kind % all.count]]
    if kind & 64 != 0 { codings.append(all[kind / all.count % all.count]) }
    let bytes = input.rest
    let (whole, split) = (decode([bytes], codings), decode(bytes.pieces(of: size % 32 + 1), codings))
    // libzstd decodes a frame that it has all of in another way, which takes some that it refuses in pieces.
    if codings.contains(.zstd), whole.isWhole != split.isWhole { return 0 }
    mustBeEqual(whole, split, "the split matters")
    return 0
}

private let most = 1 << 20

/// What came, and whether it ended well.
private func decode(_ pieces: [[UInt8]], _ codings: [ContentCoding]) -> Outcome {
    var limits = ContentDecoder.Limits()
    limits.maximumSize = most
    limits.ratioFloor = most
    guard var decoder = try? ContentDecoder(codings: codings, limits: limits) else { return Outcome() }
    var outcome = Outcome()
    do {
        for piece in pieces {
            decoder.feed(piece)
            while let chunk = try decoder.next(upTo: 65_536) {
                if chunk.isEmpty || chunk.count > 65_536 { fatalError("a chunk of \(chunk.count) bytes") }
                outcome.bytes += chunk
                if outcome.bytes.count > most { fatalError("\(outcome.bytes.count) bytes passed the limit") }
            }
        }
        try decoder.finish()
        outcome.isWhole = true
    } catch {
        // How much came before the fault may depend on the split.
        outcome.bytes = []
    }
    return outcome
}

private struct Outcome: Equatable {
    var bytes: [UInt8] = []
    var isWhole = false
}
