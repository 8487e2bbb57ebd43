internal import COpenSSL

/// What is checked when the handshake is done, beside what OpenSSL verified: pins, and the OCSP response.
extension ConnectionHandle {
    /// Throws `pinMismatch` unless the peer's own certificate is one of `pins`.
    func check(pins: [TLSPin]) throws(TLSError) {
        guard !pins.isEmpty else { return }
        try unsafe PeerCheck.check(SSL_get0_peer_certificate(ssl), pins: pins)
    }

    /// Throws `revoked` or `stapleInvalid` if an OCSP response came (RFC 6066 §8) that says so or cannot be trusted.
    func checkStaple() throws(TLSError) {
        var bytes: UnsafePointer<UInt8>?
        let count = unsafe tern_ssl_staple(ssl, &bytes)
        guard count > 0, let start = unsafe bytes, unsafe SSL_session_reused(ssl) == 0 else { return }
        let chain = unsafe SSL_get0_verified_chain(ssl) ?? SSL_get_peer_cert_chain(ssl)
        try unsafe PeerCheck.check(
            staple: UnsafeBufferPointer(start: start, count: count), of: chain,
            trusting: SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)))
    }
}

/// The same checks on certificates that came by any way.
enum PeerCheck {
    /// Throws `pinMismatch` unless `certificate` is one of `pins`.
    static func check(_ certificate: OpaquePointer?, pins: [TLSPin]) throws(TLSError) {
        guard let certificate = unsafe certificate else {
            throw TLSError(.pinMismatch, "the peer showed no certificate, and \(pins.count) are pinned")
        }
        let whole = unsafe digest { unsafe X509_digest(certificate, EVP_sha256(), $0, $1) }
        let key = unsafe digest { place, count in
            var size: UnsafeMutablePointer<UInt8>?
            let length = unsafe i2d_PUBKEY(X509_get0_pubkey(certificate), &size)
            guard length > 0, let der = unsafe size else { return 0 }
            defer { unsafe CRYPTO_free(der, "", 0) }
            return unsafe EVP_Digest(der, Int(length), place, count, EVP_sha256(), nil)
        }
        for pin in pins {
            switch pin {
            case .publicKey(let sha256) where sha256 == key: return
            case .certificate(let sha256) where sha256 == whole: return
            default: continue
            }
        }
        let shown = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        throw TLSError(.pinMismatch, "the peer's key, SHA-256 \(shown), is none of the \(pins.count) pinned")
    }

    private static func digest(
        _ body: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt32>?) -> Int32
    ) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var length: UInt32 = 0
            count = unsafe body(buffer.baseAddress, &length) == 1 ? Int(length) : 0
        }
    }

    /// Throws `revoked` or `stapleInvalid` if the response says so of the first certificate of `chain`, or if it is
    /// not to be trusted.
    static func check(
        staple: UnsafeBufferPointer<UInt8>, of chain: OpaquePointer?, trusting store: OpaquePointer?
    ) throws(TLSError) {
        var bytes = staple.baseAddress
        ERR_clear_error()
        guard let response = unsafe d2i_OCSP_RESPONSE(nil, &bytes, staple.count) else {
            throw invalid("it cannot be read")
        }
        defer { unsafe OCSP_RESPONSE_free(response) }
        guard unsafe OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL,
            let basic = unsafe OCSP_response_get1_basic(response)
        else { throw invalid("it is no answer") }
        defer { unsafe OCSP_BASICRESP_free(basic) }
        guard unsafe OCSP_basic_verify(basic, chain, store, 0) == 1 else {
            throw invalid("its signature is not to be trusted: \(LibraryWords().text)")
        }
        guard unsafe tern_x509_count(chain) > 1, let certificate = unsafe tern_x509_at(chain, 0),
            let issuer = unsafe tern_x509_at(chain, 1),
            let identifier = unsafe OCSP_cert_to_id(nil, certificate, issuer)
        else { throw invalid("the issuer of the certificate is not known") }
        defer { unsafe OCSP_CERTID_free(identifier) }
        var status: Int32 = 0
        var reason: Int32 = 0
        var revokedAt: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var from: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var until: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        guard unsafe OCSP_resp_find_status(basic, identifier, &status, &reason, &revokedAt, &from, &until) == 1 else {
            throw invalid("it is about another certificate")
        }
        // Five minutes, for clocks that differ.
        guard unsafe OCSP_check_validity(from, until, 300, -1) == 1 else { throw invalid("it is out of date") }
        guard status != V_OCSP_CERTSTATUS_REVOKED else {
            throw TLSError(.revoked, "the peer's certificate was revoked, its OCSP response says")
        }
    }

    private static func invalid(_ reason: String) -> TLSError {
        TLSError(.stapleInvalid, "the OCSP response that came with the certificate is refused: \(reason)")
    }
}
