internal import COpenSSL

/// The hash functions of RFC 7616 §3.3, weakest first.
package enum DigestAlgorithm: String, Sendable, Hashable, CaseIterable, Comparable {
    /// RFC 1321. Broken as a hash; here for servers that know nothing else.
    case md5 = "MD5"
    /// FIPS 180-4 §6.2.
    case sha256 = "SHA-256"
    /// FIPS 180-4 §6.7: with initial values of its own, so not SHA-512 cut short (erratum 4897 of RFC 7616).
    case sha512_256 = "SHA-512-256"

    /// Whether `left` is the weaker one.
    package static func < (left: DigestAlgorithm, right: DigestAlgorithm) -> Bool { left.strength < right.strength }

    private var strength: Int {
        switch self {
        case .md5: 0
        case .sha256: 1
        case .sha512_256: 2
        }
    }

    var function: OpaquePointer? {
        switch self {
        case .md5: unsafe EVP_md5()
        case .sha256: unsafe EVP_sha256()
        case .sha512_256: unsafe EVP_sha512_256()
        }
    }
}
