internal import CQUIC
internal import TLSEngine
internal import Wire

/// Owns one connection of C and the inbox its callbacks write to. One method a call of C; `unsafe` stays in here and in
/// the callbacks.
@safe
struct QUICHandle: ~Copyable {
    private(set) var quic: OpaquePointer
    private let place: UnsafeMutablePointer<QUICInbox>

    /// What a client begins with.
    struct Opening {
        var version: QUICVersion
        /// The version that the server refused.
        var original: QUICVersion?
        var host: String?
        var ticket: QUICTicket?
        var earlyData = false
        var token: [UInt8] = []
    }

    init(
        client inbox: QUICInbox, _ options: QUICOptions, _ opening: Opening, _ path: QUICPath, at now: Instant
    ) throws(QUICError) {
        let place = UnsafeMutablePointer<QUICInbox>.allocate(capacity: 1)
        unsafe place.initialize(to: inbox)
        do throws(QUICError) {
            unsafe quic = try Self.makeClient(inbox.context, options, opening, path, place, at: now)
        } catch {
            unsafe place.deinitialize(count: 1)
            unsafe place.deallocate()
            throw error
        }
        unsafe self.place = place
    }

    init(
        server inbox: QUICInbox, _ options: QUICListenerOptions, secret: [UInt8], _ initial: QUICInitial,
        _ path: QUICPath, at now: Instant
    ) throws(QUICError) {
        let place = UnsafeMutablePointer<QUICInbox>.allocate(capacity: 1)
        unsafe place.initialize(to: inbox)
        var words: UnsafePointer<CChar>?
        let context = inbox.context
        let made = unsafe QUICSettings.lend(context, options.connection, .server(options, secret)) { settings in
            var callbacks = QUICCallbacks.table()
            var route = tern_path(path)
            return unsafe initial.lend { initial in
                unsafe tern_quic_server_new(
                    context.credentials.pointer, settings, &route, initial, &callbacks, place, now.forC, &words)
            }
        }
        guard let made = unsafe made else {
            unsafe place.deinitialize(count: 1)
            unsafe place.deallocate()
            throw QUICError(.libraryFailure, "a connection could not be accepted: \(unsafe Self.text(words))")
        }
        unsafe quic = made
        unsafe self.place = place
    }

    deinit {
        unsafe tern_quic_free(quic)
        unsafe place.deinitialize(count: 1)
        unsafe place.deallocate()
    }

    private static func makeClient(
        _ context: QUICContext, _ options: QUICOptions, _ opening: Opening, _ path: QUICPath,
        _ place: UnsafeMutablePointer<QUICInbox>, at now: Instant
    ) throws(QUICError) -> OpaquePointer {
        var words: UnsafePointer<CChar>?
        let made = unsafe QUICSettings.lend(context, options, .client(opening)) { settings in
            var callbacks = QUICCallbacks.table()
            var route = tern_path(path)
            return unsafe tern_quic_client_new(
                context.credentials.pointer, settings, &route, &callbacks, place, now.forC, &words)
        }
        guard let made = unsafe made else {
            throw QUICError(.libraryFailure, "a connection could not be made: \(unsafe text(words))")
        }
        return unsafe made
    }

    private static func text(_ words: UnsafePointer<CChar>?) -> String {
        unsafe words.map { unsafe String(cString: $0) } ?? "no reason given"
    }

    /// Begins anew, with the same inbox.
    mutating func restart(_ options: QUICOptions, _ opening: Opening, _ path: QUICPath, at now: Instant)
        throws(QUICError)
    {
        let fresh = unsafe try Self.makeClient(inbox.context, options, opening, path, place, at: now)
        unsafe tern_quic_free(quic)
        unsafe quic = fresh
    }

    /// What the callbacks wrote down.
    var inbox: QUICInbox {
        @inline(__always) _read { yield unsafe place.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &place.pointee }
    }

    // MARK: Datagrams

