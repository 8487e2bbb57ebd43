internal import COpenSSL

/// Which side of a connection an engine is.
package enum TLSRole: Sendable { case client, server }

/// What connections with the same trust and identity share: one `SSL_CTX`. It never changes once made, so threads may
/// share it.
package final class TLSContext: Sendable {
    package let role: TLSRole
    package let settings: TLSSettings
    let handle: ContextHandle

    /// Reads certificates and keys. Throws `badTrust`, `badIdentity` or `badSettings`, naming what could not be read.
    package init(_ role: TLSRole, _ settings: TLSSettings) throws(TLSError) {
        self.role = role
        self.settings = settings
        handle = try ContextHandle(role, settings)
        try handle.configure(role, settings)
    }
}

/// OpenSSL without its clean-up at the process's exit: that frees what threads which still run are using.
enum LibraryStart {
    static let isDone: Bool = tern_ssl_start() == 1
}

/// Owns one `SSL_CTX`.
@safe
struct ContextHandle: ~Copyable, @unchecked Sendable {
    let context: OpaquePointer
    /// What the callbacks of a server are given: it lives as long as the context.
    private let answers: UnsafeMutablePointer<ServerAnswers>

    init(_ role: TLSRole, _ settings: TLSSettings) throws(TLSError) {
        let protocols = try Self.wire(settings.protocols)
        _ = LibraryStart.isDone
        let method = role == .client ? unsafe TLS_client_method() : unsafe TLS_server_method()
        guard let context = unsafe SSL_CTX_new(method) else {
            throw TLSError(.libraryFailure, "a context could not be made: \(LibraryWords().text)")
        }
        let answers = UnsafeMutablePointer<ServerAnswers>.allocate(capacity: 1)
        unsafe answers.initialize(to: ServerAnswers(protocols: protocols, staple: settings.staple ?? []))
        unsafe self.context = context
        unsafe self.answers = answers
    }

    deinit {
        unsafe SSL_CTX_free(context)
        unsafe answers.deinitialize(count: 1)
        unsafe answers.deallocate()
    }

    /// Reads what the settings name, once, before the first connection.
    borrowing func configure(_ role: TLSRole, _ settings: TLSSettings) throws(TLSError) {
        ERR_clear_error()
        try setVersions(settings)
        let asksPeer = role == .client ? settings.verifiesPeer : settings.clientCertificate != .notAsked
        if asksPeer { try load(settings.trust) }
        if let identity = settings.identity { try load(identity) }
        // SSL_MODE_RELEASE_BUFFERS: an idle connection holds no record buffers, 34 KiB. SSL_MODE_NO_AUTO_CHAIN: only
        // the certificates of the identity are sent, never trusted ones that happen to fit.
        unsafe tern_ssl_context_set_mode(
            context,
            Int(SSL_MODE_RELEASE_BUFFERS) | Int(SSL_MODE_NO_AUTO_CHAIN) | Int(SSL_MODE_ENABLE_PARTIAL_WRITE)
                | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
        _ = unsafe SSL_CTX_set_options(
            context, SSLOptions.always | (settings.resumesSessions ? 0 : SSLOptions.noTicket))
        if settings.logsKeys { unsafe SSL_CTX_set_keylog_callback(context, ConnectionCallbacks.keyLog) }
        switch role {
        case .client: try configureClient(settings)
        case .server: try configureServer(settings)
        }
    }

    private borrowing func setVersions(_ settings: TLSSettings) throws(TLSError) {
        let maximum = settings.maximumVersion
        if let maximum, maximum.number < settings.minimumVersion.number {
            let range = "\(settings.minimumVersion.rawValue) to \(maximum.rawValue)"
            throw TLSError(.badSettings, "there is no version of TLS from \(range)")
        }
        guard unsafe tern_ssl_context_set_min_version(context, settings.minimumVersion.number) == 1,
            unsafe tern_ssl_context_set_max_version(context, maximum?.number ?? 0) == 1
        else { throw TLSError(.badSettings, "the versions of TLS were refused: \(LibraryWords().text)") }
        // OpenSSL 3 allows versions below 1.2 at security level nought only; asking for them is consent.
        if settings.minimumVersion.number < TLSProtocolVersion.tls12.number {
            unsafe SSL_CTX_set_security_level(context, 0)
        }
    }

    private borrowing func configureClient(_ settings: TLSSettings) throws(TLSError) {
        unsafe SSL_CTX_set_verify(context, settings.verifiesPeer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        unsafe SSL_CTX_set_client_cert_cb(context, ConnectionCallbacks.certificateWanted)
        // Sessions are ours to keep: one store a loop, bounded.
        let mode = settings.resumesSessions ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF
        unsafe tern_ssl_context_set_session_cache(context, Int(mode))
        if settings.resumesSessions { unsafe SSL_CTX_sess_set_new_cb(context, ConnectionCallbacks.newSession) }
        if !settings.protocols.isEmpty {
            let wire = try Self.wire(settings.protocols)
            guard unsafe SSL_CTX_set_alpn_protos(context, wire, UInt32(wire.count)) == 0 else {
                throw TLSError(.badSettings, "the protocols for ALPN were refused: \(LibraryWords().text)")
            }
        }
    }

    private borrowing func configureServer(_ settings: TLSSettings) throws(TLSError) {
        guard settings.identity != nil else { throw TLSError(.badIdentity, "a server needs a certificate and its key") }
        let verification =
            switch settings.clientCertificate {
            case .notAsked: SSL_VERIFY_NONE
            case .wanted: SSL_VERIFY_PEER
            case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
            }
        unsafe SSL_CTX_set_verify(context, verification, nil)
        _ = unsafe SSL_CTX_set_session_id_context(context, [0x74], 1)
        if !settings.resumesSessions {
            unsafe tern_ssl_context_set_session_cache(context, Int(SSL_SESS_CACHE_OFF))
            _ = unsafe SSL_CTX_set_num_tickets(context, 0)
        }
        if !settings.protocols.isEmpty {
            unsafe SSL_CTX_set_alpn_select_cb(context, ServerAnswers.chooseProtocol, answers)
        }
        if settings.staple != nil {
            unsafe tern_ssl_context_set_staple_callback(context, ServerAnswers.giveStaple, answers)
        }
    }

    /// Names with their lengths before them (RFC 7301 §3.1).
    private static func wire(_ protocols: [String]) throws(TLSError) -> [UInt8] {
        var bytes: [UInt8] = []
        for name in protocols {
            guard let length = UInt8(exactly: name.utf8.count), length > 0 else {
                throw TLSError(.badSettings, "\(name) is no name for ALPN: it must have 1 to 255 bytes")
            }
            bytes.append(length)
            bytes.append(contentsOf: name.utf8)
        }
        return bytes
    }
}

/// Bits of `SSL_CTX_set_options`, which are macros that Swift does not see.
enum SSLOptions {
    /// SSL_OP_NO_COMPRESSION, SSL_OP_NO_RENEGOTIATION.
    static let always: UInt64 = 1 << 17 | 1 << 30
    /// SSL_OP_NO_TICKET.
    static let noTicket: UInt64 = 1 << 14
}
