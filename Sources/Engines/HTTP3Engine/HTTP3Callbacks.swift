internal import CQUIC
internal import Fields
internal import HTTPTypes
internal import Wire

/// The callbacks of every connection. They write into the connection's inbox, and read its content to be sent.
enum HTTP3Callbacks {
    @inline(__always)
    private static func inbox(_ user: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<HTTP3Inbox>? {
        unsafe user?.assumingMemoryBound(to: HTTP3Inbox.self)
    }

    @inline(__always)
    private static func span(_ lent: tern_bytes) -> UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: lent.bytes, count: lent.count)
    }

    static func table() -> tern_h3_callbacks {
        var table = tern_h3_callbacks()
        receiving(&table)
        sending(&table)
        ends(&table)
        return table
    }

    private static func receiving(_ table: inout tern_h3_callbacks) {
        unsafe table.opened = { user, id in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.streams.open(id: id) ?? -1
        }
        unsafe table.head_began = { user, slot in unsafe HTTP3Callbacks.inbox(user)?.pointee.beganHead(slot) }
        unsafe table.field = { user, slot, name, value in
            guard let inbox = unsafe HTTP3Callbacks.inbox(user) else { return Int32(TERN_FIELD_REFUSED) }
            let name = unsafe Span(_unsafeElements: HTTP3Callbacks.span(name))
            let value = unsafe Span(_unsafeElements: HTTP3Callbacks.span(value))
            let isTaken = unsafe inbox.pointee.field(slot, name, value)
            return Int32(isTaken ? TERN_FIELD_TAKEN : TERN_FIELD_REFUSED)
        }
        unsafe table.head_ended = { user, slot, isTrailers, _ in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.endedHead(slot, isTrailers: isTrailers != 0)
        }
        unsafe table.data = { user, slot, bytes in
            let bytes = unsafe Span(_unsafeElements: HTTP3Callbacks.span(bytes))
            unsafe HTTP3Callbacks.inbox(user)?.pointee.received(bytes, slot)
        }
        unsafe table.ended = { user, slot in unsafe HTTP3Callbacks.inbox(user)?.pointee.ended(slot) }
    }

    private static func sending(_ table: inout tern_h3_callbacks) {
        unsafe table.content = { user, slot, pieces, capacity, then in
            guard let inbox = unsafe HTTP3Callbacks.inbox(user), let pieces = unsafe pieces,
                unsafe inbox.pointee.streams.contains(slot)
            else { return 0 }
            let lent = unsafe inbox.pointee.streams[slot].queue.lend(pieces, capacity: capacity)
            unsafe then?.pointee = lent.then
            unsafe inbox.pointee.madeRoom(slot)
            return lent.pieces
        }
        unsafe table.acknowledged = { user, slot, count in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.acknowledged(slot, Int(clamping: count))
        }
        unsafe table.sent = { user, slot, isLast in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.sent(slot, isLast: isLast != 0)
        }
        unsafe table.stopped = { user, slot in unsafe HTTP3Callbacks.inbox(user)?.pointee.stopped(slot) }
    }

    private static func ends(_ table: inout tern_h3_callbacks) {
        unsafe table.reset = { user, slot, code in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.close(slot, .peerReset, HTTP3ErrorCode(wire: code))
        }
        unsafe table.malformed = { user, slot, code in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.malformed(slot, HTTP3ErrorCode(wire: code))
        }
        unsafe table.gone = { user, slot, hasCode, code in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.gone(slot, code: hasCode != 0 ? code : nil)
        }
        unsafe table.settings = { user, limit, connectProtocol in
            let settings = HTTP3PeerSettings(
                maxFieldSectionSize: limit, enableConnectProtocol: connectProtocol != 0)
            unsafe HTTP3Callbacks.inbox(user)?.pointee.received(settings)
        }
        unsafe table.go_away = { user, id in unsafe HTTP3Callbacks.inbox(user)?.pointee.receivedGoAway(id) }
        unsafe table.early_data_rejected = { user in
            unsafe HTTP3Callbacks.inbox(user)?.pointee.earlyDataRejected()
        }
    }
}
