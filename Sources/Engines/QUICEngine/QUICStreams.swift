/// Streams without HTTP/3: for other protocols, and for tests that have to break its rules.
extension QUICConnection {
    /// Opens a stream. Throws `streamLimit` or `closing`.
    package func openStream(isBidirectional: Bool = true) throws(QUICError) -> Int64 { 0 }

    /// Queues bytes; what is queued is kept until the peer has acknowledged it.
    package func send(_ bytes: [UInt8], on stream: Int64, end: Bool = false) throws(QUICError) {}

    /// Bytes of a stream that were not sent yet.
    package func queued(on stream: Int64) -> Int { 0 }

    /// Ends our direction with RESET_STREAM.
    package func reset(_ stream: Int64, code: UInt64) {}

    /// Asks the peer to end its direction with STOP_SENDING.
    package func stopReading(_ stream: Int64, code: UInt64) {}

    /// Says that `count` bytes of a stream were read, which lets the peer send as many more.
    package func consume(_ count: Int, of stream: Int64) {}
}
