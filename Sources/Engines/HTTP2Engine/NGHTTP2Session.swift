internal import CNGHTTP2
internal import Fields
internal import HTTPTypes
internal import Wire

/// Owns one `nghttp2_session` and the inbox its callbacks write to. One method a call of C; `unsafe` stays in here
/// and in the callbacks.
@safe
struct NGHTTP2Session: ~Copyable {
    private let session: OpaquePointer
    private let storage: UnsafeMutablePointer<Inbox>

    /// Nil if there is no memory.
    init?(role: HTTP2Role, options: HTTP2Options, at now: Instant) {
        guard let callbacks = NGHTTP2Callbacks.shared, let settings = unsafe Self.makeOptions() else { return nil }
        defer { unsafe nghttp2_option_del(settings) }
        let storage = UnsafeMutablePointer<Inbox>.allocate(capacity: 1)
        unsafe storage.initialize(to: Inbox(role: role, options: options, at: now))
        var session: OpaquePointer?
        let result =
            switch role {
            case .client: unsafe nghttp2_session_client_new2(&session, callbacks.pointer, storage, settings)
            case .server: unsafe nghttp2_session_server_new2(&session, callbacks.pointer, storage, settings)
            }
        guard result == 0, let session = unsafe session else {
            unsafe storage.deinitialize(count: 1)
            unsafe storage.deallocate()
            return nil
        }
        unsafe self.session = session
        unsafe self.storage = storage
    }

    deinit {
        unsafe nghttp2_session_del(session)
        unsafe storage.deinitialize(count: 1)
        unsafe storage.deallocate()
    }

    private static func makeOptions() -> OpaquePointer? {
        var options: OpaquePointer?
        guard unsafe nghttp2_option_new(&options) == 0, let options = unsafe options else { return nil }
        // The owner's reading opens windows, not the arrival.
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        // Push is never taken, not even before our SETTINGS arrived.
        unsafe nghttp2_option_set_max_reserved_remote_streams(options, 0)
        // Closed streams are only kept for RFC 7540 priorities, which are obsolete (RFC 9113 §5.3.2).
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        unsafe nghttp2_option_set_max_send_header_block_length(options, 1 << 20)
        return unsafe options
    }

    /// What the callbacks wrote down, and the streams.
    var inbox: Inbox {
        @inline(__always) _read { yield unsafe storage.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &storage.pointee }
    }

    // MARK: Bytes

    /// Feeds received bytes. Returns nghttp2's code if the session is unusable after them.
    func receive(_ bytes: Span<UInt8>) -> Int32? {
        let count = unsafe bytes.withUnsafeBufferPointer {
            unsafe nghttp2_session_mem_recv(session, $0.baseAddress, $0.count)
        }
        return count < 0 ? Int32(truncatingIfNeeded: count) : nil
    }

    /// Appends the next piece of output to the inbox's `output`. False if there is none; throws nghttp2's code.
    func gather() throws(LibraryFailure) -> Bool {
        let before = unsafe storage.pointee.output.count
        var bytes: UnsafePointer<UInt8>?
        let count = unsafe nghttp2_session_mem_send(session, &bytes)
        guard count >= 0 else { throw LibraryFailure(code: Int32(truncatingIfNeeded: count)) }
        guard count > 0 else { return unsafe storage.pointee.output.count > before }
        unsafe storage.pointee.output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
        return true
    }

    struct LibraryFailure: Error { let code: Int32 }

    var wantsWrite: Bool { unsafe nghttp2_session_want_write(session) != 0 }
    var wantsRead: Bool { unsafe nghttp2_session_want_read(session) != 0 }
    var allowsRequests: Bool { unsafe nghttp2_session_check_request_allowed(session) != 0 }
    var nextStreamID: UInt32 { unsafe nghttp2_session_get_next_stream_id(session) }
    var lastProcessedStream: Int32 { unsafe nghttp2_session_get_last_proc_stream_id(session) }

    func setNextStreamID(_ id: Int32) { _ = unsafe nghttp2_session_set_next_stream_id(session, id) }

    // MARK: Frames

