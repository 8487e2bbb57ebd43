/// The final response to one exchange.
public struct TransportResponse: Sendable {
    /// Code and reason phrase; HTTP/2 and 3 have no phrase.
    public var status: HTTPResponse.Status
    /// The fields, in the order in which they came, repeated ones apart.
    public var fields: HTTPFields
    /// The connection that carried it.
    public var connection: ConnectionInfo
    /// Whether the connection had carried an exchange before.
    public var reused: Bool
    /// The content.
    public var body: ResponseBody

    /// A response.
    public init(
        status: HTTPResponse.Status, fields: HTTPFields, connection: ConnectionInfo, reused: Bool,
        body: ResponseBody
    ) {
        self.status = status
        self.fields = fields
        self.connection = connection
        self.reused = reused
        self.body = body
    }

    /// The version of HTTP that carried it.
    public var version: HTTPVersion { connection.version }
}
