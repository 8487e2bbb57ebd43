/// The content of a response: all of it, or the live rest of an exchange.
///
/// A live body is read once. Dropping it before its end, like cancelling the task that reads it, cancels the
/// exchange and nothing else. It fails with a ``TransportError``, or with the error of a layer that wraps it.
public struct ResponseBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    /// The two shapes.
    public enum Content: Sendable {
        /// All of it, and the fields after it.
        case whole([UInt8], trailers: HTTPFields)
        /// The rest of an exchange that is under way.
        case live(LiveBody)
    }
    /// What it is.
    public let content: Content

    /// Bytes that are all here.
    public init(_ bytes: [UInt8] = [], trailers: HTTPFields = [:]) { content = .whole(bytes, trailers: trailers) }

    /// Bytes that `source` will give.
    public init(_ source: any BodySource) { content = .live(LiveBody(source)) }

    /// The trailer fields (RFC 9110 §6.5): complete once the body has been read to its end.
    public var trailers: HTTPFields {
        switch content {
        case .whole(_, let trailers): trailers
        case .live(let body): body.source.trailers
        }
    }

    /// The bytes, if they are all here already.
    public var whole: [UInt8]? { if case .whole(let bytes, _) = content { bytes } else { nil } }

    /// Reads to the end. Throws ``BodyTooLarge`` when more than `limit` bytes come; the rest is cancelled then.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        switch content {
        case .whole(let bytes, _):
            guard bytes.count <= limit else { throw BodyTooLarge(limit: limit) }
            return bytes
        case .live(let body):
            var all: [UInt8] = []
            while let chunk = try await body.source.next() {
                guard all.count + chunk.count <= limit else {
                    body.source.cancel()
                    throw BodyTooLarge(limit: limit)
                }
                if all.isEmpty { all = chunk } else { all.append(contentsOf: chunk) }
            }
            return all
        }
    }

    /// Ends the exchange if it has not ended; reading throws after it.
    public func cancel() { if case .live(let body) = content { body.source.cancel() } }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(content) }

    /// Reads chunk by chunk, as they arrived.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var content: Content?
        init(_ content: Content) { self.content = content }

        /// The next bytes, never empty; `nil` at the end.
        public mutating func next() async throws -> [UInt8]? {
            switch content {
            case .whole(let bytes, _):
                content = nil
                return bytes.isEmpty ? nil : bytes
            case .live(let body): return try await body.source.next()
            case nil: return nil
            }
        }
    }
}

/// Keeps a live body alive: when the last reference goes, the source is cancelled.
public final class LiveBody: Sendable {
    /// Where the bytes come from.
    public let source: any BodySource
    /// Owns `source`.
    public init(_ source: any BodySource) { self.source = source }
    deinit { source.cancel() }
}

/// Where a live body comes from. One reader at a time.
public protocol BodySource: AnyObject, Sendable {
    /// The next bytes, never empty; `nil` at the end, and again after it. Cancelling the task cancels the source.
    func next() async throws -> [UInt8]?
    /// Complete once `next` has given `nil`.
    var trailers: HTTPFields { get }
    /// Ends the exchange if it has not ended; does nothing else. May be called more than once, from any thread.
    func cancel()
}

/// More bytes came than were asked for.
public struct BodyTooLarge: Error, Sendable, Hashable, CustomStringConvertible {
    /// In bytes.
    public var limit: Int
    /// A body passed `limit` bytes.
    public init(limit: Int) { self.limit = limit }
    public var description: String { "the body is longer than the \(limit) bytes allowed" }
}
