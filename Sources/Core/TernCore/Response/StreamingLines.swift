/// The content of a response as lines of text, each as soon as its end is here.
///
/// A line ends with LF, CR LF or CR, which are left out; an unfinished last line counts. A line of more than the limit
/// ends the exchange and throws ``HTTPError/Kind/decoding(_:)`` with ``LineTooLong``. The charset is the one that
/// `Content-Type` names, else UTF-8; UTF-16 is refused with ``UnsupportedLines``, as its line ends are no bytes.
public struct StreamingLines: AsyncSequence, Sendable {
    /// One line, without its end.
    public typealias Element = String
    /// Why it ended early.
    public typealias Failure = HTTPError

    /// The longest line, in bytes: 1 MiB, more than any log or event stream has, less than what hurts.
    public static let standardLimit = 1024 * 1024

    private let body: StreamingBody
    private let limit: Int
    private let charset: Charset

    init(_ body: StreamingBody, limit: Int, type: MediaType?) {
        self.body = body
        self.limit = limit
        charset = type.flatMap { $0["charset"] }.flatMap { Charset(label: $0) } ?? .utf8
    }

    /// Reads what has not been read yet.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body, LineSplitter(limit: limit), charset) }

    /// Reads line by line.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let body: StreamingBody
        private var chunks: StreamingBody.AsyncIterator
        private var splitter: LineSplitter
        private let charset: Charset
        private var isFirst = true

        init(_ body: StreamingBody, _ splitter: LineSplitter, _ charset: Charset) {
            self.body = body
            chunks = body.makeAsyncIterator()
            self.splitter = splitter
            self.charset = charset
        }

        /// The next line; `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(HTTPError) -> String? {
            switch charset {
            case .utf16, .utf32: throw ended(UnsupportedLines())
            case .utf8, .singleByte, .legacy: break
            }
            while true {
                do throws(LineTooLong) {
                    if let line = try splitter.next() { return text(line) }
                } catch {
                    throw ended(error)
                }
                guard let chunk = try await chunks.next(isolation: actor) else {
                    return splitter.finish().map { text($0) }
                }
                splitter.receive(chunk)
            }
        }

        private func ended(_ error: any Error) -> HTTPError {
            body.cancel()
            return body.failure(.decoding(error))
        }

        private mutating func text(_ line: ArraySlice<UInt8>) -> String {
            // Only the first line can have a byte order mark.
            defer { isFirst = false }
            return isFirst ? charset.decode(line) : charset.decodeUnmarked(line)
        }
    }
}

/// A line was longer than allowed.
public struct LineTooLong: Error, Sendable, Hashable, CustomStringConvertible {
    /// In bytes.
    public let limit: Int
    /// What was exceeded.
    public var description: String { "a line is longer than the \(limit) bytes allowed" }
}

/// Lines were asked for of a text in UTF-16.
public struct UnsupportedLines: Error, Sendable, Hashable, CustomStringConvertible {
    /// What to do instead.
    public var description: String { "lines of UTF-16 are not supported: collect the response and use its text" }
}

/// Cuts bytes into lines. Holds what is not a whole line yet.
struct LineSplitter {
    private let limit: Int
    private var bytes: [UInt8] = []
    /// Where the first line begins, and up to where no end of it was found.
    private var start = 0
    private var searched = 0
    /// The last line ended with CR: LF belongs to it.
    private var skipsLF = false

    init(limit: Int) { self.limit = limit }

    mutating func receive(_ chunk: [UInt8]) {
        if start == bytes.count {
            bytes = chunk
            start = 0
            searched = 0
        } else {
            bytes.removeFirst(start)
            searched -= start
            start = 0
            bytes += chunk
        }
    }

    /// The next whole line.
    mutating func next() throws(LineTooLong) -> ArraySlice<UInt8>? {
        if skipsLF, start < bytes.count {
            if bytes[start] == 0x0a { start += 1 }
            searched = max(searched, start)
            skipsLF = false
        }
        guard let end = bytes[searched...].firstIndex(where: { $0 == 0x0a || $0 == 0x0d }) else {
            searched = bytes.count
            guard bytes.count - start <= limit else { throw LineTooLong(limit: limit) }
            return nil
        }
        guard end - start <= limit else { throw LineTooLong(limit: limit) }
        defer {
            skipsLF = bytes[end] == 0x0d
            start = end + 1
            searched = start
        }
        return bytes[start..<end]
    }

    /// The last line, if it has no end; `nil` if there is none.
    mutating func finish() -> ArraySlice<UInt8>? {
        guard start < bytes.count else { return nil }
        defer {
            start = bytes.count
            searched = start
        }
        return bytes[start...]
    }
}
