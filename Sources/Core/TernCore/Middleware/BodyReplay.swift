/// A request would have to be sent again, and its body can be read only once.
public struct BodyNotReplayable: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why it would have to be sent again.
    public var reason: String
    /// A body that was wanted a second time because of `reason`.
    public init(reason: String) { self.reason = reason }
    /// The reason, and what to do about it.
    public var description: String {
        "it can be read only once, but \(reason); give it as bytes, as a file, or as a replayable stream"
    }
}

extension TransportResponse {
    /// The longest body that is read to its end in order to keep the connection: 16 KiB, less than the round trips
    /// of a new connection carry.
    private static let drainLimit = 16 * 1024

    /// Ends a response that another one replaces. A short body is read to its end, so that HTTP/1.1 can use the
    /// connection for the next request; a long one, or one that does not say how long it is, is cancelled.
    func discard() async throws {
        guard case .live = body.content else { return }
        if let length = fields[.contentLength].flatMap({ Int($0) }), length <= Self.drainLimit {
            _ = try? await body.collect(upTo: Self.drainLimit)
            try Task.checkCancellation()
        }
        body.cancel()
    }
}
