internal import COpenSSL

/// The policy of a context for certificates that came by another way than OpenSSL's own TLS: QUIC's.
extension TLSContext {
    /// Verifies a peer by its certificates, DER, its own first, as a handshake of this context would: authorities,
    /// validity, purpose, name or address, pins, and the OCSP response `staple` if one came. Throws what a handshake
    /// would have failed with.
    package func verify(chain: [[UInt8]], host: String?, staple: [UInt8]? = nil) throws(TLSError) {
        let certificates = try chain.map { (der) throws(TLSError) in try Certificate(der: der) }
        let side = role == .client ? "the server" : "the client"
        let peer = host.map { "\(side) \($0)" } ?? side
        guard let own = certificates.first else {
            throw TLSError(.certificateInvalid, "\(peer) showed no certificate")
        }
        if !settings.pins.isEmpty { try unsafe PeerCheck.check(own.pointer, pins: settings.pins) }
        let verifies = role == .client ? settings.verifiesPeer : settings.clientCertificate != .notAsked
        guard verifies else { return }
        guard let stack = unsafe tern_x509_stack_new(), let run = unsafe X509_STORE_CTX_new() else {
            throw TLSError(.libraryFailure, "no memory to verify certificates")
        }
        defer {
            unsafe X509_STORE_CTX_free(run)
            unsafe tern_x509_stack_free(stack)
        }
        for certificate in certificates { _ = unsafe tern_x509_push(stack, certificate.pointer) }
        let store = unsafe SSL_CTX_get_cert_store(handle.context)
        guard unsafe X509_STORE_CTX_init(run, store, own.pointer, stack) == 1,
            unsafe X509_STORE_CTX_set_default(run, role == .client ? "ssl_server" : "ssl_client") == 1
        else { throw TLSError(.libraryFailure, "certificates cannot be verified: \(LibraryWords().text)") }
        let parameters = unsafe X509_STORE_CTX_get0_param(run)
        unsafe X509_VERIFY_PARAM_set_auth_level(parameters, SSL_CTX_get_security_level(handle.context))
        if role == .client { try unsafe Self.expect(host, parameters) }
        ERR_clear_error()
        let result = unsafe X509_verify_cert(run)
        ERR_clear_error()
        guard result == 1 else {
            let verdict = unsafe Int(X509_STORE_CTX_get_error(run))
            throw TLSError(verdict: verdict == X509_V_OK ? Int(X509_V_ERR_UNSPECIFIED) : verdict, peer: peer)
        }
        guard let staple, settings.asksForStaple, role == .client else { return }
        // The closure of a typed throw cannot be told to throw it here.
        let outcome: Result<Void, TLSError> = unsafe staple.withUnsafeBufferPointer { bytes in
            do throws(TLSError) {
                try unsafe PeerCheck.check(staple: bytes, of: X509_STORE_CTX_get0_chain(run), trusting: store)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    private static func expect(_ host: String?, _ parameters: OpaquePointer?) throws(TLSError) {
        guard let host else {
            throw TLSError(.badSettings, "a client that verifies its peer must be told who that is to be")
        }
        let wish = try PeerName(host)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, wish.address) == 1 { return }
        ERR_clear_error()
        unsafe X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe X509_VERIFY_PARAM_set1_host(parameters, wish.name, 0) == 1 else {
            throw TLSError(.badSettings, "\(wish.name) cannot be verified as a name: \(LibraryWords().text)")
        }
    }

    /// The certificates (DER, our own first) and the key (PKCS #8, DER) of this context; nil if it has none.
    package func identity() throws(TLSError) -> (certificates: [[UInt8]], key: [UInt8])? {
        guard let own = unsafe SSL_CTX_get0_certificate(handle.context),
            let key = unsafe SSL_CTX_get0_privatekey(handle.context)
        else { return nil }
        var certificates = unsafe [Certificate.der(own)]
        let chain = unsafe tern_ssl_context_chain(handle.context)
        for index in 0..<(unsafe tern_x509_count(chain)) {
            guard let certificate = unsafe tern_x509_at(chain, index) else { continue }
            unsafe certificates.append(Certificate.der(certificate))
        }
        guard let form = unsafe EVP_PKEY2PKCS8(key) else {
            throw TLSError(.badIdentity, "the key cannot be written as PKCS #8: \(LibraryWords().text)")
        }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(form) }
        let size = unsafe i2d_PKCS8_PRIV_KEY_INFO(form, nil)
        guard size > 0 else {
            throw TLSError(.badIdentity, "the key cannot be written as PKCS #8: \(LibraryWords().text)")
        }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            var end = buffer.baseAddress
            count = unsafe max(0, Int(i2d_PKCS8_PRIV_KEY_INFO(form, &end)))
        }
        return (certificates, bytes)
    }
}

/// Who a peer is to be, in the forms that OpenSSL takes.
package struct PeerName {
    /// The name without a dot at its end.
    package let name: String
    /// The same without brackets and zone: how it would look if it were an address.
    package let address: String

    /// Throws `badSettings` for what is neither name nor address.
    package init(_ host: String) throws(TLSError) {
        let name = host.last == "." ? String(host.dropLast()) : host
        // OpenSSL takes an empty name for none, and a name to its first NUL: then it would verify another one.
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw TLSError(.badSettings, "no peer can be verified as \"\(name)\": that is neither name nor address")
        }
        var address = name.first == "[" ? String(name.dropFirst().dropLast()) : name
        // A zone says how to reach an address and is no part of it (RFC 4007 §11).
        if address.contains(":"), let zone = address.firstIndex(of: "%") { address = String(address[..<zone]) }
        self.name = name
        self.address = address
    }
}
