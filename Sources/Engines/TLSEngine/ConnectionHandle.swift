internal import COpenSSL
internal import Wire

/// Owns one `SSL` and the pipe it reads from and writes to. One method a call of C.
@safe
struct ConnectionHandle: ~Copyable {
    let ssl: OpaquePointer
    private let place: UnsafeMutablePointer<TLSPipe>

    init(_ context: TLSContext) throws(TLSError) {
        ERR_clear_error()
        guard let ssl = unsafe SSL_new(context.handle.context) else {
            throw TLSError(.libraryFailure, "a connection could not be made: \(LibraryWords().text)")
        }
        let place = UnsafeMutablePointer<TLSPipe>.allocate(capacity: 1)
        unsafe place.initialize(to: TLSPipe())
        guard let bio = unsafe TLSPipe.makeBIO(over: place) else {
            unsafe SSL_free(ssl)
            unsafe place.deinitialize(count: 1)
            unsafe place.deallocate()
            throw TLSError(.libraryFailure, "a connection could not be made: no memory")
        }
        // The one reference counts for both directions.
        unsafe SSL_set_bio(ssl, bio, bio)
        _ = unsafe SSL_set_ex_data(ssl, ConnectionCallbacks.place, place)
        switch context.role {
        case .client: unsafe SSL_set_connect_state(ssl)
        case .server: unsafe SSL_set_accept_state(ssl)
        }
        unsafe self.ssl = ssl
        unsafe self.place = place
    }

    deinit {
        // Else OpenSSL marks the session of a connection that was not shut down as unfit, in our store too. A cut
        // connection is no reason for that (RFC 5246 §7.2.1); after a fatal alert OpenSSL has marked it already.
        unsafe SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        unsafe SSL_free(ssl)
        unsafe place.deinitialize(count: 1)
        unsafe place.deallocate()
    }

    var pipe: TLSPipe {
        @inline(__always) _read { yield unsafe place.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &place.pointee }
    }

    /// Lends received bytes to OpenSSL while `body` runs.
    func lending(_ bytes: Span<UInt8>, _ body: () -> Void) {
        unsafe bytes.withUnsafeBytes {
            unsafe pipe.lend($0)
            body()
            pipe.endLoan()
        }
    }

    enum Step {
        case done(Int)
        case needsInput
        /// The peer sent close_notify.
        case closed
        case failed(LibraryWords)
    }

    func handshake() -> Step {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(ssl)
        return result == 1 ? .done(0) : step(result)
    }

    /// Reads plaintext into `buffer`.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Step {
        ERR_clear_error()
        let result = unsafe SSL_read(ssl, buffer.baseAddress, Int32(clamping: buffer.count))
        return result > 0 ? .done(Int(result)) : step(result)
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        ERR_clear_error()
        let result = unsafe SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
        return result > 0 ? .done(Int(result)) : step(result)
    }

    private func step(_ result: Int32) -> Step {
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .needsInput
        case SSL_ERROR_ZERO_RETURN: .closed
        default: .failed(LibraryWords())
        }
    }

    /// Sends close_notify.
    func shutdown() {
        ERR_clear_error()
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    // MARK: Wishes

    /// Asks for a name, and says which name or address the peer's certificate must be for.
    func expect(host: String, verifies: Bool) throws(TLSError) {
        let wish = try PeerName(host)
        let parameters = unsafe SSL_get0_param(ssl)
        // Never in SNI: addresses (RFC 6066 §3).
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, wish.address) == 1 { return }
        ERR_clear_error()
        guard unsafe tern_ssl_set_server_name(ssl, wish.name) == 1 else {
            throw TLSError(.badSettings, "\(wish.name) cannot be asked for as a name: \(LibraryWords().text)")
        }
        guard verifies else { return }
        unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe SSL_set1_host(ssl, wish.name) == 1 else {
            throw TLSError(.badSettings, "\(wish.name) cannot be verified as a name: \(LibraryWords().text)")
        }
    }

    func askForStaple() { unsafe tern_ssl_ask_for_staple(ssl) }

    func resume(_ session: StoredSession) {
        if unsafe SSL_set_session(ssl, session.pointer) != 1 { ERR_clear_error() }
    }

    // MARK: What was settled

    var settled: TLSHandshake {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &name, &count)
        let alpn = unsafe name.map {
            unsafe String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self)
        }
        let cipher = unsafe SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl)).map { unsafe String(cString: $0) }
        return TLSHandshake(
            version: TLSProtocolVersion(number: unsafe SSL_version(ssl)), cipher: cipher ?? "", group: group,
            alpn: alpn, resumed: unsafe SSL_session_reused(ssl) == 1, certificates: certificates, serverName: serverName
        )
    }

    private var serverName: String? {
        unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { unsafe String(cString: $0) }
    }

    private var group: String? {
        let number = unsafe tern_ssl_negotiated_group(ssl)
        guard number > 0, let name = unsafe SSL_group_to_name(ssl, number) else { return nil }
        return unsafe String(cString: name)
    }

    private var certificates: [[UInt8]] {
        var found: [[UInt8]] = []
        if let own = unsafe SSL_get0_peer_certificate(ssl) { unsafe found.append(Certificate.der(own)) }
        let chain = unsafe SSL_get_peer_cert_chain(ssl)
        for index in 0..<(unsafe tern_x509_count(chain)) {
            guard let certificate = unsafe tern_x509_at(chain, index) else { continue }
            let der = unsafe Certificate.der(certificate)
            // A client finds the peer's own certificate in the chain, a server does not.
            if der != found.first { found.append(der) }
        }
        return found
    }

    /// OpenSSL's verdict on the peer's certificate.
    var verdict: Int { unsafe Int(SSL_get_verify_result(ssl)) }

    /// Takes the sessions that came.
    func takeSessions() -> [StoredSession] {
        guard !pipe.sessions.isEmpty else { return [] }
        defer { pipe.sessions = [] }
        return pipe.sessions
    }
}
