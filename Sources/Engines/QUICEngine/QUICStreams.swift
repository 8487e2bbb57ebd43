/// Streams without HTTP/3: for other protocols, and for tests that have to break its rules.
extension QUICConnection {
    /// Opens a stream. Throws `streamLimit` or `closing`.
    package func openStream(isBidirectional: Bool = true) throws(QUICError) -> Int64 {
        guard closing == nil else { throw QUICError(.closing, "the connection takes no streams: it is over") }
        let stream = handle.openStream(isBidirectional: isBidirectional)
        guard stream >= 0 else { throw QUICError(.streamLimit, "the peer allows no more streams now") }
        return stream
    }

    /// Queues bytes; what is queued is kept until the peer has acknowledged it. Throws `outOfOrder` if the stream is
    /// not ours to write on, or no longer.
    package func send(_ bytes: [UInt8], on stream: Int64, end: Bool = false) throws(QUICError) {
        guard handle.send(bytes, on: stream, end: end) else {
            throw QUICError(.outOfOrder, "stream \(stream) takes no bytes: it has ended, or was never opened")
        }
    }

    /// Bytes of a stream that were not sent yet.
    package func queued(on stream: Int64) -> Int { handle.queued(on: stream) }

    /// Ends our direction with RESET_STREAM.
    package func reset(_ stream: Int64, code: UInt64) { handle.reset(stream, code: code) }

    /// Asks the peer to end its direction with STOP_SENDING.
    package func stopReading(_ stream: Int64, code: UInt64) { handle.stopReading(stream, code: code) }

    /// Says that `count` bytes of a stream were read, which lets the peer send as many more.
    package func consume(_ count: Int, of stream: Int64) {
        if count > 0 { handle.consume(count, of: stream) }
    }
}
