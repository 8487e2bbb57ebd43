import Testing

@testable import Codings

/// A body as a server may send it under one name.
struct Coded: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let coding: ContentCoding
    let plain: [UInt8]
    let bytes: [UInt8]
    /// Where else than at its end the body may end.
    let ends: Set<Int>

    init(_ name: String, _ coding: ContentCoding, _ plain: [UInt8], _ bytes: [UInt8], ends: Set<Int> = []) {
        self.ends = ends
        testDescription = name
        self.coding = coding
        self.plain = plain
        self.bytes = bytes
    }

    static let all: [Coded] = {
        do {
            let simple = try ContentCoding.allCases.map {
                Coded($0.rawValue, $0, sample, try ContentEncoder.encode(sample, as: $0))
            }
            let empty = try ContentCoding.allCases.map {
                Coded("empty \($0)", $0, [], try ContentEncoder.encode([], as: $0))
            }
            let member = try ContentEncoder.encode(sample, as: .gzip)
            let none = try ContentEncoder.encode([], as: .gzip)
            let frame = try ContentEncoder.encode(sample, as: .zstd)
            let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
            return simple + empty + [
                Coded("bare deflate", .deflate, sample, try ContentEncoder.encodeBareDeflate(sample)),
                Coded("bare empty deflate", .deflate, [], try ContentEncoder.encodeBareDeflate([])),
                // One byte behind a member is no member yet: it passes for padding.
                Coded(
                    "three members", .gzip, sample + sample, member + none + member,
                    ends: [member.count, member.count + 1, member.count + none.count, member.count + none.count + 1]),
                Coded(
                    "two frames and a skippable one", .zstd, sample + sample, frame + skippable + frame,
                    ends: [frame.count, frame.count + skippable.count]),
            ]
        } catch {
            return []  // `all.count` is a test
        }
    }()
}

@Suite("Decoding")
struct ContentDecoderTests {
    @Test("the samples could be made") func samples() { #expect(Coded.all.count == 12) }

    @Test("a body split anywhere decodes the same", arguments: Coded.all)
    func splits(coded: Coded) throws {
        for split in 0...coded.bytes.count {
            let pieces = [Array(coded.bytes[..<split]), Array(coded.bytes[split...])]
            #expect(try decode(pieces, [coded.coding]) == coded.plain, "split at \(split)")
        }
    }

    @Test("a body that comes byte by byte decodes the same, taken in chunks of any size", arguments: Coded.all)
    func byteByByte(coded: Coded) throws {
        for count in [1, 2, 7, 64] {
            #expect(try decode(coded.bytes.map { [$0] }, [coded.coding], upTo: count) == coded.plain)
            #expect(try decode([coded.bytes], [coded.coding], upTo: count) == coded.plain)
        }
    }

    @Test("pieces may be fed before what came earlier is used")
    func fedAhead() throws {
        for coded in Coded.all {
            var decoder = try ContentDecoder(codings: [coded.coding])
            var output: [UInt8] = []
            for byte in coded.bytes {
                decoder.feed([byte])
                decoder.feed([])
                if let chunk = try decoder.next(upTo: 1) { output += chunk }
            }
            while let chunk = try decoder.next(upTo: 1) { output += chunk }
            try decoder.finish()
            #expect(output == coded.plain)
            #expect(decoder.wireBytes == coded.bytes.count)
            #expect(decoder.decodedBytes == coded.plain.count)
        }
    }

    @Test("a body cut anywhere is an error, unless a member or frame ends there", arguments: Coded.all)
    func truncated(coded: Coded) throws {
        for length in 1..<coded.bytes.count {
            let cut = Array(coded.bytes[..<length])
            if coded.ends.contains(length) {
                #expect(throws: Never.self, "cut to \(length)") { try decode([cut], [coded.coding]) }
            } else {
                #expect(throws: CodingError.truncated(coded.coding), "cut to \(length)") {
                    try decode([cut], [coded.coding])
                }
            }
        }
    }

    @Test("no byte at all is a whole body")
    func empty() throws {
        for coding in ContentCoding.allCases {
            #expect(try decode([], [coding]) == [])
            #expect(try decode([[], []], [coding, .gzip]) == [])
        }
    }

