internal import COpenSSL
internal import Synchronization
package import TLSEngine

/// A certificate authority in memory, and certificates of it. Keys are Ed25519.
@safe
package final class Authority: Sendable {
    private nonisolated(unsafe) let key: OpaquePointer
    private nonisolated(unsafe) let certificate: OpaquePointer

    package init(name: String = "Tern test root") throws {
        unsafe key = try Self.makeKey()
        unsafe certificate = try Self.make(
            name, key: key, issuer: nil, issuerKey: key, days: (-1, 30),
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE"),
                (NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature"),
                (NID_subject_key_identifier, "hash"),
            ])
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
    }

    /// The root, as PEM.
    package var pem: [UInt8] { unsafe Self.pem { unsafe PEM_write_bio_X509($0, certificate) } }

    /// What a certificate is made of.
    package struct Leaf: Sendable {
        package let certificate: [UInt8]
        package let key: [UInt8]
        package let encryptedKey: [UInt8]
        package let der: [UInt8]
        package let publicKeyPin: [UInt8]
        package let certificatePin: [UInt8]
        fileprivate let serial: Int

        package var identity: TLSIdentity { TLSIdentity(certificates: .pem(certificate), key: .pem(key)) }
    }

    package static let password = "open sesame"

    /// A certificate for `names`, in OpenSSL's form (`DNS:a.test,IP:::1`), valid from and to so many days from now.
    package func issue(
        _ names: String = "DNS:tern.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1", days: (Int, Int) = (-1, 30),
        selfSigned: Bool = false
    ) throws -> Leaf {
        let leafKey = try unsafe Self.makeKey()
        defer { unsafe EVP_PKEY_free(leafKey) }
        let serial = lastSerial.withLock { last in
            last += 1
            return last
        }
        let leaf = try unsafe Self.make(
            "leaf", key: leafKey, issuer: selfSigned ? nil : certificate, issuerKey: selfSigned ? leafKey : key,
            days: days, extensions: [(NID_subject_alt_name, names)], serial: serial)
        defer { unsafe X509_free(leaf) }
        let password = Self.password
        return Leaf(
            certificate: unsafe Self.pem { unsafe PEM_write_bio_X509($0, leaf) },
            key: unsafe Self.pem { unsafe PEM_write_bio_PrivateKey($0, leafKey, nil, nil, 0, nil, nil) },
            encryptedKey: unsafe Self.pem {
                unsafe PEM_write_bio_PKCS8PrivateKey(
                    $0, leafKey, EVP_aes_128_cbc(), password, Int32(password.utf8.count), nil, nil)
            },
            der: unsafe Self.der { unsafe i2d_X509(leaf, $0) },
            publicKeyPin: unsafe Self.sha256(Self.der { unsafe i2d_PUBKEY(leafKey, $0) }),
            certificatePin: unsafe Self.sha256(Self.der { unsafe i2d_X509(leaf, $0) }), serial: serial)
    }

    private let lastSerial = Mutex(100)

    /// A signed answer about `leaf` (RFC 6960). `by`: the authority that signs.
    package func staple(for leaf: Leaf, revoked: Bool, validDays: (Int, Int) = (-1, 1), by signer: Authority? = nil)
        -> [UInt8]
    {
        let signer = signer ?? self
        let serial = unsafe ASN1_INTEGER_new()
        defer { unsafe ASN1_INTEGER_free(serial) }
        _ = unsafe ASN1_INTEGER_set(serial, leaf.serial)
        let id = unsafe OCSP_cert_id_new(
            EVP_sha1(), X509_get_subject_name(certificate), X509_get0_pubkey_bitstr(certificate), serial)
        let basic = unsafe OCSP_BASICRESP_new()
        defer { unsafe OCSP_BASICRESP_free(basic) }
        let from = unsafe X509_gmtime_adj(nil, validDays.0 * 86_400)
        let until = unsafe X509_gmtime_adj(nil, validDays.1 * 86_400)
        defer {
            unsafe ASN1_STRING_free(from)
            unsafe ASN1_STRING_free(until)
        }
        _ = unsafe OCSP_basic_add1_status(
            basic, id, revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD, revoked ? 0 : -1,
            revoked ? from : nil, from, until)
        unsafe OCSP_CERTID_free(id)
        _ = unsafe OCSP_basic_sign(basic, signer.certificate, signer.key, nil, nil, 0)
        let response = unsafe OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
        defer { unsafe OCSP_RESPONSE_free(response) }
        return unsafe Self.der { unsafe i2d_OCSP_RESPONSE(response, $0) }
    }

    // MARK: libcrypto

    package struct Failure: Error { package init() {} }

    private static func makeKey() throws -> OpaquePointer {
        let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_keygen(context, &key) == 1,
            let key = unsafe key
        else { throw Failure() }
        return unsafe key
    }

    private static func make(
        _ name: String, key: OpaquePointer, issuer: OpaquePointer?, issuerKey: OpaquePointer, days: (Int, Int),
        extensions: [(Int32, String)], serial: Int = 1
    ) throws -> OpaquePointer {
        guard let made = unsafe X509_new() else { throw Failure() }
        unsafe X509_set_version(made, 2)
        unsafe ASN1_INTEGER_set(X509_get_serialNumber(made), serial)
        unsafe X509_gmtime_adj(X509_getm_notBefore(made), days.0 * 86_400)
        unsafe X509_gmtime_adj(X509_getm_notAfter(made), days.1 * 86_400)
        unsafe X509_set_pubkey(made, key)
        let subject = unsafe X509_get_subject_name(made)
        _ = unsafe X509_NAME_add_entry_by_txt(
            subject, "CN", MBSTRING_FLAG | 1, Array(name.utf8), Int32(name.utf8.count), -1, 0)
        unsafe X509_set_issuer_name(made, issuer.map { unsafe X509_get_subject_name($0) } ?? subject)
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, issuer ?? made, made, nil, nil, 0)
        for (kind, value) in extensions {
            guard let part = unsafe X509V3_EXT_conf_nid(nil, &context, kind, value) else { throw Failure() }
            unsafe X509_add_ext(made, part, -1)
            unsafe X509_EXTENSION_free(part)
        }
        guard unsafe X509_sign(made, issuerKey, nil) > 0 else { throw Failure() }
        return unsafe made
    }

    private static func pem(_ body: (OpaquePointer?) -> Int32) -> [UInt8] {
        let text = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free(text) }
        _ = unsafe body(text)
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = unsafe BIO_read(text, &bytes, Int32(bytes.count))
        return [UInt8](bytes.prefix(max(0, Int(count))))
    }

    private static func der(_ body: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8] {
        let size = body(nil)
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            var end = buffer.baseAddress
            count = unsafe Int(body(&end))
        }
    }

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        return digest
    }
}
