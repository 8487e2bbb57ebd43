import Digests
import Testing

@Suite struct MessageDigestTests {
    /// The digests of nothing and of "abc": RFC 1321 appendix A.5, FIPS 180-4's examples.
    static let known: [(DigestAlgorithm, String, String)] = [
        (.md5, "", "d41d8cd98f00b204e9800998ecf8427e"), (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (.sha512_256, "", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"),
        (.sha512_256, "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
    ]

    @Test("the published digests come out", arguments: known)
    func published(algorithm: DigestAlgorithm, text: String, hex: String) throws {
        #expect(try MessageDigest.hex(of: text, algorithm) == hex)
    }

    @Test("bytes in pieces give the digest of all of them", arguments: DigestAlgorithm.allCases)
    func pieces(algorithm: DigestAlgorithm) throws {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
        var digest = try MessageDigest(algorithm)
        try digest.update([])
        try digest.update(Array(bytes[..<1]))
        try digest.update(Array(bytes[1..<700]))
        try digest.update(Array(bytes[700...]))
        #expect(try digest.finish() == MessageDigest.of(bytes, algorithm))
    }

    @Test("SHA-512-256 is stronger than SHA-256, and that than MD5")
    func order() {
        #expect(DigestAlgorithm.allCases.sorted() == [.md5, .sha256, .sha512_256])
        #expect(DigestAlgorithm.allCases.max() == .sha512_256)
    }

    @Test("hexadecimal has two lower-case digits a byte")
    func hex() { #expect(Hexadecimal.encode([0x00, 0x0f, 0xab, 0xff]) == "000fabff") }
}
