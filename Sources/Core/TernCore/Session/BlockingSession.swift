import Glibc
import Threads

/// The verbs of a ``Session`` without `await`: for scripts, command line programs, and threads of one's own.
///
///     let session = BlockingSession(Session(transport: transport))
///     let response = try session.get("https://a.example/").checkStatus()
///
/// Each call blocks its thread until the response is there. That must be no thread of Swift's concurrency pool, which
/// has no more of them than the machine has cores, nor one that carries exchanges: a call from within a task or from
/// such a thread fails at once in ``HTTPError/Kind/input(_:)`` with ``BlockingRefused``.
public struct BlockingSession<T: Transport>: Sendable {
    /// The session that does the work. What is set there holds here.
    public let session: Session<T>

    /// Changes settings for one call. Called once, before anything else happens.
    public typealias Override = @Sendable (inout SessionConfiguration) -> Void

    /// The verbs of `session`, blocking.
    public init(_ session: Session<T>) { self.session = session }

    /// GET (RFC 9110 §9.3.1). The parameters are those of the ``Session``'s verbs, here and below.
    public func get(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.get, url, params: params, headers: headers, timeout: timeout, override)
    }

    /// HEAD (RFC 9110 §9.3.2).
    public func head(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.head, url, params: params, headers: headers, timeout: timeout, override)
    }

    /// OPTIONS (RFC 9110 §9.3.7).
    public func options(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.options, url, params: params, headers: headers, timeout: timeout, override)
    }

    /// DELETE (RFC 9110 §9.3.5).
    public func delete(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.delete, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// POST (RFC 9110 §9.3.3).
    public func post(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.post, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// PUT (RFC 9110 §9.3.4).
    public func put(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.put, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// PATCH (RFC 5789).
    public func patch(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.patch, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// QUERY (RFC 10008).
    public func query(
        _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        try request(.query, url, content, params: params, headers: headers, timeout: timeout, override)
    }

    /// Any method.
    public func request(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty, params: QueryItems = QueryItems(),
        headers: Headers = Headers(), timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        let session = session
        return try Blocking.run("\(method.rawValue) \(HTTPURLText.shown(url))") { () async throws(HTTPError) in
            try await session.request(
                method, url, content, params: params, headers: headers, timeout: timeout, override)
        }
    }

    /// Sends a request as it is.
    public func send(
        _ request: Request, timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        let session = session
        return try Blocking.run("\(request)") { () async throws(HTTPError) in
            try await session.send(request, timeout: timeout, override)
        }
    }

    /// Writes what a GET gives to the file at `path`; see the ``Session``'s.
    @discardableResult
    public func download(
        _ url: String, to path: String, params: QueryItems = QueryItems(), headers: Headers = Headers(),
        timeout: Duration? = nil, _ override: Override? = nil
    ) throws(HTTPError) -> Response {
        let session = session
        return try Blocking.run("GET \(HTTPURLText.shown(url))") { () async throws(HTTPError) in
            try await session.download(
                url, to: path, params: params, headers: headers, timeout: timeout, progress: nil, override)
        }
    }

    /// Sends a GET and gives the response as soon as its head is here; the rest is as with any method.
    public func stream(
        _ url: String, params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) throws(HTTPError) -> BlockingStream {
        try stream(.get, url, .empty, params: params, headers: headers, timeout: timeout, override)
    }

    /// Sends a request and gives the response as soon as its head is here; the body is read piece by piece, each
    /// blocking until it is there.
    public func stream(
        _ method: HTTPRequest.Method, _ url: String, _ content: Content = .empty,
        params: QueryItems = QueryItems(), headers: Headers = Headers(), timeout: Duration? = nil,
        _ override: Override? = nil
    ) throws(HTTPError) -> BlockingStream {
        let session = session
        let response = try Blocking.run("\(method.rawValue) \(HTTPURLText.shown(url))") { () async throws(HTTPError) in
            try await session.stream(
                method, url, content, params: params, headers: headers, timeout: timeout, override)
        }
        return BlockingStream(response)
    }

    /// Changes the settings for the calls that follow, in one step.
    public func configure(_ change: (inout SessionConfiguration) throws -> Void) rethrows {
        try session.configure(change)
    }

    /// Closes the session; see there.
    public func close(by deadline: Instant? = nil) throws(HTTPError) {
        let session = session
        try Blocking.run("closing a session") { () async throws(HTTPError) in await session.close(by: deadline) }
    }
}

/// A response whose body is still coming, read by a thread that blocks. One reader at a time.
public final class BlockingStream: Sendable {
    /// Status, fields and all else that is known before the body.
    public let response: StreamingResponse
    private let source: BodySteps

    init(_ response: StreamingResponse) {
        self.response = response
        source = BodySteps(response.body.makeAsyncIterator())
    }

    /// The next bytes, never empty; `nil` at the end.
    public func read() throws(HTTPError) -> [UInt8]? {
        let source = source
        return try Blocking.run("\(response.request)") { () async throws(HTTPError) in try await source.next() }
    }

    /// Reads the rest: at most `limit` bytes, 64 MiB if none is given.
    public func collect(upTo limit: Int = 64 * 1024 * 1024) throws(HTTPError) -> Response {
        let response = response
        return try Blocking.run("\(response.request)") { () async throws(HTTPError) in
            try await response.collect(upTo: limit)
        }
    }

    /// Ends the exchange if it has not ended.
    public func cancel() { response.cancel() }
}

/// Reads a body step by step, from one task after the other.
private actor BodySteps {
    private var chunks: StreamingBody.AsyncIterator
    init(_ chunks: StreamingBody.AsyncIterator) { self.chunks = chunks }

    func next() async throws(HTTPError) -> [UInt8]? {
        var chunks = chunks
        defer { self.chunks = chunks }
        return try await chunks.next(isolation: #isolation)
    }
}

/// A blocking call was made where blocking could stop everything.
public struct BlockingRefused: Error, Sendable, Hashable, CustomStringConvertible {
    /// What to do instead.
    public let description: String
}

/// Runs asynchronous work for a thread that blocks meanwhile.
private enum Blocking {
    static func run<Value: Sendable>(
        _ what: String, _ work: @escaping @Sendable () async throws(HTTPError) -> Value
    ) throws(HTTPError) -> Value {
        if let reason = refusal { throw HTTPError(.input(BlockingRefused(description: reason)), request: what) }
        let handover = Handover<Result<Value, HTTPError>>()
        // The thread that waits is the structure: the task ends before this call does.
        Task.detached {
            do throws(HTTPError) {
                handover.give(.success(try await work()))
            } catch {
                handover.give(.failure(error))
            }
        }
        return try handover.take().get()
    }

    private static var refusal: String? {
        if unsafe withUnsafeCurrentTask(body: { unsafe $0 != nil }) {
            return "a blocking call was made from within a task, whose thread others wait for: use Session with await "
                + "there"
        }
        if SystemThread.currentName.hasPrefix("tern-") {
            return "a blocking call was made on the thread \(SystemThread.currentName), which carries exchanges: "
                + "observers must not block"
        }
        return nil
    }
}

/// A URL for messages.
private enum HTTPURLText {
    static func shown(_ url: String) -> String {
        do throws(HTTPURLError) {
            return try HTTPURL(url).absoluteString
        } catch {
            return error.url
        }
    }
}