    func receive(_ bytes: Span<UInt8>, segment: Int, ecn: QUICECN, path: tern_path?, at now: Instant) {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            let lent = unsafe tern_bytes(bytes: bytes.baseAddress, count: bytes.count)
            if var path {
                unsafe tern_quic_receive(quic, &path, UInt32(ecn.rawValue), lent, segment, now.forC)
            } else {
                unsafe tern_quic_receive(quic, nil, UInt32(ecn.rawValue), lent, segment, now.forC)
            }
        }
    }

    func write(into buffer: inout [UInt8], datagrams: Int, at now: Instant) -> tern_quic_batch? {
        var batch = tern_quic_batch()
        let isThere = unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe tern_quic_write(quic, $0.baseAddress, $0.count, datagrams, now.forC, &batch)
        }
        return isThere == 0 ? nil : batch
    }

    // MARK: Time

    var expiry: UInt64 { unsafe tern_quic_expiry(quic) }
    func expire(at now: Instant) { unsafe tern_quic_expire(quic, now.forC) }
    func ping(at now: Instant) { unsafe tern_quic_ping(quic, now.forC) }
    func finish() { unsafe tern_quic_finish(quic) }

    // MARK: State

    var isOver: Bool { unsafe tern_quic_is_over(quic) != 0 }
    var outcome: tern_quic_outcome { unsafe tern_quic_outcome_of(quic).pointee }
    var sendsEarlyData: Bool { unsafe tern_quic_sends_early_data(quic) != 0 }
    var streamsLeft: Int { unsafe Int(clamping: tern_quic_streams_left(quic)) }

    var path: QUICPath? {
        var path = tern_path()
        unsafe tern_quic_path_of(quic, &path)
        return QUICPath(path)
    }

    var statistics: tern_quic_statistics {
        var statistics = tern_quic_statistics()
        unsafe tern_quic_statistics_of(quic, &statistics)
        return statistics
    }

    var handshake: QUICHandshake {
        var settled = unsafe tern_quic_handshake()
        unsafe tern_quic_handshake_of(quic, &settled)
        let alpn = unsafe settled.alpn.count > 0 ? String(decoding: [UInt8](settled.alpn), as: UTF8.self) : nil
        let early = unsafe settled.early_data
        return QUICHandshake(
            version: QUICVersion(rawValue: unsafe settled.version),
            cipher: unsafe settled.cipher.map { unsafe String(cString: $0) } ?? "",
            group: unsafe settled.group.map { unsafe String(cString: $0).lowercased() }, alpn: alpn,
            resumed: unsafe settled.resumed != 0, earlyDataAccepted: early < 0 ? nil : early != 0,
            certificates: certificates)
    }

    private var certificates: [[UInt8]] {
        var found: [[UInt8]] = []
        while true {
            let der = unsafe tern_quic_certificate(quic, UInt32(found.count))
            guard unsafe der.count > 0 else { return found }
            unsafe found.append([UInt8](der))
        }
    }

    static func words(ofTLS error: Int32) -> String { unsafe text(tern_quic_tls_words(error)) }

    // MARK: Wishes

    func close(_ code: UInt64, reason: [UInt8], at now: Instant) {
        unsafe reason.withUnsafeBufferPointer {
            unsafe tern_quic_close(quic, code, tern_bytes(bytes: $0.baseAddress, count: $0.count), now.forC)
        }
    }
    func abandon() { unsafe tern_quic_abandon(quic) }
    func updateKeys(at now: Instant) -> Bool { unsafe tern_quic_update_keys(quic, now.forC) == 0 }

    /// Why not; nil if it began.
    func migrate(to local: QUICAddress, at now: Instant) -> String? {
        var address = tern_address(local)
        var words: UnsafePointer<CChar>?
        return unsafe tern_quic_migrate(quic, &address, now.forC, &words) == 0 ? nil : Self.text(words)
    }

    func rebind(to local: QUICAddress) {
        var address = tern_address(local)
        unsafe tern_quic_rebind(quic, &address)
    }

    // MARK: Streams

    func openStream(isBidirectional: Bool) -> Int64 { unsafe tern_quic_open_stream(quic, isBidirectional ? 1 : 0) }
    func send(_ bytes: [UInt8], on stream: Int64, end: Bool) -> Bool {
        unsafe bytes.withUnsafeBufferPointer {
            unsafe tern_quic_stream_send(
                quic, stream, tern_bytes(bytes: $0.baseAddress, count: $0.count), end ? 1 : 0) == 0
        }
    }
    func queued(on stream: Int64) -> Int { unsafe tern_quic_stream_queued(quic, stream) }
    func reset(_ stream: Int64, code: UInt64) { unsafe tern_quic_stream_reset(quic, stream, code) }
    func stopReading(_ stream: Int64, code: UInt64) { unsafe tern_quic_stream_stop(quic, stream, code) }
    func consume(_ count: Int, of stream: Int64) { unsafe tern_quic_stream_consume(quic, stream, count) }
}

extension Instant {
    var forC: UInt64 { UInt64(clamping: nanoseconds) }
}
