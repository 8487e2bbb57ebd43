internal import DequeModule
internal import HTTPTypes
internal import Wire

/// What frames about streams and the connection leave in the inbox.
extension Inbox {
    mutating func receivedReset(slot: Int32) {
        guard streams.contains(slot: slot) else { return flood.count() }
        streams[slot].marks.insert(.resetByPeer)
        advance(slot, .reset)
    }

    mutating func receivedSettings(_ settings: HTTP2PeerSettings) {
        flood.count()
        peer = settings
        hasPeerSettings = true
        events.append(.settings(settings))
    }

    mutating func receivedPing(_ payload: UInt64, isAcknowledgement: Bool) {
        guard isAcknowledgement else { return flood.count() }
        receivedPing = payload
    }

    mutating func receivedGoAway(lastStream: Int32, code: HTTP2ErrorCode, debug: [UInt8]) {
        flood.count()
        goAwayLast = lastStream
        events.append(.goAway(lastStream: lastStream, code: code, debug: debug))
    }

    mutating func refusedFrame(slot: Int32, code: Int32) {
        libraryCode = code
        if streams.contains(slot: slot) { streams[slot].libraryCode = code }
    }

    // MARK: Sending

    mutating func sentHead(slot: Int32, end: Bool) {
        guard streams.contains(slot: slot) else { return }
        streams[slot].marks.insert(.headSent)
        if end { advance(slot, .endSent) }
    }

    mutating func sentContent(slot: Int32, end: Bool) {
        // The peer may answer a frame with two window updates and some more.
        flood.earn(3)
        if end, streams.contains(slot: slot) { advance(slot, .endSent) }
    }

    /// A head could not be sent: the connection closes, or the owner has reset the stream before.
    mutating func droppedHead(id: Int32, _ code: Int32) {
        guard let slot = streams.slot(ofID: id), !streams[slot].isOver, !streams[slot].marks.contains(.headSent) else {
            return
        }
        libraryCode = code
        let cause: HTTP2Closing.Cause =
            streams[slot].marks.contains(.resetByUs) ? .localReset : goAwayLast != nil ? .goAway : .connection
        close(slot, cause, cause == .localReset ? .cancel : .refusedStream)
    }

    enum Content {
        enum End { case open, ended, trailersFollow }
        case nothingYet
        case bytes(Int, End)
    }

    mutating func contentToSend(slot: Int32, atMost length: Int) -> Content {
        guard streams.contains(slot: slot) else { return .nothingYet }
        let queue = streams[slot].queue
        guard queue.count > 0 || queue.isEnded else {
            streams[slot].queue.isDeferred = true
            return .nothingYet
        }
        let count = min(length, queue.count)
        guard count == queue.count, queue.isEnded else { return .bytes(count, .open) }
        guard queue.trailers != nil else { return .bytes(count, .ended) }
        trailersDue.append(slot)
        return .bytes(count, .trailersFollow)
    }

    mutating func moveContent(slot: Int32, _ length: Int) {
        guard streams.contains(slot: slot) else { return }
        streams[slot].queue.move(length, into: &output)
        if streams[slot].queue.owesRoom, streams[slot].queue.count <= options.sendQueue / 4 {
            streams[slot].queue.owesRoom = false
            events.append(.writable(streams.handle(slot)))
        }
    }
}
