internal import COpenSSL

/// Owns one reference to an `X509`.
@safe
final class Certificate {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe X509_free(pointer) }

    /// Reads a certificate in DER form.
    convenience init(der: [UInt8]) throws(TLSError) {
        ERR_clear_error()
        let pointer = unsafe der.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return unsafe d2i_X509(nil, &start, bytes.count)
        }
        guard let pointer = unsafe pointer else {
            throw TLSError(.certificateInvalid, "a certificate of the peer cannot be read: \(LibraryWords().text)")
        }
        unsafe self.init(pointer)
    }

    /// The DER form; empty if it cannot be written.
    static func der(_ certificate: OpaquePointer) -> [UInt8] {
        let size = unsafe i2d_X509(certificate, nil)
        guard size > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            var end = buffer.baseAddress
            count = unsafe max(0, Int(i2d_X509(certificate, &end)))
        }
    }

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
