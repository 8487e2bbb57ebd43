internal import Fields
package import HTTPTypes
internal import QUICEngine
internal import Wire

/// What the owner sends.
extension HTTP3Connection {
    /// Client: opens a stream with a request (RFC 9114 §4.3.1).
    ///
    /// `contentLength` becomes the field of that name, `priority` one too. With `hasContent` the stream stays open for
    /// ``send(_:on:end:)`` and ``end(_:trailers:)``; else the request is complete. Before the handshake is done it is
    /// early data, if ``QUICConnection/sendsEarlyData`` says so: use it for safe methods only. Throws `notReady`,
    /// `closing`, `streamLimit`, `invalidMessage` or `headTooLarge`: nothing was sent then.
    package func request(
        _ head: HTTP3RequestHead, contentLength: Int64? = nil, hasContent: Bool = false,
        priority: HTTP3Priority? = nil
    ) throws(HTTP3Error) -> HTTP3Stream {
        try requireRoom()
        heads.clear()
        try addPseudoFields(of: head)
        if let contentLength { heads.add("content-length", String(contentLength)) }
        if let value = priority?.fieldValue, !value.isEmpty { heads.add("priority", value) }
        try add(head.fields)
        try requireSize()
        let slot = handle.inbox.streams.open(id: -1)
        let id = handle.request(heads, slot: slot, hasContent: hasContent)
        guard id >= 0 else {
            handle.inbox.streams.discard(slot)
            throw HTTP3Error(.libraryFailure, "a request was refused by nghttp3")
        }
        handle.inbox.streams.opened(slot, id: id)
        if hasContent { handle.inbox.streams[slot].marks.insert(.hasSource) }
        return HTTP3Stream(id: id, slot: slot)
    }

    private func requireRoom() throws(HTTP3Error) {
        guard role == .client else { throw HTTP3Error(.outOfOrder, "a server opens no request streams") }
        try requireLife()
        guard takesStreams else { throw HTTP3Error(.closing, "the connection takes no new streams") }
        guard handle.isReady else { throw HTTP3Error(.notReady, "the handshake is not done") }
        guard quic.availableStreams > 0 else {
            throw HTTP3Error(.streamLimit, "all streams that the peer allows are in use")
        }
    }

    private func requireLife() throws(HTTP3Error) {
        if let closing = quic.closing { throw HTTP3Error(.closing, "the connection is over", closing: closing) }
    }

    private func addPseudoFields(of head: HTTP3RequestHead) throws(HTTP3Error) {
        heads.add(":method", head.method.rawValue)
        let isTunnel = head.method == .connect && head.protocol == nil
        if let text = head.protocol {
            guard head.method == .connect, peerSettings.enableConnectProtocol else {
                throw HTTP3Error(.invalidMessage, "the peer does not take extended CONNECT (RFC 9220 §3)")
            }
            heads.add(":protocol", text)
        }
        if isTunnel {
            guard head.authority?.isEmpty == false, head.scheme == nil, head.path == nil else {
                throw HTTP3Error(.invalidMessage, "CONNECT names an authority and nothing else (RFC 9114 §4.4)")
            }
        } else {
            guard let scheme = head.scheme, !scheme.isEmpty, let path = head.path, !path.isEmpty else {
                throw HTTP3Error(.invalidMessage, "a request needs scheme and path (RFC 9114 §4.3.1)")
            }
            heads.add(":scheme", scheme)
            heads.add(":path", path)
        }
        if let authority = head.authority {
            guard !authority.isEmpty else {
                throw HTTP3Error(.invalidMessage, "the authority must not be empty (RFC 9114 §4.3.1)")
            }
            heads.add(":authority", authority)
        }
    }

    private func add(_ fields: HTTPFields) throws(HTTP3Error) {
        guard let name = heads.append(fields) else { return }
        throw HTTP3Error(.invalidMessage, "the field \(name) may not be sent over HTTP/3 (RFC 9114 §4.2)")
    }

    private func requireSize() throws(HTTP3Error) {
        let limit = peerSettings.maxFieldSectionSize
        guard UInt64(heads.size) <= limit else {
            throw HTTP3Error(.headTooLarge, "a head of \(heads.size) bytes exceeds the peer's limit of \(limit)")
        }
    }

    // MARK: Responses

    /// Server: sends the final response. With `hasContent` the message goes on.
    package func respond(
        to stream: HTTP3Stream, status: Int, fields: HTTPFields = [:], contentLength: Int64? = nil,
        hasContent: Bool = false
    ) throws(HTTP3Error) {
        try requireAnswerable(stream)
        guard (200...999).contains(status) else {
            throw HTTP3Error(.invalidMessage, "\(status) is not the status of a final response")
        }
        heads.clear()
        heads.add(":status", String(status))
        if let contentLength { heads.add("content-length", String(contentLength)) }
        try add(fields)
        try requireSize()
        guard handle.respond(heads, id: stream.id, hasContent: hasContent) else {
            throw HTTP3Error(.outOfOrder, "stream \(stream.id) takes no response")
        }
        handle.inbox.streams[stream.slot].marks.insert(hasContent ? [.headSubmitted, .hasSource] : .headSubmitted)
    }

