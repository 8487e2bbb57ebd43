internal import COpenSSL

/// Which of our codes stands for what OpenSSL says.
extension TLSError {
    /// A handshake or a read failed with `words`. `verdict` is OpenSSL's on the peer's certificate, where one counts.
    init(_ words: LibraryWords, verdict: Int, role: TLSRole, host: String?, lacksCertificate: Bool) {
        let side = role == .client ? "the server" : "the client"
        let peer = host.map { "\(side) \($0)" } ?? side
        if let alert = words.alert {
            // TLS 1.2 has no alert for a certificate that is missing: it is handshake_failure then.
            let code =
                lacksCertificate && alert == 40 ? .clientCertificateRejected : Self.code(ofAlert: alert, role: role)
            let wish = lacksCertificate ? ", after it asked for a certificate and got none" : ""
            self.init(code, "\(peer) refused: \(words.text)\(wish)", alert: alert, libraryCode: words.number)
        } else if verdict != X509_V_OK {
            self.init(verdict: verdict, peer: peer)
        } else {
            self.init(
                Self.code(ofReason: words.reason), "TLS with \(peer) failed: \(words.text)", libraryCode: words.number)
        }
    }

    /// OpenSSL does not accept the certificate of `peer`.
    init(verdict: Int, peer: String) {
        let reason = unsafe String(cString: X509_verify_cert_error_string(verdict))
        self.init(
            Self.code(ofVerdict: Int32(truncatingIfNeeded: verdict)),
            "the certificate of \(peer) was refused: \(reason)", libraryCode: "X509_V_ERR \(verdict)")
    }

    /// TLS by another library failed with an alert, which the peer sent or was sent. `words` are that library's.
    package init(alert: UInt8, isByPeer: Bool, role: TLSRole, host: String?, words: String? = nil) {
        let side = role == .client ? "the server" : "the client"
        let peer = host.map { "\(side) \($0)" } ?? side
        let name = unsafe String(cString: SSL_alert_desc_string_long(Int32(alert)))
        guard !isByPeer else {
            self.init(
                Self.code(ofAlert: alert, role: role), "\(peer) refused: TLS alert \(name) (\(alert))", alert: alert)
            return
        }
        let code: Code =
            switch alert {
            case 40, 71: .noSharedCipher
            case 70: .protocolVersion
            case 116: .clientCertificateRejected
            case 120: .noSharedProtocol
            case 42...46, 48: .certificateInvalid
            default: .malformed
            }
        self.init(code, "TLS with \(peer) failed: \(words ?? name)", libraryCode: "alert \(alert), \(name)")
    }

    /// What an alert that came means (RFC 8446 §6.2).
    package static func code(ofAlert alert: UInt8, role: TLSRole) -> Code {
        switch alert {
        case 40, 71: .noSharedCipher  // handshake_failure, insufficient_security
        case 70: .protocolVersion  // protocol_version
        case 112: .nameRefused  // unrecognized_name
        case 120: .noSharedProtocol  // no_application_protocol
        // About certificates: a client is told that its own is refused, a server that the client does not trust it.
        case 42...46, 48, 49, 116: role == .client ? .clientCertificateRejected : .untrusted
        default: .alert
        }
    }

    private static func code(ofVerdict verdict: Int32) -> Code {
        switch verdict {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .wrongHost
        case X509_V_ERR_CERT_REVOKED: .revoked
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_REJECTED,
            X509_V_ERR_CERT_SIGNATURE_FAILURE:
            .untrusted
        default: .certificateInvalid
        }
    }

    private static func code(ofReason reason: Int32) -> Code {
        switch reason {
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_UNKNOWN_PROTOCOL,
            SSL_R_VERSION_TOO_LOW, SSL_R_INAPPROPRIATE_FALLBACK:
            .protocolVersion
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
            SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
            .noSharedCipher
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: .notTLS
        case SSL_R_NO_APPLICATION_PROTOCOL: .noSharedProtocol
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: .clientCertificateRejected
        default: .malformed
        }
    }
}
