/// What one HTTP/1 message may cost its reader. Each cap bounds memory or work that a peer can ask for.
package struct HTTP1Limits: Equatable, Sendable {
    /// Bytes of a head, start line and line ends included: 256 KiB. Trailers have the same cap of their own.
    package var headBytes: Int
    /// Fields of a head, and fields of the trailers: 1,000; at most 65,000, as `HTTPFields` holds no more.
    package let fields: Int
    /// Informational responses before one final response: 64. Without a cap they never end.
    package var informationalResponses: Int
    /// Bytes of one chunk's size line, extensions included: 4 KiB.
    package var chunkLineBytes: Int
    /// By how many bytes chunk lines may exceed 16 bytes, and twice the data, for each chunk: 16 KiB. Without a cap
    /// a body of little data costs any amount of reading.
    package var chunkOverhead: Int
    /// Bytes of later requests that a server keeps while it answers one: 1 MiB.
    package var pipelinedBytes: Int

    package init(
        headBytes: Int = 256 << 10, fields: Int = 1_000, informationalResponses: Int = 64,
        chunkLineBytes: Int = 4 << 10, chunkOverhead: Int = 16 << 10, pipelinedBytes: Int = 1 << 20
    ) {
        self.headBytes = headBytes
        self.fields = min(fields, 65_000)
        self.informationalResponses = informationalResponses
        self.chunkLineBytes = chunkLineBytes
        self.chunkOverhead = chunkOverhead
        self.pipelinedBytes = pipelinedBytes
    }
}
