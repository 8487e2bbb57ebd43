/// A response whose body is still coming.
///
///     let response = try await session.stream(url).checkStatus()
///     for try await line in response.lines { … }
///
/// The body is read once, at the reader's pace. Dropping the response with its body before the end, like cancelling
/// the task that reads, ends the exchange and nothing else.
public struct StreamingResponse: Sendable {
    private let running: Running
    private let head: TransportResponse
    /// The request that this is the answer to, as it was sent.
    public let request: Request

    init(_ running: Running, _ head: TransportResponse) {
        self.running = running
        self.head = head
        request = running.answered
    }

    /// The URL that answered: after redirects, the last one. Never shows user information.
    public var url: HTTPURL { request.url }
    /// Code and reason phrase.
    public var status: HTTPResponse.Status { head.status }
    /// The fields, in the order in which they came; repeated ones are not joined.
    public var headers: HTTPFields { head.fields }
    /// Redirects that led here, oldest first.
    public var history: [Hop] { running.call.history }
    /// Every time that a request was handed to the transport, this one included.
    public var attempts: [Attempt] { running.call.attempts }
    /// The connection that carries it.
    public var connection: ConnectionInfo { head.connection }
    /// Whether the connection had carried an exchange before.
    public var reusedConnection: Bool { head.reused }
    /// The version of HTTP that carries it.
    public var version: HTTPVersion { head.version }
    /// Whether the status is below 400.
    public var isOK: Bool { status.code < 400 }
    /// The phases so far, if ``SessionConfiguration/recordsTimeline`` is set.
    public var timeline: Timeline? { running.timeline }

    /// How many bytes the body will have, if `Content-Length` says so and no content coding is taken off.
    public var expectedLength: Int64? {
        let values = headers[values: .contentLength]
        guard values.count == 1, let length = values.first.flatMap({ Int64($0) }), length >= 0 else { return nil }
        return length
    }

    /// The content, decoded, chunk by chunk as it comes.
    public var body: StreamingBody { StreamingBody(head.body, running) }

    /// Fields that came after the content: complete once the body has been read to its end.
    public var trailers: HTTPFields { head.body.trailers }

    /// The content as lines of text; see ``StreamingLines``.
    public var lines: StreamingLines { lines(limit: StreamingLines.standardLimit) }

    /// The content as lines of at most `limit` bytes each.
    public func lines(limit: Int) -> StreamingLines {
        StreamingLines(body, limit: limit, type: MediaType(fields: headers))
    }

    /// Ends the exchange if it has not ended.
    public func cancel() { head.body.cancel() }

    /// Gives the response back if its status is below 400; ends the exchange and throws
    /// ``HTTPError/Kind/status(_:)`` otherwise.
    @discardableResult
    public func checkStatus() throws(HTTPError) -> StreamingResponse {
        guard isOK else {
            cancel()
            throw running.failure(.status(status))
        }
        return self
    }

    /// Reads the rest of the body into memory: at most `limit` bytes, 64 MiB if none is given. More end the exchange
    /// and throw ``HTTPError/Kind/decoding(_:)`` with ``BodyTooLarge``.
    public func collect(upTo limit: Int = 64 * 1024 * 1024) async throws(HTTPError) -> Response {
        do {
            return running.finished(head, try await head.body.collect(upTo: limit))
        } catch {
            throw running.failure(error, reading: true)
        }
    }

    func finished(_ bytes: [UInt8]) -> Response { running.finished(head, bytes) }
    func failure(_ kind: HTTPError.Kind) -> HTTPError { running.failure(kind) }
}

/// The content of a ``StreamingResponse``, chunk by chunk as it comes. Read once.
public struct StreamingBody: AsyncSequence, Sendable {
    /// One chunk.
    public typealias Element = [UInt8]
    /// Why it ended early.
    public typealias Failure = HTTPError

    private let body: ResponseBody
    private let running: Running

    init(_ body: ResponseBody, _ running: Running) {
        self.body = body
        self.running = running
    }

    /// Reads what has not been read yet.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body.makeAsyncIterator(), running) }

    func failure(_ kind: HTTPError.Kind) -> HTTPError { running.failure(kind) }
    func cancel() { body.cancel() }

    /// Reads chunk by chunk.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var chunks: ResponseBody.AsyncIterator
        private let running: Running

        init(_ chunks: ResponseBody.AsyncIterator, _ running: Running) {
            self.chunks = chunks
            self.running = running
        }

        /// The next bytes, never empty; `nil` at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(HTTPError) -> [UInt8]? {
            do {
                return try await chunks.next()
            } catch {
                throw running.failure(error, reading: true)
            }
        }
    }
}
