import FileIO

/// How far a download is.
public struct DownloadProgress: Sendable, Hashable {
    /// Bytes that were written so far, decoded.
    public var received: Int64
    /// Bytes in all, if it is known.
    public var total: Int64?
    /// From 0 to 1, if the total is known and not zero.
    public var fraction: Double? { total.flatMap { $0 > 0 ? min(1, Double(received) / Double($0)) : nil } }
}

extension StreamingResponse {
    /// Writes the rest of the body to the file at `path`, over what was there, and gives the response without bytes.
    /// What has come stays in the file if the transfer fails.
    ///
    /// - Parameter progress: called on the caller's task after each piece is written.
    public func save(
        to path: String, progress: ((DownloadProgress) -> Void)? = nil
    ) async throws(HTTPError) -> Response {
        var written = DownloadProgress(received: 0, total: expectedLength)
        let writer: FileWriter
        do {
            writer = try await FileWriter(path, .truncate)
        } catch {
            cancel()
            throw failure(.file(error))
        }
        var chunks = body.makeAsyncIterator()
        while let chunk = try await chunks.next(isolation: #isolation) {
            do {
                try await writer.write(chunk)
            } catch {
                cancel()
                throw failure(.file(error))
            }
            written.received += Int64(chunk.count)
            progress?(written)
        }
        do {
            try await writer.close()
        } catch {
            throw failure(.file(error))
        }
        return finished([])
    }
}
