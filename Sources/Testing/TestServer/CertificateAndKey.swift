import COpenSSL

/// Owns an X.509 certificate and its private key, made by libcrypto.
@safe
final class CertificateAndKey: @unchecked Sendable {
    private let key: OpaquePointer
    private let certificate: OpaquePointer

    /// What stands in a certificate.
    struct Content {
        var name: String
        /// Days from now, from the first to the last on which it is valid.
        var days: ClosedRange<Int>
        /// Extensions by their NID, in OpenSSL's form.
        var extensions: [(Int32, String)]

        static func root(_ name: String) -> Content {
            Content(
                name: name, days: -1...30,
                extensions: [
                    (NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
                    (NID_subject_key_identifier, "hash"),
                ])
        }

        static func server(_ names: [String], days: ClosedRange<Int>, isForLoopback: Bool = true) -> Content {
            var all = names.map { "DNS:\($0)" }
            if isForLoopback { all += ["IP:127.0.0.1", "IP:::1"] }
            return Content(
                name: names.first ?? "server", days: days,
                extensions: [
                    (NID_basic_constraints, "CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                    (NID_ext_key_usage, "serverAuth"), (NID_subject_alt_name, all.joined(separator: ",")),
                ])
        }

        static func client(_ name: String) -> Content {
            Content(
                name: name, days: -1...30,
                extensions: [
                    (NID_basic_constraints, "CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                    (NID_ext_key_usage, "clientAuth"),
                ])
        }
    }

    /// A new key, and a certificate for it; its own key signs where there is no signer.
    init(_ content: Content, signedBy signer: CertificateAndKey?) throws(TestServerError) {
        let key = try unsafe Self.makeKey()
        guard let made = unsafe X509_new() else {
            unsafe EVP_PKEY_free(key)
            throw TestServerError(.startFailed, "a certificate could not be made: no memory")
        }
        unsafe self.key = key
        unsafe certificate = made
        unsafe X509_set_version(made, 2)
        unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), UInt64.random(in: 1...(.max >> 1)))
        unsafe X509_gmtime_adj(X509_getm_notBefore(made), content.days.lowerBound * 86_400)
        unsafe X509_gmtime_adj(X509_getm_notAfter(made), content.days.upperBound * 86_400)
        unsafe X509_set_pubkey(made, key)
        let subject = unsafe X509_get_subject_name(made)
        let name = Array(content.name.utf8)
        _ = unsafe X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_FLAG | 1, name, Int32(name.count), -1, 0)
        let issuer = unsafe signer?.certificate ?? made
        unsafe X509_set_issuer_name(made, X509_get_subject_name(issuer))
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, issuer, made, nil, nil, 0)
        for (kind, value) in content.extensions {
            guard let part = unsafe X509V3_EXT_conf_nid(nil, &context, kind, value) else {
                throw TestServerError(.startFailed, "a certificate with \"\(value)\" could not be made")
            }
            unsafe X509_add_ext(made, part, -1)
            unsafe X509_EXTENSION_free(part)
        }
        guard unsafe X509_sign(made, signer?.key ?? key, EVP_sha256()) > 0 else {
            throw TestServerError(.startFailed, "the certificate of \(content.name) could not be signed")
        }
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
    }

    var pem: [UInt8] { unsafe Self.text { unsafe PEM_write_bio_X509($0, certificate) } }

    var issued: TestAuthority.Issued {
        unsafe TestAuthority.Issued(
            certificate: pem,
            key: Self.text { unsafe PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) },
            publicKeyPin: Self.sha256(Self.der { unsafe i2d_PUBKEY(key, $0) }),
            certificatePin: Self.sha256(Self.der { unsafe i2d_X509(certificate, $0) }))
    }

    private static func makeKey() throws(TestServerError) -> OpaquePointer {
        let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            unsafe EVP_PKEY_keygen(context, &key) == 1, let key = unsafe key
        else { throw TestServerError(.startFailed, "a key on P-256 could not be made") }
        return unsafe key
    }

    private static func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
        let memory = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free(memory) }
        _ = unsafe write(memory)
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = unsafe BIO_read(memory, &bytes, Int32(bytes.count))
        return [UInt8](bytes.prefix(max(0, Int(count))))
    }

    private static func der(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8] {
        let size = write(nil)
        return unsafe [UInt8](unsafeUninitializedCapacity: max(0, Int(size))) { buffer, count in
            var end = buffer.baseAddress
            count = unsafe max(0, Int(write(&end)))
        }
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        return digest
    }
}
