internal import CNGHTTP2
internal import Fields
package import HTTPTypes
internal import Wire

/// What the owner sends.
extension HTTP2Connection {
    /// Client: opens a stream with a request (RFC 9113 §8.3.1).
    ///
    /// `contentLength` becomes the field of that name. With `hasContent` the stream stays open for
    /// ``send(_:on:end:)`` and ``end(_:trailers:)``; else the request is complete. `limits` are those of the response;
    /// the connection's if not said. Throws `closing`, `streamLimit`, `streamIDsExhausted`, `invalidMessage` or
    /// `headTooLarge`: nothing was sent then.
    package func request(
        _ head: HTTP2RequestHead, contentLength: Int64? = nil, hasContent: Bool = false,
        limits: HTTP2StreamLimits? = nil
    ) throws(HTTP2Error) -> HTTP2Stream {
        try requireRoom()
        heads.clear()
        try addPseudoFields(of: head)
        if let contentLength { heads.add("content-length", String(contentLength)) }
        try heads.add(head.fields)
        try requireSize()
        let now = session.inbox.now
        let limits = limits ?? options.streamLimits
        if let window = limits.window { lowerInitialWindow(to: window) }
        let window = ReceiveWindow(
            size: initialWindow, limit: min(options.streamWindowLimit, limits.window ?? .max), at: now)
        let slot = session.inbox.streams.open(id: 0, window: window, limits: limits)
        let id = session.submitRequest(heads, slot: slot, hasContent: hasContent)
        guard id > 0 else {
            session.inbox.streams.discard(slot)
            if id == Int32(NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE.rawValue) { throw exhausted() }
            throw HTTP2Error(.libraryFailure, "a request was refused: \(NGHTTP2Session.words(for: id))")
        }
        session.inbox.streams.opened(slot, id: id, hasContent: hasContent)
        return HTTP2Stream(id: id, slot: slot)
    }

    /// Makes sure that the next stream begins with a window of `size` at most. SETTINGS is the only way to make one
    /// smaller before the peer may fill it, and changes the windows of all streams (RFC 9113 §6.9.2): those that are
    /// open get theirs back.
    private func lowerInitialWindow(to size: Int32) {
        let size = max(1, size)
        guard size < initialWindow else { return }
        let difference = initialWindow - size
        initialWindow = size
        _ = session.submitSettings([(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue, UInt32(size))])
        for slot in session.inbox.streams.openSlots {
            let entry = session.inbox.streams[slot]
            // A stream whose head waits to be sent begins with the small window.
            if entry.marks.contains(.headSent) { session.consumeStream(id: entry.id, Int(difference)) }
        }
    }

    private func requireRoom() throws(HTTP2Error) {
        guard role == .client else { throw HTTP2Error(.outOfOrder, "a server opens no streams") }
        try requireLife()
        guard takesStreams else {
            if session.nextStreamID > 0x7FFF_FFFF { throw exhausted() }
            throw HTTP2Error(.closing, "the connection takes no new streams")
        }
        guard availableStreams > 0 else {
            throw HTTP2Error(.streamLimit, "all \(peerSettings.maxConcurrentStreams) streams of the peer are in use")
        }
    }

    private func exhausted() -> HTTP2Error {
        HTTP2Error(.streamIDsExhausted, "the connection has no stream identifiers left (RFC 9113 §5.1.1)")
    }

    private func addPseudoFields(of head: HTTP2RequestHead) throws(HTTP2Error) {
        heads.add(":method", head.method.rawValue)
        let isTunnel = head.method == .connect && head.protocol == nil
        if let text = head.protocol {
            guard head.method == .connect, peerSettings.enableConnectProtocol else {
                throw HTTP2Error(.invalidMessage, "the peer does not take extended CONNECT (RFC 8441 §3)")
            }
            heads.add(":protocol", text)
        }
        if isTunnel {
            guard head.authority?.isEmpty == false, head.scheme == nil, head.path == nil else {
                throw HTTP2Error(.invalidMessage, "CONNECT has an authority, no scheme and no path (RFC 9113 §8.5)")
            }
        } else {
            guard let scheme = head.scheme, let path = head.path, !path.isEmpty else {
                throw HTTP2Error(.invalidMessage, "a request needs a scheme and a path (RFC 9113 §8.3.1)")
            }
            guard path.utf8.allSatisfy({ $0.isVisible || $0 >= 0x80 }) else {
                throw HTTP2Error(.invalidMessage, "the path holds a blank or a control character")
            }
            heads.add(":scheme", scheme)
            heads.add(":path", path)
        }
        if let authority = head.authority {
            guard authority.utf8.allSatisfy({ $0.isVisible }) else {
                throw HTTP2Error(.invalidMessage, "the authority holds a blank or a control character")
            }
            heads.add(":authority", authority)
        }
    }

