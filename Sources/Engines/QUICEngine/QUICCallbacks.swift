internal import CQUIC

/// The callbacks of every connection. They write into the connection's inbox; the one that answers, `verify`, asks
/// OpenSSL, and nothing of QUIC.
enum QUICCallbacks {
    @inline(__always)
    private static func inbox(_ user: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<QUICInbox>? {
        unsafe user?.assumingMemoryBound(to: QUICInbox.self)
    }

    static func table() -> tern_quic_callbacks {
        var table = tern_quic_callbacks()
        handshake(&table)
        connection(&table)
        streams(&table)
        return table
    }

    private static func handshake(_ table: inout tern_quic_callbacks) {
        unsafe table.verify = { user, chain, count, staple in
            guard let inbox = unsafe QUICCallbacks.inbox(user), let chain = unsafe chain else { return -1 }
            let certificates = (0..<count).map { unsafe [UInt8](chain[$0]) }
            let response = unsafe staple.count > 0 ? [UInt8](staple) : nil
            return unsafe inbox.pointee.verifies(certificates, staple: response) ? 0 : -1
        }
        unsafe table.handshake_done = { user in
            guard let inbox = unsafe QUICCallbacks.inbox(user) else { return }
            unsafe inbox.pointee.handshakePosition = inbox.pointee.events.count
        }
        unsafe table.handshake_confirmed = { user in
            guard let inbox = unsafe QUICCallbacks.inbox(user) else { return }
            unsafe inbox.pointee.isConfirmed = true
            unsafe inbox.pointee.events.append(.handshakeConfirmed)
        }
        unsafe table.early_data_rejected = { user in
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.earlyDataRejected)
        }
        unsafe table.ticket = { user, session, parameters in
            let ticket = unsafe QUICTicket(session: [UInt8](session), parameters: [UInt8](parameters))
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.ticket(ticket))
        }
        unsafe table.new_token = { user, token in
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.newToken([UInt8](token)))
        }
        unsafe table.retried = { user in unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.retried) }
        unsafe table.versions_offered = { user, versions, count in
            let offered = unsafe UnsafeBufferPointer(start: versions, count: min(count, 64))
            unsafe QUICCallbacks.inbox(user)?.pointee.versions = unsafe offered.map { QUICVersion(rawValue: $0) }
        }
        unsafe table.key_log = { user, label, random, secret in
            guard let label = unsafe label else { return }
            let line =
                unsafe "\(String(cString: label)) \(QUICCallbacks.hex([UInt8](random))) \(QUICCallbacks.hex([UInt8](secret)))"
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.keyLog(line))
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits: [UInt8] = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func connection(_ table: inout tern_quic_callbacks) {
        unsafe table.path_validated = { user, path, isValid in
            guard let path = unsafe path, let told = unsafe QUICPath(path.pointee) else { return }
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.path(told, isValid: isValid != 0))
        }
        unsafe table.keys_updated = { user in unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.keysUpdated) }
        unsafe table.qlog = { user, text in
            unsafe QUICCallbacks.inbox(user)?.pointee.qlog.append(
                contentsOf: UnsafeBufferPointer(start: text.bytes, count: text.count))
        }
        unsafe table.streams_available = { user in unsafe QUICCallbacks.inbox(user)?.pointee.streamsChanged = true }
        unsafe table.connection_id = { user, id, isAdded in
            guard let inbox = unsafe QUICCallbacks.inbox(user) else { return }
            let number = unsafe inbox.pointee.number
            unsafe inbox.pointee.routes?.change([UInt8](id), isAdded: isAdded != 0, number: number)
        }
    }

    private static func streams(_ table: inout tern_quic_callbacks) {
        unsafe table.stream_data = { user, id, bytes, end in
            unsafe QUICCallbacks.inbox(user)?.pointee.received([UInt8](bytes), of: id, end: end != 0)
        }
        unsafe table.stream_reset = { user, id, code in
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.reset(stream: id, code: code))
        }
        unsafe table.stream_stopped = { user, id in
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.stopSending(stream: id))
        }
        unsafe table.stream_closed = { user, id in
            unsafe QUICCallbacks.inbox(user)?.pointee.events.append(.closed(stream: id))
        }
    }
}
