public import FoundationEssentials

/// The content of a request, and its media type.
///
/// A media type that the call's own headers name wins over the one that comes with the content, except for
/// ``multipart(_:)``.
public struct Content: Sendable {
    enum Source: Sendable {
        case body(RequestBody)
        case file(String)
        case multipart(Multipart)
        case unusable(any Error)
    }
    let source: Source
    /// What `Content-Type` says; `nil` sends none.
    public let type: String?

    init(_ source: Source, type: String?) {
        self.source = source
        self.type = type
    }

    /// Whether there is none.
    package var isNone: Bool {
        if case .body(let body) = source { return body.isEmpty }
        return false
    }

    /// None.
    public static var empty: Content { Content(.body(.empty), type: nil) }

    /// Bytes in memory.
    public static func bytes(_ bytes: [UInt8], type: String? = nil) -> Content {
        Content(.body(.bytes(bytes)), type: type)
    }

    /// Text as UTF-8.
    public static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Content {
        .bytes(Array(text.utf8), type: type)
    }

    /// `value` as JSON (RFC 8259). A value that cannot be encoded, NaN say, fails the call with
    /// ``HTTPError/Kind/body(_:)``.
    public static func json(_ value: some Encodable, encoder: JSONEncoder = JSONEncoder()) -> Content {
        do {
            return .bytes(Array(try encoder.encode(value)), type: "application/json")
        } catch {
            return Content(.unusable(JSONFailure(encoding: error, value)), type: nil)
        }
    }

    /// A form as browsers send it: `name=value&…` (WHATWG URL §5).
    public static func form(_ fields: QueryItems) -> Content {
        .bytes(Array(FormEncoding.encode(fields.pairs).utf8), type: FormEncoding.mediaType)
    }

    /// The whole of a file, read while it is sent. A file that is not there fails the call before anything is sent.
    public static func file(_ path: String, type: String? = nil) -> Content { Content(.file(path), type: type) }

    /// A part of a file, read while it is sent.
    public static func file(_ slice: FileSlice, type: String? = nil) -> Content {
        Content(.body(.file(slice)), type: type)
    }

    /// Bytes that are made while they are sent.
    ///
    /// - Parameters:
    ///   - length: in bytes; `nil` if it is not known.
    ///   - replayable: whether `open` may be called again and gives the same bytes: for redirects and retries.
    ///   - type: the media type.
    ///   - open: starts reading from the first byte.
    public static func stream(
        length: Int64? = nil, replayable: Bool = false, type: String? = nil,
        open: @escaping @Sendable () async throws -> sending any BodyReader
    ) -> Content {
        Content(.body(.stream(BodyStream(length: length, replayable: replayable, open: open))), type: type)
    }

    /// The chunks of a sequence. `replayable` says that it can be read again and gives the same bytes then.
    public static func asyncSequence<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, length: Int64? = nil, replayable: Bool = false, type: String? = nil
    ) -> Content where Chunks.Element == [UInt8] {
        .stream(length: length, replayable: replayable, type: type) {
            SequenceReader(iterator: chunks.makeAsyncIterator())
        }
    }

    /// Parts, each with fields of its own (RFC 7578), made while they are sent.
    public static func multipart(_ multipart: Multipart) -> Content {
        Content(.multipart(multipart), type: "multipart/form-data; boundary=\(multipart.boundary)")
    }
}

/// Reads the chunks of any sequence.
struct SequenceReader<Iterator: AsyncIteratorProtocol>: BodyReader where Iterator.Element == [UInt8] {
    var iterator: Iterator

    mutating func next() async throws -> [UInt8]? { try await iterator.next(isolation: #isolation) }
}
