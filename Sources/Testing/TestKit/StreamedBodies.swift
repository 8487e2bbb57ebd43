package import TransportCore

/// A body of the chunks given, which ends well or in an error.
package struct Chunks: BodyReader {
    package var chunks: [[UInt8]]
    package var ending: (any Error)?
    package var after: HTTPFields = [:]

    package init(chunks: [[UInt8]], ending: (any Error)? = nil, after: HTTPFields = [:]) {
        self.chunks = chunks
        self.ending = ending
        self.after = after
    }

    package mutating func next() async throws -> [UInt8]? {
        if chunks.isEmpty {
            if let ending { throw ending }
            return nil
        }
        return chunks.removeFirst()
    }
    package mutating func trailers() async throws -> HTTPFields { after }
}

/// So many bytes, in chunks of about 64 KiB: as `NginxServer.pattern`.
package struct Pattern: BodyReader {
    private var left: Int
    private static let chunk = NginxServer.pattern(251 * 261)

    package init(left: Int) { self.left = left }

    package mutating func next() async throws -> [UInt8]? {
        guard left > 0 else { return nil }
        let count = min(left, Pattern.chunk.count)
        left -= count
        return count == Pattern.chunk.count ? Pattern.chunk : Array(Pattern.chunk[..<count])
    }
}

extension RequestBody {
    /// A stream of these chunks.
    package static func chunks(
        _ chunks: [[UInt8]], length: Int64? = nil, failing: (any Error)? = nil, trailers: HTTPFields = [:]
    ) -> RequestBody {
        .stream(
            BodyStream(length: length, replayable: true, hasTrailers: !trailers.isEmpty) {
                Chunks(chunks: chunks, ending: failing, after: trailers)
            })
    }

    /// A stream of so many bytes.
    package static func pattern(_ size: Int, declared: Bool = true) -> RequestBody {
        .stream(BodyStream(length: declared ? Int64(size) : nil, replayable: true) { Pattern(left: size) })
    }
}

/// The bytes of a text.
package func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
