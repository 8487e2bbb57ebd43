internal import COpenSSL

/// A digest that grows with the bytes it is given.
///
///     var digest = try MessageDigest(.sha256)
///     try digest.update(chunk)
///     let bytes = try digest.finish()
@safe
package struct MessageDigest: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: DigestAlgorithm

    /// The digest of nothing yet.
    package init(_ algorithm: DigestAlgorithm) throws(DigestError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw DigestError("no memory for \(algorithm.rawValue)") }
        guard unsafe EVP_DigestInit_ex(context, algorithm.function, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw DigestError("libcrypto does not give \(algorithm.rawValue)")
        }
        unsafe self.context = context
        self.algorithm = algorithm
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Adds bytes.
    package mutating func update(_ bytes: [UInt8]) throws(DigestError) {
        let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        guard status == 1 else { throw DigestError("\(algorithm.rawValue) of \(bytes.count) bytes failed") }
    }

    /// The digest of all bytes so far; no more can be added.
    package mutating func finish() throws(DigestError) -> [UInt8] {
        var status: Int32 = 0
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var size: UInt32 = 0
            status = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, &size)
            count = Int(size)
        }
        guard status == 1 else { throw DigestError("\(algorithm.rawValue) could not be finished") }
        return digest
    }

    /// The digest of `bytes`.
    package static func of(_ bytes: [UInt8], _ algorithm: DigestAlgorithm) throws(DigestError) -> [UInt8] {
        var digest = try MessageDigest(algorithm)
        try digest.update(bytes)
        return try digest.finish()
    }

    /// The digest of the UTF-8 of `text` in lower-case hexadecimal (RFC 7616 §3.4: `LHEX`).
    package static func hex(of text: String, _ algorithm: DigestAlgorithm) throws(DigestError) -> String {
        Hexadecimal.encode(try of(Array(text.utf8), algorithm))
    }
}
