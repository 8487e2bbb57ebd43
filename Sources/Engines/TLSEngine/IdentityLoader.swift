internal import COpenSSL

/// Gives a context its own certificate and key.
extension ContextHandle {
    borrowing func load(_ identity: TLSIdentity) throws(TLSError) {
        switch identity.certificates {
        case .file(let path):
            ERR_clear_error()
            guard unsafe SSL_CTX_use_certificate_chain_file(context, path) == 1 else {
                throw TLSError(.badIdentity, "no certificate could be read from \(path): \(LibraryWords().text)")
            }
        case .pem(let pem):
            let chain = try Certificate.read(pem, as: .badIdentity)
            guard unsafe SSL_CTX_use_certificate(context, chain[0].pointer) == 1 else {
                throw TLSError(.badIdentity, "the certificate from memory was refused: \(LibraryWords().text)")
            }
            for index in 1..<max(1, chain.count) {
                guard unsafe tern_ssl_context_add_chain_certificate(context, chain[index].pointer) == 1 else {
                    throw TLSError(.badIdentity, "a certificate from memory was refused: \(LibraryWords().text)")
                }
            }
        }
        try loadKey(identity)
    }

    private borrowing func loadKey(_ identity: TLSIdentity) throws(TLSError) {
        let place: String
        let text: OpaquePointer?
        ERR_clear_error()
        switch identity.key {
        case .file(let path):
            place = path
            unsafe text = BIO_new_file(path, "r")
        case .pem(let pem):
            place = "memory"
            // The bytes are copied, since the array may be gone before the key is read.
            unsafe text = BIO_new(BIO_s_mem())
            _ = unsafe BIO_write(text, pem, Int32(clamping: pem.count))
        }
        guard let text = unsafe text else {
            throw TLSError(.badIdentity, "no key could be read from \(place): \(LibraryWords().text)")
        }
        defer { unsafe BIO_free(text) }
        // With a password given, an empty one too, OpenSSL never asks at the terminal.
        var password = [CChar]((identity.password ?? "").utf8CString)
        defer { for index in password.indices { password[index] = 0 } }
        guard let key = unsafe PEM_read_bio_PrivateKey(text, nil, nil, &password) else {
            let hint = identity.password == nil ? "" : " with the password given"
            throw TLSError(.badIdentity, "no key could be read from \(place)\(hint): \(LibraryWords().text)")
        }
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe SSL_CTX_use_PrivateKey(context, key) == 1, unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw TLSError(.badIdentity, "the key from \(place) is not the certificate's: \(LibraryWords().text)")
        }
    }
}
