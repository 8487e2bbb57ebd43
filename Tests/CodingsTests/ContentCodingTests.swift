import Testing

@testable import Codings

@Suite("Content-Encoding")
struct ContentCodingTests {
    @Test(
        "field values name the codings in the order of applying",
        arguments: [
            ([], []), ([""], []), (["gzip"], [.gzip]), (["GZip , bR"], [.gzip, .br]), (["x-gzip"], [.gzip]),
            ([" ,, deflate\t,", "zstd"], [.deflate, .zstd]), (["identity"], []),
            (["identity, gzip, Identity"], [.gzip]),
        ] as [([String], [ContentCoding])])
    func parses(values: [String], expected: [ContentCoding]) throws {
        #expect(try ContentCoding.parse(fieldValues: values) == expected)
    }

    @Test(
        "an unknown name is an error",
        arguments: ["compress", "x-br", "gzip br", "gzip;q=1", "*", "\"gzip\"", "gzi\u{0}p", "ｇzip", "gzip\u{301}"])
    func unknown(value: String) {
        let error = #expect(throws: CodingError.self) { try ContentCoding.parse(fieldValues: ["gzip, \(value)"]) }
        guard case .unknownCoding(let name) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(name.contains(value))
    }

    @Test("a message shows what a peer sent in printable ASCII, cut")
    func message() {
        let error = CodingError.unknownCoding("a\r\n\u{1B}ü" + String(repeating: "b", count: 999))
        #expect(
            error.description == "Content-Encoding names \"a????" + String(repeating: "b", count: 35)
                + "\", which is not built in")
    }

    @Test("what is accepted is what is built in")
    func acceptable() { #expect(ContentCoding.acceptable == "gzip, deflate, br, zstd") }

    @Test("five codings on a body are decoded, six are refused")
    func stacked() throws {
        let five: [ContentCoding] = [.gzip, .br, .zstd, .deflate, .gzip]
        let bytes = try encode(sample, five)
        #expect(try ContentDecoder.decodeWhole(bytes, codings: five) == sample)
        #expect(try decode(bytes.map { [$0] }, five, upTo: 3) == sample)
        let error = #expect(throws: CodingError.self) { try ContentDecoder.decodeWhole(bytes, codings: five + [.br]) }
        #expect(error == .tooManyCodings(6, limit: 5))
    }

    @Test("no coding at all gives the bytes as they are")
    func none() throws {
        #expect(try decode([sample, sample], [], upTo: 7) == sample + sample)
        #expect(try ContentDecoder.decodeWhole(sample, codings: []) == sample)
        var limits = ContentDecoder.Limits()
        limits.maximumSize = 10
        #expect(throws: CodingError.tooLarge(limit: 10)) {
            try ContentDecoder.decodeWhole(sample, codings: [], limits: limits)
        }
    }
}
