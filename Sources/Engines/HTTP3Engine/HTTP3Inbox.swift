internal import DequeModule
internal import Fields
internal import HTTPTypes
internal import QUICEngine
internal import Wire

/// What the callbacks write down while a call of C runs. The connection reads it when the call has returned, so C is
/// never entered from within.
struct HTTP3Inbox {
    let role: QUICRole
    let options: HTTP3Options
    var events = Deque<HTTP3Event>()
    var streams = HTTP3Streams()
    private var building: Building
    /// Heads of which the rest has not come yet, while another comes: by slot.
    private var parked: [Int32: Building] = [:]
    private var cache = FieldCache()
    var peer = HTTP3PeerSettings()
    var hasPeerSettings = false
    /// The first stream that the peer's GOAWAY leaves out.
    var goAwayID: Int64?
    /// Whether streams are to be given up for it.
    var goAwayDue = false

    /// A head and its fields.
    private struct Building {
        var head: HeadInProgress
        var list = FieldList()

        init(slot: Int32, _ options: HTTP3Options) {
            head = HeadInProgress(slot: slot, maximumSize: options.headBytes, maximumFields: options.fields)
        }
    }

    init(role: QUICRole, options: HTTP3Options) {
        self.role = role
        self.options = options
        building = Building(slot: -1, options)
    }

    // MARK: Heads

    mutating func beganHead(_ slot: Int32) {
        park()
        parked[slot] = nil
        building = Building(slot: streams.contains(slot) && !streams[slot].isOver ? slot : -1, options)
        building.list.begin(cache)
    }

    /// The head of this stream becomes the one being built; false if nobody wants it.
    private mutating func resumeHead(_ slot: Int32) -> Bool {
        guard slot >= 0 else { return false }
        if building.head.slot == slot { return true }
        guard let other = parked.removeValue(forKey: slot) else { return false }
        park()
        building = other
        return true
    }

    private mutating func park() {
        guard building.head.slot >= 0 else { return }
        parked[building.head.slot] = building
        building.head.slot = -1
    }

    /// The stream is over: the rest of its head will not come.
    private mutating func dropHead(_ slot: Int32) {
        parked[slot] = nil
        if building.head.slot == slot { building.head.slot = -1 }
    }

    /// Whether the field was taken; if not, the message is refused.
    mutating func field(_ slot: Int32, _ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        guard resumeHead(slot) else { return true }
        building.head.size += name.count + value.count + 32
        guard building.head.size <= building.head.maximumSize, building.list.count < building.head.maximumFields else {
            streams[slot].marks.insert(.headTooLarge)
            building.head.slot = -1
            return false
        }
        guard name.count > 0, name[0] == .colon else {
            building.list.append(name, value, &cache)
            return true
        }
        building.head.take(pseudo: name, value)
        if role == .client, (100...199).contains(building.head.status),
            streams[slot].informational >= options.informationalResponses
        {
            streams[slot].marks.insert(.tooManyInformational)
            building.head.slot = -1
            return false
        }
        return true
    }

    mutating func endedHead(_ slot: Int32, isTrailers: Bool) {
        guard resumeHead(slot) else { return }
        let head = building.head
        building.head.slot = -1
        let stream = streams.handle(slot)
        let fields = building.list.end(&cache)
        if isTrailers {
            // The message's length is checked at its end only, so trailers wait for it.
            streams[slot].trailers = fields
        } else if role == .server {
            streams[slot].marks.insert(.headReceived)
            let request = HTTP3RequestHead(
                method: HTTPRequest.Method(head.method ?? "") ?? .get, scheme: head.scheme, authority: head.authority,
                path: head.path, protocol: head.protocol, fields: fields)
            events.append(.request(stream, request, end: false))
        } else if head.status < 200 {
            streams[slot].informational += 1
            events.append(.informational(stream, status: head.status, fields: fields))
        } else {
            streams[slot].marks.insert(.headReceived)
            events.append(.response(stream, status: head.status, fields: fields, end: false))
        }
    }

    // MARK: Content

    mutating func received(_ bytes: Span<UInt8>, _ slot: Int32) {
        guard streams.contains(slot), bytes.count > 0,
            streams[slot].marks.isDisjoint(with: [.closed, .readStopped])
        else { return }
        let stream = streams.handle(slot)
        // What comes in one after the other on a stream becomes one chunk.
        if case .data(stream, var last, end: false)? = events.last, last.count + bytes.count <= Self.largestChunk {
            events.removeLast()
            if last.capacity - last.count < bytes.count {
                let wish = max(2 * (last.count + bytes.count), streams[slot].lastChunk)
                last.reserveCapacity(min(Self.largestChunk, wish))
            }
            last.append(bytes)
            streams[slot].chunk = last.count
            events.append(.data(stream, last, end: false))
            return
        }
        streams[slot].lastChunk = streams[slot].chunk
        streams[slot].chunk = bytes.count
        events.append(.data(stream, [UInt8](bytes), end: false))
    }

