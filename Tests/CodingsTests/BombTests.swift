import Testing

@testable import Codings

@Suite("Bombs")
struct BombTests {
    private static let zeros = [UInt8](repeating: 0, count: 10_000_000)

    @Test("ten million zeros hit the ratio, soon, and in small chunks", arguments: ContentCoding.allCases)
    func zeros(coding: ContentCoding) throws {
        let bytes = try ContentEncoder.encode(Self.zeros, as: coding)
        #expect(bytes.count < 20_000)
        var decoder = try ContentDecoder(codings: [coding])
        decoder.feed(bytes)
        var taken = 0
        let error = #expect(throws: CodingError.self) {
            while let chunk = try decoder.next(upTo: 4_096) {
                #expect(chunk.count <= 4_096 && chunk.capacity <= 4_096 + 64)
                taken += chunk.count
            }
        }
        guard case .ratioExceeded(let decoded, _, 200) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(taken <= 1 << 20 && decoded == taken + 4_096, "it stops in the chunk after the floor")
    }

    @Test("a bomb in a bomb hits the ratio before the inner one gives its floor")
    func nested() throws {
        let inner = try encode(Self.zeros, [.gzip, .gzip, .br])
        #expect(inner.count < 1_000)
        let error = #expect(throws: CodingError.self) {
            try ContentDecoder.decodeWhole(inner, codings: [.gzip, .gzip, .br])
        }
        guard case .ratioExceeded = error else { return #expect(Bool(false), "\(String(describing: error))") }
        // The outer coding alone swells: what it gives is no gzip, but the ratio is seen first or that is.
        let swollen = try encode(Self.zeros, [.br])
        #expect(throws: CodingError.self) { try ContentDecoder.decodeWhole(swollen, codings: [.gzip, .br]) }
    }

    @Test("what is just within the ratio, or below the floor, passes")
    func within() throws {
        let small = [UInt8](repeating: 0, count: 1 << 20)
        for coding in ContentCoding.allCases {
            #expect(try ContentDecoder.decodeWhole(encode(small, [coding]), codings: [coding]) == small)
        }
        var limits = ContentDecoder.Limits()
        limits.maximumRatio = 2_000
        let bytes = try encode(Self.zeros, [.gzip])
        #expect(try ContentDecoder.decodeWhole(bytes, codings: [.gzip], limits: limits).count == Self.zeros.count)
    }

    @Test("a body larger than the cap is an error, one as large is not", arguments: ContentCoding.allCases)
    func cap(coding: ContentCoding) throws {
        let bytes = try encode(sample, [coding])
        var limits = ContentDecoder.Limits()
        limits.maximumSize = sample.count
        #expect(try decode([bytes], [coding], upTo: 100, limits: limits) == sample)
        limits.maximumSize -= 1
        #expect(throws: CodingError.tooLarge(limit: limits.maximumSize)) {
            try decode([bytes], [coding], upTo: 100, limits: limits)
        }
    }
}