    func submitSettings(_ entries: [(id: UInt32, value: UInt32)]) -> Int32 {
        let entries = entries.map { nghttp2_settings_entry(settings_id: Int32($0.id), value: $0.value) }
        return unsafe nghttp2_submit_settings(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
    }

    /// The stream's identifier, or nghttp2's code.
    func submitRequest(_ head: HeadBytes, slot: Int32, hasContent: Bool) -> Int32 {
        unsafe head.withFields { fields, count in
            guard hasContent else {
                return unsafe nghttp2_submit_request(session, nil, fields, count, nil, Self.userData(slot))
            }
            var source = unsafe Self.source(slot)
            return unsafe nghttp2_submit_request(session, nil, fields, count, &source, Self.userData(slot))
        }
    }

    func submitResponse(_ head: HeadBytes, id: Int32, slot: Int32, hasContent: Bool) -> Int32 {
        unsafe head.withFields { fields, count in
            guard hasContent else { return unsafe nghttp2_submit_response(session, id, fields, count, nil) }
            var source = unsafe Self.source(slot)
            return unsafe nghttp2_submit_response(session, id, fields, count, &source)
        }
    }

    func submitInformational(_ head: HeadBytes, id: Int32) -> Int32 {
        unsafe head.withFields { fields, count in
            unsafe nghttp2_submit_headers(session, 0, id, nil, fields, count, nil)
        }
    }

    func submitTrailers(_ head: HeadBytes, id: Int32) -> Int32 {
        unsafe head.withFields { fields, count in unsafe nghttp2_submit_trailer(session, id, fields, count) }
    }

    func submitReset(id: Int32, code: HTTP2ErrorCode) {
        _ = unsafe nghttp2_submit_rst_stream(session, 0, id, code.rawValue)
    }

    func submitPing(_ payload: UInt64) {
        unsafe withUnsafeBytes(of: payload.bigEndian) {
            _ = unsafe nghttp2_submit_ping(session, 0, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
    }

    func submitGoAway(lastStream: Int32, code: HTTP2ErrorCode, debug: [UInt8]) {
        _ = unsafe nghttp2_submit_goaway(session, 0, lastStream, code.rawValue, debug, debug.count)
    }

    /// Tells a client to open no more streams, and ends none (RFC 9113 §6.8).
    func submitShutdownNotice() { _ = unsafe nghttp2_submit_shutdown_notice(session) }

    /// Sends GOAWAY, after which nothing is read or written.
    func terminate(_ code: HTTP2ErrorCode) { _ = unsafe nghttp2_session_terminate_session(session, code.rawValue) }

    func resumeContent(id: Int32) { _ = unsafe nghttp2_session_resume_data(session, id) }

    // MARK: Windows

    /// Lets the peer send so many more bytes, on the connection or on a stream. Not `nghttp2_session_consume`: that
    /// keeps back what was read until it is half the window, and so halves the rate over a long path.
    func consumeConnection(_ count: Int) { consumeStream(id: 0, count) }
    func consumeStream(id: Int32, _ count: Int) {
        _ = unsafe nghttp2_submit_window_update(session, 0, id, Int32(clamping: count))
    }
    /// The window of a stream, or of the connection (nought), becomes `size`.
    func setWindow(id: Int32, _ size: Int32) { _ = unsafe nghttp2_session_set_local_window_size(session, 0, id, size) }

    // MARK: Words

    static func words(for code: Int32) -> String { unsafe String(cString: nghttp2_strerror(code)) }

    private static func source(_ slot: Int32) -> nghttp2_data_provider {
        unsafe nghttp2_data_provider(
            source: nghttp2_data_source(ptr: userData(slot)), read_callback: NGHTTP2Callbacks.readContent)
    }

    /// Slots travel through nghttp2 as pointers that are never followed; one more than the slot, since nil is none.
    static func userData(_ slot: Int32) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: Int(slot) + 1)
    }
    static func slot(_ userData: UnsafeMutableRawPointer?) -> Int32 {
        unsafe userData.map { Int32(truncatingIfNeeded: Int(bitPattern: $0) - 1) } ?? -1
    }
}