    /// Bytes of a chunk: what one receive of the kernel holds.
    private static let largestChunk = 64 << 10

    /// The peer's message is complete, and its length is what it said.
    mutating func ended(_ slot: Int32) {
        guard streams.contains(slot), !streams[slot].isOver else { return }
        streams[slot].marks.insert(.endReceived)
        defer { closeIfComplete(slot) }
        guard !streams[slot].marks.contains(.readStopped) else { return }
        let stream = streams.handle(slot)
        if let trailers = streams[slot].trailers {
            streams[slot].trailers = nil
            events.append(.trailers(stream, trailers))
            return
        }
        switch events.last {
        case .data(stream, let last, end: false):
            events.removeLast()
            events.append(.data(stream, last, end: true))
        case .response(stream, let status, let fields, end: false):
            events.removeLast()
            events.append(.response(stream, status: status, fields: fields, end: true))
        case .request(stream, let request, end: false):
            events.removeLast()
            events.append(.request(stream, request, end: true))
        default: events.append(.data(stream, [], end: true))
        }
    }

    // MARK: Our message

    mutating func acknowledged(_ slot: Int32, _ count: Int) {
        if streams.contains(slot) { streams[slot].queue.acknowledge(count) }
    }

    mutating func sent(_ slot: Int32, isLast: Bool) {
        guard streams.contains(slot) else { return }
        streams[slot].marks.insert(isLast ? [.sent, .endSent] : .sent)
        if isLast { closeIfComplete(slot) }
    }

    /// To be called when content was lent: there may be room again.
    mutating func madeRoom(_ slot: Int32) {
        guard streams[slot].queue.owesRoom, streams[slot].queue.count <= options.sendQueue / 4 else { return }
        streams[slot].queue.owesRoom = false
        if !streams[slot].isOver { events.append(.writable(streams.handle(slot))) }
    }

    mutating func stopped(_ slot: Int32) {
        guard streams.contains(slot), !streams[slot].isOver else { return }
        streams[slot].marks.insert(.stopped)
        streams[slot].queue.clear()
        events.append(.stopped(streams.handle(slot)))
        closeIfComplete(slot)
    }

    // MARK: Ends

    private mutating func closeIfComplete(_ slot: Int32) {
        let marks = streams[slot].marks
        // A client's content may be cut short by the answer; a client that cuts the answer short has cancelled.
        let isSent = !marks.isDisjoint(with: role == .client ? [.endSent, .stopped] : .endSent)
        let isReceived = !marks.isDisjoint(with: [.endReceived, .readStopped])
        if isSent, isReceived { close(slot, .complete, .noError) }
    }

    mutating func malformed(_ slot: Int32, _ code: HTTP3ErrorCode) {
        guard streams.contains(slot) else { return }
        let marks = streams[slot].marks
        let cause: HTTP3Closing.Cause =
            marks.contains(.headTooLarge)
            ? .headTooLarge
            : marks.contains(.tooManyInformational)
                ? .tooManyInformational : code == .requestRejected ? .localReset : .malformed
        close(slot, cause, code)
    }

    mutating func close(_ slot: Int32, _ cause: HTTP3Closing.Cause, _ code: HTTP3ErrorCode) {
        guard streams.contains(slot), !streams[slot].isOver else { return }
        let stream = streams.handle(slot)
        let closing = HTTP3Closing(cause, code: code, wasSent: streams[slot].marks.contains(.sent))
        streams.close(slot)
        dropHead(slot)
        events.append(.closed(stream, closing))
    }

    /// Nothing of the stream is left below. `code` is that of a reset, in either direction.
    mutating func gone(_ slot: Int32, code: UInt64?) {
        guard streams.contains(slot) else { return }
        let marks = streams[slot].marks
        let isWhole = marks.contains(.endReceived) && (role == .client || marks.contains(.endSent))
        close(slot, isWhole ? .complete : .peerReset, HTTP3ErrorCode(wire: code ?? 0x100))
        streams.release(slot, .gone)
    }

    mutating func earlyDataRejected() {
        for slot in streams.heldSlots {
            close(slot, .earlyDataRejected, .noError)
            streams.release(slot, .gone)
        }
    }

    // MARK: The connection

    mutating func received(_ settings: HTTP3PeerSettings) {
        peer = settings
        hasPeerSettings = true
        events.append(.settings(settings))
    }

    mutating func receivedGoAway(_ id: Int64) {
        goAwayID = min(goAwayID ?? id, id)
        goAwayDue = role == .client
        events.append(.goAway(id: id))
    }
}
