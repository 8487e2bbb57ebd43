internal import DequeModule
internal import Fields
internal import HTTPTypes
internal import Wire

/// What the callbacks of nghttp2 write down while a C call runs. The connection reads it when the call has returned,
/// so nghttp2 is never entered from within.
struct Inbox {
    let role: HTTP2Role
    let options: HTTP2Options
    var now: Instant
    var events = Deque<HTTP2Event>()
    var streams = StreamTable()
    var head: HeadInProgress
    /// The fields of that head.
    private var list = FieldList()
    private var cache = FieldCache()
    var flood: FloodGuard
    /// What is being gathered for the owner, only while a call for output runs.
    var output: [UInt8] = []

    /// Content received since the connection's window was last told.
    var connectionReceived = 0
    var peer = HTTP2PeerSettings()
    var hasPeerSettings = false
    /// The last stream that the peer's GOAWAY leaves alive.
    var goAwayLast: Int32?
    var sentGoAway: HTTP2ErrorCode?
    /// Server: the last stream that is served, by the GOAWAY that was given out.
    var lastTaken = Int32.max
    /// What nghttp2 said of the frame it refused last.
    var libraryCode: Int32 = 0
    var settingsAcknowledged = false
    var receivedPing: UInt64?
    /// Streams whose content is out and whose trailers follow.
    var trailersDue: [Int32] = []

    init(role: HTTP2Role, options: HTTP2Options, at now: Instant) {
        self.role = role
        self.options = options
        self.now = now
        head = HeadInProgress(slot: -1, maximumSize: 0, maximumFields: 0)
        flood = FloodGuard(capacity: options.idleFrames, at: now)
    }

    // MARK: Heads

    /// What to tell nghttp2 of a field.
    enum Verdict { case taken, refused }

    mutating func beganHead(slot: Int32) {
        let isWanted = streams.contains(slot: slot) && streams[slot].marks.isDisjoint(with: .silenced)
        let limits = isWanted ? streams[slot].limits : options.streamLimits
        head = HeadInProgress(
            slot: isWanted ? slot : -1, maximumSize: limits.headBytes, maximumFields: limits.fields)
        list.begin(cache)
    }

    /// The slot of a request that a client began; negative if it comes after our GOAWAY and is none of ours.
    mutating func beganRequest(id: Int32) -> Int32 {
        guard id <= lastTaken else {
            head.slot = -1
            return -1
        }
        let window = ReceiveWindow(size: options.streamWindow, limit: options.streamWindowLimit, at: now)
        let slot = streams.open(id: id, window: window, limits: options.streamLimits)
        beganHead(slot: slot)
        return slot
    }

