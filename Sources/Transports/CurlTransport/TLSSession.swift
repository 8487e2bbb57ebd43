import COpenSSL
import FileIO
import TransportCore

/// What OpenSSL knows of a connection that libcurl made. Used while the connection is there, and not kept.
@safe struct TLSSession {
    private let session: OpaquePointer

    init(_ session: OpaquePointer) { unsafe self.session = session }

    /// The protocol chosen by ALPN (RFC 7301); `nil` if none was.
    var alpn: String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &name, &count)
        guard let name = unsafe name, count > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// The peer's chain as it was sent, DER, its own certificate first.
    var certificates: [[UInt8]] {
        guard let chain = unsafe SSL_get_peer_cert_chain(session) else { return [] }
        return unsafe (0..<tern_x509_count(chain)).compactMap { index in
            guard let certificate = unsafe tern_x509_at(chain, index) else { return nil }
            let count = unsafe i2d_X509(certificate, nil)
            guard count > 0 else { return nil }
            return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
                var end = buffer.baseAddress
                written = Int(max(0, unsafe i2d_X509(certificate, &end)))
            }
        }
    }

    /// SHA-256 of the peer's public key in DER (RFC 7469 §2.4).
    var publicKeyDigest: [UInt8]? {
        guard let certificate = unsafe SSL_get0_peer_certificate(session),
            let key = unsafe X509_get_X509_PUBKEY(certificate)
        else { return nil }
        let count = unsafe i2d_X509_PUBKEY(key, nil)
        guard count > 0 else { return nil }
        let der = unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, written in
            var end = buffer.baseAddress
            written = Int(max(0, unsafe i2d_X509_PUBKEY(key, &end)))
        }
        return TLSSession.sha256(der)
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 32) { digest, written in
            unsafe SHA256(bytes, bytes.count, digest.baseAddress)
            written = 32
        }
    }

    /// Everything for ``ConnectionInfo``.
    var info: ConnectionInfo.TLSInfo {
        let version: TLSVersion? =
            switch unsafe SSL_version(session) {
            case TLS1_VERSION: .tls10
            case TLS1_1_VERSION: .tls11
            case TLS1_2_VERSION: .tls12
            case TLS1_3_VERSION: .tls13
            default: nil
            }
        let cipher = unsafe tern_ssl_cipher_name(session)
        let group = unsafe tern_ssl_negotiated_group(session)
        let groupName = group > 0 ? unsafe tern_ssl_group_name(group) : nil
        return ConnectionInfo.TLSInfo(
            version: version, cipher: unsafe cipher.map { unsafe String(cString: $0) },
            group: unsafe groupName.map { unsafe String(cString: $0).lowercased() }, alpn: alpn,
            resumed: unsafe SSL_session_reused(session) == 1, certificates: certificates)
    }
}

/// The settings that OpenSSL will use for a handshake: libcurl's own, to be added to.
@safe struct TLSContext {
    private let context: OpaquePointer

    init(_ context: OpaquePointer) { unsafe self.context = context }

    /// Offers these protocols by ALPN, in place of what libcurl offers.
    func offer(_ protocols: [String]) {
        let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        unsafe SSL_CTX_set_alpn_protos(context, list, UInt32(list.count))
    }

    /// Gives `log` the secrets of each handshake. `log` must outlive the connections.
    func logKeys(to log: KeyLog) {
        unsafe SSL_CTX_set_ex_data(context, TLSContext.index, Unmanaged.passUnretained(log).toOpaque())
        unsafe SSL_CTX_set_keylog_callback(context, onSecret)
    }

    fileprivate static let index = tern_ssl_context_index()
}

private let onSecret: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Void = { session, line in
    guard let session = unsafe session, let line = unsafe line, let context = unsafe SSL_get_SSL_CTX(session),
        let log = unsafe SSL_CTX_get_ex_data(context, TLSContext.index)
    else { return }
    unsafe Unmanaged<KeyLog>.fromOpaque(log)._withUnsafeGuaranteedRef { $0.append(unsafe String(cString: line)) }
}
