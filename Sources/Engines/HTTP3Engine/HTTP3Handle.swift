internal import CQUIC
internal import Fields
internal import HTTPTypes
internal import QUICEngine

/// Owns the inbox of a connection, and calls C for it. One method a call; `unsafe` stays in here, in the callbacks and
/// in the queues.
@safe
struct HTTP3Handle: ~Copyable {
    private let quic: QUICConnection
    private let place: UnsafeMutablePointer<HTTP3Inbox>

    init(_ quic: QUICConnection, _ inbox: HTTP3Inbox) {
        self.quic = quic
        let place = UnsafeMutablePointer<HTTP3Inbox>.allocate(capacity: 1)
        unsafe place.initialize(to: inbox)
        unsafe self.place = place
    }

    deinit {
        // C must not write here any more, whoever else still holds the connection.
        quic.detach()
        unsafe place.deinitialize(count: 1)
        unsafe place.deallocate()
    }

    /// What the callbacks wrote down.
    var inbox: HTTP3Inbox {
        @inline(__always) _read { yield unsafe place.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &place.pointee }
    }

    /// Speaks HTTP/3 on the connection. False if it is too late for that.
    func attach() -> Bool {
        let options = inbox.options
        let place = unsafe place
        return unsafe quic.attach { pointer in
            var callbacks = HTTP3Callbacks.table()
            return unsafe tern_h3_attach(
                pointer, max(0, options.qpackTable), UInt64(max(0, options.headBytes)),
                options.enableConnectProtocol ? 1 : 0, &callbacks, place) == 0
        }
    }

    var isReady: Bool { unsafe tern_h3_is_ready(quic.pointer) != 0 }

    /// The identifier of the new stream; negative if there is none to be had.
    func request(_ head: HeadBytes, slot: Int32, hasContent: Bool) -> Int64 {
        unsafe head.withFields { fields, count in
            unsafe tern_h3_request(quic.pointer, slot, fields, count, hasContent ? 1 : 0)
        }
    }

    func respond(_ head: HeadBytes, id: Int64, hasContent: Bool) -> Bool {
        unsafe head.withFields { fields, count in
            unsafe tern_h3_respond(quic.pointer, id, fields, count, hasContent ? 1 : 0)
        } == 0
    }

    func inform(_ head: HeadBytes, id: Int64) -> Bool {
        unsafe head.withFields { fields, count in unsafe tern_h3_inform(quic.pointer, id, fields, count) } == 0
    }

    func trailers(_ head: HeadBytes, id: Int64) -> Bool {
        unsafe head.withFields { fields, count in unsafe tern_h3_trailers(quic.pointer, id, fields, count) } == 0
    }

    func resume(_ id: Int64) { unsafe tern_h3_resume(quic.pointer, id) }
    func reset(_ id: Int64, _ code: HTTP3ErrorCode) { unsafe tern_h3_reset(quic.pointer, id, code.rawValue) }
    func stopReading(_ id: Int64, _ code: HTTP3ErrorCode) {
        unsafe tern_h3_stop_reading(quic.pointer, id, code.rawValue)
    }
    func stopWriting(_ id: Int64, _ code: HTTP3ErrorCode) {
        unsafe tern_h3_stop_writing(quic.pointer, id, code.rawValue)
    }
    func consume(_ count: Int, _ id: Int64) { unsafe tern_h3_consume(quic.pointer, id, count) }
    func goAway(isFinal: Bool) { unsafe tern_h3_go_away(quic.pointer, isFinal ? 1 : 0) }
}

extension HeadBytes {
    /// Lends the fields in C's form, which is copied there.
    func withFields<Value>(_ body: (UnsafePointer<tern_field>?, Int) -> Value) -> Value {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return body(nil, 0) }
            return unsafe withUnsafeTemporaryAllocation(of: tern_field.self, capacity: pieces.count) { fields in
                for (index, piece) in pieces.enumerated() {
                    unsafe fields.initializeElement(
                        at: index,
                        to: tern_field(
                            name: base + piece.name, value: base + piece.value, name_count: piece.value - piece.name,
                            value_count: piece.end - piece.value, is_secret: piece.isSecret ? 1 : 0))
                }
                return unsafe body(fields.baseAddress, pieces.count)
            }
        }
    }
}
