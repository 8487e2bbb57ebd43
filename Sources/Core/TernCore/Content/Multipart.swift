/// Form data in parts (RFC 7578), each with fields of its own, made while it is sent.
///
///     .multipart([.text("title", "Terns"), .file("photo", path: "tern.jpg", type: "image/jpeg")])
///
/// If all parts have a known length, so has the whole; it can be sent again if all of them can. Names and file names
/// are UTF-8 with CR, LF and `"` as `%0D`, `%0A` and `%22`, as browsers write them (HTML §4.10.21.8).
public struct Multipart: Sendable, ExpressibleByArrayLiteral {
    /// The parts, in order.
    public var parts: [Part]
    /// What stands between the parts: 1 to 70 characters (RFC 2046 §5.1.1), random by default.
    public var boundary: String

    /// Parts with a boundary between them.
    public init(_ parts: [Part] = [], boundary: String = Multipart.randomBoundary()) {
        self.parts = parts
        self.boundary = boundary
    }

    /// Parts with a random boundary between them.
    public init(arrayLiteral elements: Part...) { self.init(elements) }

    /// 32 hexadecimal digits: too many for any part to hold them by accident.
    public static func randomBoundary() -> String {
        (0..<32).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
    }

    /// One part.
    public struct Part: Sendable {
        /// The field's name.
        public var name: String
        /// The name of the file; `nil` for a part that is none.
        public var filename: String?
        /// The media type; `nil` names none, which means text.
        public var type: String?
        /// Further fields. `Content-Disposition` and `Content-Type` replace those that are made of the rest.
        public var headers: Headers
        let source: Source

        enum Source: Sendable {
            case bytes([UInt8])
            case file(String)
            case stream(BodyStream)
        }

        init(_ name: String, _ filename: String?, _ type: String?, _ headers: Headers, _ source: Source) {
            self.name = name
            self.filename = filename
            self.type = type
            self.headers = headers
            self.source = source
        }

        /// Text as UTF-8.
        public static func text(_ name: String, _ value: String, type: String? = nil, headers: Headers = [:]) -> Part {
            Part(name, nil, type, headers, .bytes(Array(value.utf8)))
        }

        /// Bytes in memory.
        public static func bytes(
            _ name: String, _ bytes: [UInt8], filename: String? = nil, type: String? = "application/octet-stream",
            headers: Headers = [:]
        ) -> Part {
            Part(name, filename, type, headers, .bytes(bytes))
        }

        /// The whole of a file, read while it is sent; its name is the last part of the path if none is given.
        public static func file(
            _ name: String, path: String, filename: String? = nil, type: String? = "application/octet-stream",
            headers: Headers = [:]
        ) -> Part {
            let last = path.split(separator: "/").last.map(String.init)
            return Part(name, filename ?? last ?? path, type, headers, .file(path))
        }

        /// Bytes that are made while they are sent: the parameters are those of ``Content``'s `stream`.
        public static func stream(
            _ name: String, length: Int64? = nil, replayable: Bool = false, filename: String? = nil,
            type: String? = "application/octet-stream", headers: Headers = [:],
            open: @escaping @Sendable () async throws -> sending any BodyReader
        ) -> Part {
            let stream = BodyStream(length: length, replayable: replayable, open: open)
            return Part(name, filename, type, headers, .stream(stream))
        }
    }
}

/// A part or a boundary that cannot be sent.
public struct InvalidMultipart: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, for people.
    public let description: String
}
