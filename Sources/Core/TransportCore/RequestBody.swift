/// The content of a request.
public enum RequestBody: Sendable {
    /// None: no `Content-Length` is sent for methods that expect no content (RFC 9110 §8.6).
    case empty
    /// Bytes in memory.
    case bytes([UInt8])
    /// A part of a file, read while it is sent.
    case file(FileSlice)
    /// Bytes that are made while they are sent.
    case stream(BodyStream)

    /// The number of bytes, if it is known before the first is sent.
    public var length: Int64? {
        switch self {
        case .empty: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let slice): slice.length
        case .stream(let stream): stream.length
        }
    }

    /// Whether there is no content at all.
    public var isEmpty: Bool { if case .empty = self { true } else { false } }

    /// Whether the same bytes can be had a second time: for a redirect, a retry or the answer to a challenge.
    public var isReplayable: Bool { if case .stream(let stream) = self { stream.isReplayable } else { true } }

    /// Whether the stream will have trailers once it is read.
    public var announcesTrailers: Bool { if case .stream(let stream) = self { stream.hasTrailers } else { false } }
}

/// A part of a file: where it is and how much of it is meant. The bytes are read when they are sent; a file that
/// has become shorter by then ends the exchange with ``TransportError/Code/bodyLengthMismatch``.
public struct FileSlice: Sendable, Hashable {
    /// Of the file, relative to the working folder of the process if it is not absolute.
    public var path: String
    /// Of the first byte, from the start of the file.
    public var offset: Int64
    /// In bytes.
    public var length: Int64

    /// `length` bytes of the file at `path`, from `offset`. Nothing is opened.
    public init(path: String, offset: Int64 = 0, length: Int64) {
        self.path = path
        self.offset = offset
        self.length = length
    }
}

/// A body that is made while it is sent.
public struct BodyStream: Sendable {
    /// Bytes in all; `nil` when not known: chunked coding on HTTP/1.1 (RFC 9112 §7.1), END_STREAM on HTTP/2 and 3.
    public var length: Int64?
    /// Whether `open` may be called again, and gives the same bytes then.
    public var isReplayable: Bool
    /// Whether ``BodyReader/trailers()`` will give any.
    public var hasTrailers: Bool
    /// Starts reading from the first byte. Called once for each time that the request is sent.
    public var open: @Sendable () async throws -> sending any BodyReader

    /// A stream that `open` starts.
    public init(
        length: Int64? = nil, replayable: Bool, hasTrailers: Bool = false,
        open: @escaping @Sendable () async throws -> sending any BodyReader
    ) {
        self.length = length
        self.isReplayable = replayable
        self.hasTrailers = hasTrailers
        self.open = open
    }
}

/// Gives the bytes of a streamed body. Used by one task at a time; dropped when the exchange ends.
public protocol BodyReader {
    /// The next bytes; `nil` at the end. Asked only when there is room to send: this is the backpressure. An error
    /// thrown here ends the exchange with ``TransportError/Code/bodyFailed`` and is found in
    /// ``TransportError/underlying``.
    mutating func next() async throws -> [UInt8]?

    /// Trailer fields, asked once after the end. None by default.
    mutating func trailers() async throws -> HTTPFields
}

extension BodyReader {
    public mutating func trailers() async throws -> HTTPFields { [:] }
}