    private func requireSize() throws(HTTP2Error) {
        let limit = Int(clamping: peerSettings.maxHeaderListSize)
        guard heads.size <= limit else {
            throw HTTP2Error(.headTooLarge, "a head of \(heads.size) bytes exceeds the peer's limit of \(limit)")
        }
    }

    /// Server: answers. With `hasContent` the stream stays open for ``send(_:on:end:)``.
    package func respond(
        on stream: HTTP2Stream, status: Int, fields: HTTPFields = [:], hasContent: Bool = false
    ) throws(HTTP2Error) {
        try requireAnswerable(stream)
        guard (200...999).contains(status) else {
            throw HTTP2Error(.invalidMessage, "\(status) is not the status of a final response")
        }
        heads.clear()
        heads.add(":status", String(status))
        try heads.add(fields)
        try requireSize()
        let result = session.submitResponse(heads, id: stream.id, slot: stream.slot, hasContent: hasContent)
        guard result == 0 else {
            throw HTTP2Error(.outOfOrder, "a response was refused: \(NGHTTP2Session.words(for: result))")
        }
        session.inbox.streams[stream.slot].marks.insert(hasContent ? [.headSubmitted, .hasSource] : .headSubmitted)
    }

    /// Server: sends an informational response (RFC 9110 §15.2), before the final one.
    package func inform(
        on stream: HTTP2Stream, status: Int, fields: HTTPFields = [:]
    ) throws(HTTP2Error) {
        try requireAnswerable(stream)
        guard (100...199).contains(status), status != 101 else {
            throw HTTP2Error(.invalidMessage, "\(status) is not the status of an informational response in HTTP/2")
        }
        heads.clear()
        heads.add(":status", String(status))
        try heads.add(fields)
        let result = session.submitInformational(heads, id: stream.id)
        guard result == 0 else {
            throw HTTP2Error(.outOfOrder, "a response was refused: \(NGHTTP2Session.words(for: result))")
        }
    }

    private func requireAnswerable(_ stream: HTTP2Stream) throws(HTTP2Error) {
        try requireLife()
        guard role == .server, session.inbox.streams.holds(stream), session.inbox.streams[stream.slot].state.canSend,
            !session.inbox.streams[stream.slot].marks.contains(.headSubmitted)
        else { throw HTTP2Error(.outOfOrder, "stream \(stream.id) takes no response") }
    }

    /// Queues content. False if the queue is full now: wait for ``HTTP2Event/writable(_:)`` before the next piece.
    /// It goes out as the peer's windows allow. After the stream's end it is dropped, and the answer is true.
    @discardableResult
    package func send(_ bytes: [UInt8], on stream: HTTP2Stream, end: Bool = false) throws(HTTP2Error) -> Bool {
        guard try requireSource(stream) else { return true }
        session.inbox.streams[stream.slot].queue.append(bytes, end: end)
        resume(stream)
        guard session.inbox.streams[stream.slot].queue.count >= options.sendQueue else { return true }
        session.inbox.streams[stream.slot].queue.owesRoom = true
        return false
    }

    /// Ends the message, with a trailer section if there is one.
    package func end(_ stream: HTTP2Stream, trailers: HTTPFields? = nil) throws(HTTP2Error) {
        guard try requireSource(stream) else { return }
        if let trailers {
            heads.clear()
            try heads.add(trailers)
            try requireSize()
        }
        session.inbox.streams[stream.slot].queue.end(with: trailers?.isEmpty == true ? nil : trailers)
        resume(stream)
    }

    /// Bytes that wait in a stream's queue.
    package func queued(on stream: HTTP2Stream) -> Int {
        session.inbox.streams.holds(stream) ? session.inbox.streams[stream.slot].queue.count : 0
    }

    /// False if the stream is over, which the owner may not know yet.
    private func requireSource(_ stream: HTTP2Stream) throws(HTTP2Error) -> Bool {
        guard session.inbox.streams.holds(stream), !session.inbox.streams[stream.slot].isOver,
            !session.inbox.streams[stream.slot].marks.contains(.resetByUs)
        else { return false }
        guard session.inbox.streams[stream.slot].marks.contains(.hasSource),
            !session.inbox.streams[stream.slot].queue.isEnded
        else { throw HTTP2Error(.outOfOrder, "the message on stream \(stream.id) has ended") }
        return true
    }

    private func resume(_ stream: HTTP2Stream) {
        guard session.inbox.streams[stream.slot].queue.isDeferred else { return }
        session.inbox.streams[stream.slot].queue.isDeferred = false
        session.resumeContent(id: stream.id)
    }

    /// Ends a stream at once and spares the others; `closed` follows. Harmless after the stream's end.
    package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode = .cancel) {
        guard error == nil, session.inbox.streams.holds(stream), !session.inbox.streams[stream.slot].isOver,
            !session.inbox.streams[stream.slot].marks.contains(.resetByUs)
        else { return }
        session.inbox.streams[stream.slot].marks.insert(.resetByUs)
        session.inbox.streams[stream.slot].queue.clear()
        session.submitReset(id: stream.id, code: code)
    }
}