    mutating func field(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Verdict {
        guard head.slot >= 0 else { return .taken }
        head.size += name.count + value.count + 32
        guard head.size <= head.maximumSize, list.count < head.maximumFields else {
            streams[head.slot].marks.insert(.headTooLarge)
            head.slot = -1
            return .refused
        }
        if name.count > 0, name[0] == .colon {
            head.take(pseudo: name, value)
        } else {
            list.append(name, value, &cache)
        }
        return .taken
    }

    /// A field was malformed in a way that nghttp2 would overlook.
    mutating func refusedField(code: Int32) {
        if head.slot >= 0 { streams[head.slot].libraryCode = code }
        head.slot = -1
    }

    mutating func endedHead(slot: Int32, end: Bool) {
        flood.earn(2)
        guard head.slot == slot, slot >= 0 else { return }
        head.slot = -1
        let stream = streams.handle(slot)
        let fields = list.end(&cache)
        advance(slot, .headReceived)
        if end { advance(slot, .endReceived) }
        if role == .client, head.status < 100, !streams[slot].marks.contains(.headReceived) {
            // RFC 9110 §15: no status is below 100.
            streams[slot].marks.insert(.faulty)
            streams.faulty.append(slot)
            return
        }
        if role == .server {
            if streams[slot].marks.contains(.headReceived) {
                events.append(.trailers(stream, fields))
                return
            }
            streams[slot].marks.insert(.headReceived)
            let request = HTTP2RequestHead(
                method: HTTPRequest.Method(head.method ?? "") ?? .get, scheme: head.scheme, authority: head.authority,
                path: head.path, protocol: head.protocol, fields: fields)
            events.append(.request(stream, request, end: end))
            return
        }
        if streams[slot].marks.contains(.headReceived) {
            events.append(.trailers(stream, fields))
        } else if head.status < 200, !end {
            streams[slot].informational += 1
            guard streams[slot].informational <= options.informationalResponses else {
                streams[slot].marks.insert(.tooManyInformational)
                streams.faulty.append(slot)
                return
            }
            events.append(.informational(stream, status: head.status, fields: fields))
        } else {
            streams[slot].marks.insert(.headReceived)
            events.append(.response(stream, status: head.status, fields: fields, end: end))
        }
    }

    // MARK: Content

    /// Bytes of the largest chunk that is put together of several frames: 16 KiB. With more, glibc gives the memory
    /// back to the system and takes it again for each, which costs more than it saves.
    private static let chunk = 16 << 10

    mutating func received(_ bytes: Span<UInt8>, slot: Int32) {
        connectionReceived += bytes.count
        guard streams.contains(slot: slot), streams[slot].marks.isDisjoint(with: .silenced) else { return }
        let stream = streams.handle(slot)
        // Pieces of one stream become one chunk: each costs its way to the reader, whatever its size.
        if case .data(stream, var last, end: false)? = events.last, last.count + bytes.count <= Inbox.chunk {
            events.removeLast()
            last.append(bytes)
            events.append(.data(stream, last, end: false))
            return
        }
        // A large one is followed by more as a rule: its storage need not grow then.
        var made: [UInt8] = []
        made.reserveCapacity(bytes.count >= 4_096 ? max(bytes.count, Inbox.chunk) : bytes.count)
        made.append(bytes)
        events.append(.data(stream, made, end: false))
    }

    mutating func endedData(slot: Int32, length: Int, end: Bool) {
        if length > 0 { flood.earn(1) } else if !end { flood.count() }
        guard end, streams.contains(slot: slot) else { return }
        advance(slot, .endReceived)
        guard streams[slot].marks.isDisjoint(with: .silenced) else { return }
        let stream = streams.handle(slot)
        if case .data(stream, let last, end: false)? = events.last {
            events.removeLast()
            events.append(.data(stream, last, end: true))
        } else {
            events.append(.data(stream, [], end: true))
        }
    }

    // MARK: Ends

    mutating func advance(_ slot: Int32, _ step: StreamState.Step) {
        if let next = streams[slot].state.after(step) { streams[slot].state = next }
    }

    mutating func closed(slot: Int32, code: HTTP2ErrorCode) {
        guard streams.contains(slot: slot), !streams[slot].isOver else { return }
        let entry = streams[slot]
        let cause: HTTP2Closing.Cause
        if entry.marks.contains(.headTooLarge) {
            cause = .headTooLarge
        } else if entry.marks.contains(.tooManyInformational) {
            cause = .tooManyInformational
        } else if entry.marks.contains(.resetByPeer) {
            cause = .peerReset
        } else if let goAwayLast, role == .client, entry.id > goAwayLast {
            cause = .goAway
        } else if entry.marks.contains(.resetByUs) {
            cause = .localReset
        } else {
            cause = code == .noError ? .complete : .malformed
        }
        close(slot, cause, code)
    }

    mutating func close(_ slot: Int32, _ cause: HTTP2Closing.Cause, _ code: HTTP2ErrorCode) {
        let stream = streams.handle(slot)
        let closing = HTTP2Closing(
            cause, code: code, wasSent: streams[slot].marks.contains(.headSent),
            libraryCode: streams[slot].libraryCode)
        streams[slot].queue.clear()
        streams.close(slot)
        events.append(.closed(stream, closing))
    }
}
