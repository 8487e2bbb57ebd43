internal import CQUIC
internal import Names
internal import TLSEngine

/// Options in C's form, lent while a connection is made.
enum QUICSettings {
    enum Side {
        case client(QUICHandle.Opening)
        case server(QUICListenerOptions, [UInt8])
    }

    static func lend(
        _ context: QUICContext, _ options: QUICOptions, _ side: Side,
        _ body: (UnsafePointer<tern_quic_settings>) -> OpaquePointer?
    ) -> OpaquePointer? {
        var settings = unsafe tern_quic_settings()
        unsafe fill(&settings, options)
        unsafe settings.key_log = context.tls.settings.logsKeys ? 1 : 0
        // All that C is given pointers to lies in here, one behind the other.
        var arena = context.alpn
        switch side {
        case .server(let listener, let secret):
            unsafe fill(&settings, listener, context, secret)
            unsafe settings.version = QUICVersion.v1.rawValue
            return unsafe arena.withUnsafeBufferPointer { arena in
                unsafe point(&settings, arena, context.alpn.count)
                return unsafe body(&settings)
            }
        case .client(let opening):
            unsafe settings.version = opening.version.rawValue
            unsafe settings.original_version = opening.original?.rawValue ?? 0
            let policy = context.tls.settings
            unsafe settings.verifies = policy.verifiesPeer || !policy.pins.isEmpty ? 1 : 0
            unsafe settings.early_data = opening.earlyData ? 1 : 0
            let name = serverName(opening.host)
            let nameStart = arena.count
            arena.append(contentsOf: name.utf8)
            arena.append(0)
            let pieces = [opening.token, opening.ticket?.session ?? [], opening.ticket?.parameters ?? []]
            let starts = pieces.map { piece in
                defer { arena.append(contentsOf: piece) }
                return arena.count
            }
            return unsafe arena.withUnsafeBufferPointer { arena in
                unsafe point(&settings, arena, context.alpn.count)
                guard let base = arena.baseAddress else { return nil }
                if !name.isEmpty {
                    unsafe settings.server_name = UnsafeRawPointer(base + nameStart).assumingMemoryBound(to: CChar.self)
                }
                unsafe settings.token = tern_bytes(bytes: base + starts[0], count: pieces[0].count)
                unsafe settings.session = tern_bytes(bytes: base + starts[1], count: pieces[1].count)
                unsafe settings.parameters = tern_bytes(bytes: base + starts[2], count: pieces[2].count)
                return unsafe body(&settings)
            }
        }
    }

    private static func point(
        _ settings: inout tern_quic_settings, _ arena: UnsafeBufferPointer<UInt8>, _ count: Int
    ) {
        unsafe settings.alpn = UnsafeRawPointer(arena.baseAddress)?.assumingMemoryBound(to: CChar.self)
        unsafe settings.alpn_count = count
    }

    private static func fill(_ settings: inout tern_quic_settings, _ options: QUICOptions) {
        unsafe settings.stream_window = options.streamWindow
        unsafe settings.stream_window_limit = max(options.streamWindow, options.streamWindowLimit)
        unsafe settings.window = options.connectionWindow
        unsafe settings.window_limit = max(options.connectionWindow, options.connectionWindowLimit)
        unsafe settings.streams_bidi = options.peerStreams
        unsafe settings.streams_uni = options.peerUnidirectionalStreams
        unsafe settings.idle_timeout = nanoseconds(options.idleTimeout)
        unsafe settings.handshake_timeout = nanoseconds(options.handshakeTimeout)
        unsafe settings.keep_alive = nanoseconds(options.keepAlive)
        unsafe settings.max_received = options.maxReceivedDatagram
        unsafe settings.max_sent = max(1_200, options.maxSentDatagram)
        unsafe settings.discovers_mtu = options.discoversPathMTU ? 1 : 0
        unsafe settings.qlog = options.qlog ? 1 : 0
    }

    private static func fill(
        _ settings: inout tern_quic_settings, _ listener: QUICListenerOptions, _ context: QUICContext, _ secret: [UInt8]
    ) {
        unsafe withUnsafeMutableBytes(of: &settings.secret) { unsafe $0.copyBytes(from: secret.prefix(32)) }
        unsafe settings.tickets = Int32(clamping: context.tls.settings.resumesSessions ? listener.tickets : 0)
        unsafe settings.takes_early_data = listener.takesEarlyData ? 1 : 0
        unsafe settings.sends_token = listener.sendsNewTokens ? 1 : 0
        let request =
            switch context.tls.settings.clientCertificate {
            case .notAsked: TERN_CLIENT_CERTIFICATE_NONE
            case .wanted: TERN_CLIENT_CERTIFICATE_WANTED
            case .required: TERN_CLIENT_CERTIFICATE_REQUIRED
            }
        unsafe settings.client_certificate = Int32(request)
    }

    /// Never an address (RFC 6066 §3), and without a dot at its end.
    private static func serverName(_ host: String?) -> String {
        guard let host, let wish = try? PeerName(host), IPAddress(wish.address) == nil else { return "" }
        return wish.name
    }

    private static func nanoseconds(_ duration: Duration?) -> UInt64 {
        guard let duration, duration > .zero else { return 0 }
        let (seconds, attoseconds) = duration.components
        // A year is as good as for ever, and safe from overflow.
        guard seconds < 31_536_000 else { return 31_536_000_000_000_000 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