    @Test("what follows gzip and deflate is dropped, what follows br and zstd is an error")
    func trailing() throws {
        for coding in ContentCoding.allCases {
            let bytes = try ContentEncoder.encode(sample, as: coding)
            for tail in [[0], [0, 0, 0, 0, 0, 0], [0x1F], [0x1F, 0], [1, 2, 3, 4, 5, 6, 7, 8]] as [[UInt8]] {
                for pieces in [[bytes + tail], [bytes, tail], (bytes + tail).map { [$0] }] {
                    if coding == .gzip || coding == .deflate {
                        #expect(try decode(pieces, [coding]) == sample)
                    } else {
                        #expect(throws: CodingError.self) { try decode(pieces, [coding]) }
                    }
                }
            }
        }
        let member = try ContentEncoder.encode(sample, as: .gzip)
        #expect(throws: CodingError.self) { try decode([member + [0x1F, 0x8B, 9, 9]], [.gzip]) }
    }

    @Test("a flipped bit never traps, and does not get past a checksum", arguments: Coded.all)
    func flipped(coded: Coded) throws {
        let header = ["gzip": 10, "deflate": 0][coded.testDescription]  // gzip's tells time and system, unchecked
        for index in coded.bytes.indices {
            for bit in 0..<8 {
                var bytes = coded.bytes
                bytes[index] ^= 1 << UInt8(bit)
                let result = try? decode([bytes], [coded.coding])
                // A bit that nobody reads, such as padding, may flip.
                if let header, index >= header { #expect(result == nil || result == coded.plain) }
            }
        }
    }

    @Test("random bytes never trap", arguments: ContentCoding.allCases)
    func random(coding: ContentCoding) throws {
        var random = SeededGenerator(seed: 7)
        let starts: [[UInt8]] = [
            [], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], [0x78, 0x9C], [0x28, 0xB5, 0x2F, 0xFD], [0x0B],
        ]
        var failed = 0
        for round in 0..<3_000 {
            let noise = (0..<Int.random(in: 0..<120, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let bytes = starts[round % starts.count] + noise
            let split = Int.random(in: 0...bytes.count, using: &random)
            do throws(CodingError) {
                _ = try decode(
                    [Array(bytes[..<split]), Array(bytes[split...])], [coding, .gzip, coding].suffix(round % 3 + 1),
                    upTo: 33)
            } catch {
                failed += 1
                #expect(!error.description.isEmpty)
            }
        }
        #expect(failed > 2_000)
    }

    @Test("an error is thrown again by every later call")
    func sticky() throws {
        var decoder = try ContentDecoder(codings: [.gzip])
        decoder.feed([1, 2, 3, 4])
        let first = #expect(throws: CodingError.self) { try decoder.next(upTo: 9) }
        #expect(first == .corrupt(.gzip, detail: "incorrect header check"))
        decoder.feed(try ContentEncoder.encode(sample, as: .gzip))
        let second = #expect(throws: CodingError.self) { try decoder.next(upTo: 9) }
        let third = #expect(throws: CodingError.self) { try decoder.finish() }
        #expect(second == first && third == first)
    }

    @Test("a zstd window of 8 MiB is taken, a larger one refused")
    func window() throws {
        func frame(window: UInt8) -> [UInt8] { [0x28, 0xB5, 0x2F, 0xFD, 0, window, 0x29, 0, 0] + Array(0..<5) }
        #expect(try decode([frame(window: 13 << 3)], [.zstd]) == Array(0..<5))
        for window in [13 << 3 | 1, 14 << 3, 31 << 3 | 7] as [UInt8] {
            #expect(throws: CodingError.self) { try decode([frame(window: window)], [.zstd]) }
        }
    }

    @Test("bare deflate is told from zlib by the check, not by the method alone")
    func bareByCheck() throws {
        // A stored block of five bytes whose padding makes the first byte 0x78, then an empty last block.
        let bytes: [UInt8] = [0x78, 5, 0, 0xFA, 0xFF, 1, 2, 3, 4, 5, 3, 0]
        #expect(try decode([bytes], [.deflate]) == [1, 2, 3, 4, 5])
    }

    @Test("a dictionary that nobody has is an error")
    func dictionary() {
        #expect(throws: CodingError.corrupt(.deflate, detail: "it asks for a preset dictionary")) {
            try decode([[0x78, 0xBB, 1, 2, 3, 4, 5]], [.deflate])
        }
    }

    @Test("a frame of a zstd older than RFC 8878 is refused, whole and in pieces", arguments: [1, 12])
    func oldZstd(size: Int) {
        // Version 0.6 of the format, which libzstd would take; found by the fuzzer.
        let bytes: [UInt8] = [0x26, 0xB5, 0x2F, 0xFD, 0x8A, 0, 0, 0, 0, 0]
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        #expect(throws: CodingError.self) { try decode(pieces, [.zstd]) }
    }
}
