internal import COpenSSL

/// Owns one reference to an `X509`.
@safe
final class Certificate {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe X509_free(pointer) }

    /// The certificates in a PEM text. Throws an error with `code` if there is none, or one is damaged.
    static func read(_ pem: [UInt8], as code: TLSError.Code) throws(TLSError) -> [Certificate] {
        ERR_clear_error()
        guard let text = unsafe BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else {
            throw TLSError(.libraryFailure, "no memory to read certificates")
        }
        defer { unsafe BIO_free(text) }
        var certificates: [Certificate] = []
        while let pointer = unsafe PEM_read_bio_X509(text, nil, nil, nil) {
            unsafe certificates.append(Certificate(pointer))
        }
        let words = LibraryWords()
        // The text is read to its end when no further PEM block begins.
        guard words.reason == PEM_R_NO_START_LINE, !certificates.isEmpty else {
            throw TLSError(code, "a text of \(pem.count) bytes is not certificates in PEM form: \(words.text)")
        }
        return certificates
    }
}
