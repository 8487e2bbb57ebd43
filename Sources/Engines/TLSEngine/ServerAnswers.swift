internal import COpenSSL

/// What a server answers in handshakes. Its callbacks only read.
@safe
struct ServerAnswers: ~Copyable {
    /// Names with their lengths before them. They keep their place, since OpenSSL is given a pointer into them.
    private let protocols: UnsafeMutableBufferPointer<UInt8>
    private let staple: [UInt8]

    init(protocols: [UInt8], staple: [UInt8]) {
        let place = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: protocols.count)
        _ = unsafe place.initialize(from: protocols)
        unsafe self.protocols = place
        self.staple = staple
    }

    deinit { unsafe protocols.deallocate() }

    /// The first of the server's protocols that the client offers; none is an alert (RFC 7301 §3.2).
    static let chooseProtocol: SSL_CTX_alpn_select_cb_func = { _, chosen, length, offered, count, argument in
        guard let answers = unsafe argument?.assumingMemoryBound(to: ServerAnswers.self), let chosen = unsafe chosen
        else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        var found: UnsafeMutablePointer<UInt8>?
        let protocols = unsafe answers.pointee.protocols
        let result = unsafe SSL_select_next_proto(
            &found, length, protocols.baseAddress, UInt32(protocols.count), offered, count)
        guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        unsafe chosen.pointee = UnsafePointer(found)
        return SSL_TLSEXT_ERR_OK
    }

    static let giveStaple: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { ssl, argument in
        guard let answers = unsafe argument?.assumingMemoryBound(to: ServerAnswers.self) else {
            return SSL_TLSEXT_ERR_NOACK
        }
        let count = unsafe answers.pointee.staple.count
        // OpenSSL frees what it is given.
        guard count > 0, let copy = unsafe tern_openssl_malloc(count) else { return SSL_TLSEXT_ERR_NOACK }
        unsafe copy.copyMemory(from: answers.pointee.staple, byteCount: count)
        unsafe tern_ssl_set_staple(ssl, copy.assumingMemoryBound(to: UInt8.self), count)
        return SSL_TLSEXT_ERR_OK
    }
}
