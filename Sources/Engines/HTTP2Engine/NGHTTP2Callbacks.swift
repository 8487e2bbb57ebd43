internal import CNGHTTP2
internal import HTTPTypes
internal import Wire

/// The callbacks of every session of the process. They write into the session's inbox, and call nothing of nghttp2
/// but the getter and the setter of a stream's user data, which change no state.
@safe
final class NGHTTP2Callbacks: @unchecked Sendable {
    /// Nil only if there is no memory.
    static let shared = NGHTTP2Callbacks()

    let pointer: OpaquePointer

    private init?() {
        var callbacks: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks = unsafe callbacks else {
            return nil
        }
        unsafe pointer = callbacks
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Self.beganHead)
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, Self.field)
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, Self.invalidField)
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Self.content)
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Self.frame)
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, Self.invalidFrame)
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Self.sentFrame)
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, Self.droppedFrame)
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Self.closed)
        unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks, Self.sendContent)
    }

    deinit { unsafe nghttp2_session_callbacks_del(pointer) }

    private static let refuse = Int32(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)

    @inline(__always)
    private static func inbox(_ userData: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Inbox>? {
        unsafe userData?.assumingMemoryBound(to: Inbox.self)
    }

    @inline(__always)
    private static func slot(_ session: OpaquePointer?, _ id: Int32) -> Int32 {
        unsafe NGHTTP2Session.slot(nghttp2_session_get_stream_user_data(session, id))
    }

    // MARK: Receiving

    private static let beganHead: nghttp2_on_begin_headers_callback = { session, frame, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData), let frame = unsafe frame else { return 0 }
        let id = unsafe frame.pointee.hd.stream_id
        if unsafe inbox.pointee.role == .server, unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
            let slot = unsafe inbox.pointee.beganRequest(id: id)
            _ = unsafe nghttp2_session_set_stream_user_data(session, id, NGHTTP2Session.userData(slot))
        } else {
            unsafe inbox.pointee.beganHead(slot: slot(session, id))
        }
        return 0
    }

    private static let field: nghttp2_on_header_callback = { _, _, name, nameCount, value, valueCount, _, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData) else { return 0 }
        let name = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: name, count: nameCount))
        let value = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: value, count: valueCount))
        return switch unsafe inbox.pointee.field(name, value) {
        case .taken: 0
        case .refused: refuse
        }
    }

    // Without this callback nghttp2 drops such a field and goes on (RFC 9113 §8.2.1 wants the message refused).
    private static let invalidField: nghttp2_on_invalid_header_callback = { _, _, _, _, _, _, _, userData in
        unsafe NGHTTP2Callbacks.inbox(userData)?.pointee.refusedField(code: Int32(NGHTTP2_ERR_HTTP_HEADER.rawValue))
        return refuse
    }

    private static let content: nghttp2_on_data_chunk_recv_callback = { session, _, id, data, count, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData) else { return 0 }
        let bytes = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: data, count: count))
        unsafe inbox.pointee.received(bytes, slot: slot(session, id))
        return 0
    }

    private static let frame: nghttp2_on_frame_recv_callback = { session, frame, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData), let frame = unsafe frame else { return 0 }
        let header = unsafe frame.pointee.hd
        let end = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        let isAcknowledgement = header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
        switch UInt32(header.type) {
        case NGHTTP2_DATA.rawValue:
            unsafe inbox.pointee.endedData(slot: slot(session, header.stream_id), length: header.length, end: end)
        case NGHTTP2_HEADERS.rawValue:
            unsafe inbox.pointee.endedHead(slot: slot(session, header.stream_id), end: end)
        case NGHTTP2_RST_STREAM.rawValue:
            unsafe inbox.pointee.receivedReset(slot: slot(session, header.stream_id))
        case NGHTTP2_SETTINGS.rawValue:
            if isAcknowledgement {
                unsafe inbox.pointee.settingsAcknowledged = true
            } else {
                unsafe inbox.pointee.receivedSettings(NGHTTP2Callbacks.peerSettings(session))
            }
        case NGHTTP2_PING.rawValue:
            let payload = unsafe withUnsafeBytes(of: frame.pointee.ping.opaque_data) {
                unsafe UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self))
            }
            unsafe inbox.pointee.receivedPing(payload, isAcknowledgement: isAcknowledgement)
        case NGHTTP2_GOAWAY.rawValue:
            let goAway = unsafe frame.pointee.goaway
            let debug = unsafe [UInt8](
                UnsafeBufferPointer(start: goAway.opaque_data, count: min(goAway.opaque_data_len, 1_024)))
            unsafe inbox.pointee.receivedGoAway(
                lastStream: goAway.last_stream_id, code: HTTP2ErrorCode(rawValue: goAway.error_code), debug: debug)
        default:
            unsafe inbox.pointee.flood.count()
        }
        return 0
    }

    private static func peerSettings(_ session: OpaquePointer?) -> HTTP2PeerSettings {
        func value(_ id: nghttp2_settings_id) -> UInt32 { unsafe nghttp2_session_get_remote_settings(session, id) }
        var settings = HTTP2PeerSettings()
        settings.maxConcurrentStreams = value(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
        settings.initialWindowSize = value(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE)
        settings.maxFrameSize = value(NGHTTP2_SETTINGS_MAX_FRAME_SIZE)
        settings.maxHeaderListSize = value(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE)
        settings.enableConnectProtocol = value(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1
        return settings
    }

    private static let invalidFrame: nghttp2_on_invalid_frame_recv_callback = { session, frame, code, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData), let frame = unsafe frame else { return 0 }
        unsafe inbox.pointee.refusedFrame(slot: slot(session, frame.pointee.hd.stream_id), code: code)
        return 0
    }

    private static let closed: nghttp2_on_stream_close_callback = { session, id, code, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData) else { return 0 }
        unsafe inbox.pointee.closed(slot: slot(session, id), code: HTTP2ErrorCode(rawValue: code))
        return 0
    }

    // MARK: Sending

    private static let sentFrame: nghttp2_on_frame_send_callback = { session, frame, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData), let frame = unsafe frame else { return 0 }
        let header = unsafe frame.pointee.hd
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue:
            let end = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            unsafe inbox.pointee.sentHead(slot: slot(session, header.stream_id), end: end)
        case NGHTTP2_DATA.rawValue:
            let end = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            unsafe inbox.pointee.sentContent(slot: slot(session, header.stream_id), end: end)
        case NGHTTP2_GOAWAY.rawValue:
            unsafe inbox.pointee.sentGoAway = HTTP2ErrorCode(rawValue: frame.pointee.goaway.error_code)
        default: break
        }
        return 0
    }

    private static let droppedFrame: nghttp2_on_frame_not_send_callback = { session, frame, code, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData), let frame = unsafe frame else { return 0 }
        let header = unsafe frame.pointee.hd
        if UInt32(header.type) == NGHTTP2_HEADERS.rawValue {
            unsafe inbox.pointee.droppedHead(id: header.stream_id, code)
        }
        return 0
    }

    static let readContent: nghttp2_data_source_read_callback = { _, id, _, length, flags, source, userData in
        let failed = Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData), let source = unsafe source, let flags = unsafe flags
        else { return failed }
        switch unsafe inbox.pointee.contentToSend(slot: NGHTTP2Session.slot(source.pointee.ptr), atMost: length) {
        case .nothingYet: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        case .bytes(let count, let end):
            if count > 0 { unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue }
            switch end {
            case .open: break
            case .ended: unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            case .trailersFollow:
                unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            }
            return count
        }
    }

    private static let sendContent: nghttp2_send_data_callback = { _, _, header, length, source, userData in
        guard let inbox = unsafe NGHTTP2Callbacks.inbox(userData), let source = unsafe source else { return 0 }
        unsafe inbox.pointee.output.append(contentsOf: UnsafeBufferPointer(start: header, count: 9))
        unsafe inbox.pointee.moveContent(slot: NGHTTP2Session.slot(source.pointee.ptr), length)
        return 0
    }
}
