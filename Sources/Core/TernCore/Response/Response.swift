/// A response whose body is all here. A plain value.
public struct Response: Sendable {
    /// The URL that answered: after redirects, the last one. Never shows user information.
    public var url: HTTPURL
    /// Code and reason phrase.
    public var status: HTTPResponse.Status
    /// The fields, in the order in which they came; repeated ones, `Set-Cookie` above all, are not joined.
    public var headers: HTTPFields
    /// The content, decoded.
    public var bytes: [UInt8]
    /// Fields that came after the content.
    public var trailers: HTTPFields
    /// The request that this is the answer to, as it was sent.
    public var request: Request
    /// Redirects that led here, oldest first.
    public var history: [Hop]
    /// Every time that a request was handed to the transport, this one included.
    public var attempts: [Attempt]
    /// The connection that carried it.
    public var connection: ConnectionInfo
    /// Whether the connection had carried an exchange before.
    public var reusedConnection: Bool
    /// The phases with their times, if ``SessionConfiguration/recordsTimeline`` is set.
    public var timeline: Timeline?

    /// The version of HTTP that carried it.
    public var version: HTTPVersion { connection.version }
    /// Whether the status is below 400.
    public var isOK: Bool { status.code < 400 }

    /// Gives the response back if its status is below 400, and throws ``HTTPError/Kind/status(_:)`` otherwise.
    @discardableResult
    public func checkStatus() throws(HTTPError) -> Response {
        guard isOK else { throw failure(.status(status)) }
        return self
    }

    func failure(_ kind: HTTPError.Kind) -> HTTPError {
        HTTPError(kind, request: request.description, history: history, attempts: attempts)
    }
}

extension Response: CustomStringConvertible {
    /// Version, status, URL and size in one line.
    public var description: String { "HTTP/\(version.rawValue) \(status.text) from \(url), \(bytes.count) bytes" }
}