    /// Server: sends an informational response (RFC 9110 §15.2), before the final one.
    package func inform(on stream: HTTP3Stream, status: Int, fields: HTTPFields = [:]) throws(HTTP3Error) {
        try requireAnswerable(stream)
        guard (100...199).contains(status), status != 101 else {
            throw HTTP3Error(.invalidMessage, "\(status) is not the status of an informational response in HTTP/3")
        }
        heads.clear()
        heads.add(":status", String(status))
        try add(fields)
        guard handle.inform(heads, id: stream.id) else {
            throw HTTP3Error(.outOfOrder, "stream \(stream.id) takes no response")
        }
    }

    private func requireAnswerable(_ stream: HTTP3Stream) throws(HTTP3Error) {
        try requireLife()
        guard role == .server, handle.inbox.streams.holds(stream), !handle.inbox.streams[stream.slot].isOver,
            handle.inbox.streams[stream.slot].marks.isDisjoint(with: [.headSubmitted, .stopped])
        else { throw HTTP3Error(.outOfOrder, "stream \(stream.id) takes no response") }
    }

    // MARK: Content

    /// Queues content. False if the queue is full now: wait for ``HTTP3Event/writable(_:)`` before the next piece.
    /// It goes out as windows and path allow; the array is kept, not copied, until the peer has acknowledged it.
    /// After the stream's end, or ``HTTP3Event/stopped(_:)``, it is dropped, and the answer is true.
    @discardableResult
    package func send(_ bytes: [UInt8], on stream: HTTP3Stream, end: Bool = false) throws(HTTP3Error) -> Bool {
        guard try requireSource(stream) else { return true }
        handle.inbox.streams[stream.slot].queue.append(bytes, end: end)
        resume(stream)
        guard handle.inbox.streams[stream.slot].queue.count >= options.sendQueue else { return true }
        handle.inbox.streams[stream.slot].queue.owesRoom = true
        return false
    }

    /// Ends the message, with a trailer section if there is one.
    package func end(_ stream: HTTP3Stream, trailers: HTTPFields? = nil) throws(HTTP3Error) {
        guard try requireSource(stream) else { return }
        let trailers = trailers?.isEmpty == true ? nil : trailers
        if let trailers {
            heads.clear()
            try add(trailers)
            try requireSize()
            guard handle.trailers(heads, id: stream.id) else {
                throw HTTP3Error(.outOfOrder, "stream \(stream.id) takes no trailers")
            }
        }
        handle.inbox.streams[stream.slot].queue.end(hasTrailers: trailers != nil)
        resume(stream)
    }

    /// Bytes that wait in a stream's queue and were not sent yet.
    package func queued(on stream: HTTP3Stream) -> Int {
        handle.inbox.streams.holds(stream) ? handle.inbox.streams[stream.slot].queue.count : 0
    }

    /// Bytes that the queue takes before `send` says that it is full; nought if it is, or if the stream is over.
    package func room(on stream: HTTP3Stream) -> Int {
        guard handle.inbox.streams.holds(stream),
            handle.inbox.streams[stream.slot].marks.isDisjoint(with: [.closed, .stopped])
        else { return 0 }
        return max(0, options.sendQueue - handle.inbox.streams[stream.slot].queue.count)
    }

    /// False if the stream is over, which the owner may not know yet.
    private func requireSource(_ stream: HTTP3Stream) throws(HTTP3Error) -> Bool {
        guard quic.closing == nil, handle.inbox.streams.holds(stream),
            handle.inbox.streams[stream.slot].marks.isDisjoint(with: [.closed, .stopped])
        else { return false }
        guard handle.inbox.streams[stream.slot].marks.contains(.hasSource),
            !handle.inbox.streams[stream.slot].queue.isEnded
        else { throw HTTP3Error(.outOfOrder, "the message on stream \(stream.id) has ended") }
        return true
    }

    private func resume(_ stream: HTTP3Stream) {
        guard handle.inbox.streams[stream.slot].queue.isDeferred else { return }
        handle.inbox.streams[stream.slot].queue.isDeferred = false
        handle.resume(stream.id)
    }

    // MARK: Ends

    /// Ends a stream at once in both directions, with RESET_STREAM and STOP_SENDING, and spares the others; `closed`
    /// follows. Harmless after the stream's end.
    package func reset(_ stream: HTTP3Stream, _ code: HTTP3ErrorCode = .requestCancelled) {
        guard quic.closing == nil, handle.inbox.streams.holds(stream), !handle.inbox.streams[stream.slot].isOver
        else { return }
        handle.reset(stream.id, code)
        handle.inbox.close(stream.slot, .localReset, code)
    }

    /// Wants no more of the peer's content (STOP_SENDING); our message goes on. A server does so with `noError` after
    /// an early response (RFC 9114 §4.1).
    package func stopReading(_ stream: HTTP3Stream, _ code: HTTP3ErrorCode = .noError) {
        guard quic.closing == nil, handle.inbox.streams.holds(stream),
            handle.inbox.streams[stream.slot].marks.isDisjoint(with: [.closed, .readStopped, .endReceived])
        else { return }
        handle.inbox.streams[stream.slot].marks.insert(.readStopped)
        handle.stopReading(stream.id, code)
    }

    /// Says that `count` bytes of a stream's content were read or dropped, which lets the peer send as many more.
    /// Harmless after the stream's end.
    package func consume(_ count: Int, of stream: HTTP3Stream) {
        guard count > 0, quic.closing == nil, handle.inbox.streams.holds(stream),
            handle.inbox.streams[stream.slot].marks.isDisjoint(with: [.closed, .endReceived, .readStopped])
        else { return }
        handle.consume(count, stream.id)
    }
}
