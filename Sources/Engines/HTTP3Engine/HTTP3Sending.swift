package import HTTPTypes

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
    ) throws(HTTP3Error) -> HTTP3Stream { HTTP3Stream(id: 0, slot: 0) }

    /// Server: sends the final response. With `hasContent` the message goes on.
    package func respond(
        to stream: HTTP3Stream, status: Int, fields: HTTPFields = [:], contentLength: Int64? = nil,
        hasContent: Bool = false
    ) throws(HTTP3Error) {}

    /// Server: sends an informational response (RFC 9110 §15.2), before the final one.
    package func inform(on stream: HTTP3Stream, status: Int, fields: HTTPFields = [:]) throws(HTTP3Error) {}

    /// Queues content. False if the queue is full now: wait for ``HTTP3Event/writable(_:)`` before the next piece.
    /// It goes out as windows and path allow; the array is kept, not copied, until the peer has acknowledged it.
    /// After the stream's end, or ``HTTP3Event/stopped(_:_:)``, it is dropped, and the answer is true.
    @discardableResult
    package func send(_ bytes: [UInt8], on stream: HTTP3Stream, end: Bool = false) throws(HTTP3Error) -> Bool { true }

    /// Ends the message, with a trailer section if there is one.
    package func end(_ stream: HTTP3Stream, trailers: HTTPFields? = nil) throws(HTTP3Error) {}

    /// Bytes that wait in a stream's queue and were not sent yet.
    package func queued(on stream: HTTP3Stream) -> Int { 0 }

    /// Bytes that the queue takes before `send` says that it is full; nought if it is, or if the stream is over.
    package func room(on stream: HTTP3Stream) -> Int { 0 }

    /// Ends a stream at once in both directions, with RESET_STREAM and STOP_SENDING, and spares the others; `closed`
    /// follows. Harmless after the stream's end.
    package func reset(_ stream: HTTP3Stream, _ code: HTTP3ErrorCode = .requestCancelled) {}

    /// Wants no more of the peer's content (STOP_SENDING); our message goes on. A server does so with `noError` after
    /// an early response (RFC 9114 §4.1).
    package func stopReading(_ stream: HTTP3Stream, _ code: HTTP3ErrorCode = .noError) {}

    /// Says that `count` bytes of a stream's content were read or dropped, which lets the peer send as many more.
    /// Harmless after the stream's end.
    package func consume(_ count: Int, of stream: HTTP3Stream) {}
}
