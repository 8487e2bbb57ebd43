public import TransportCore

/// What a ``MockTransport`` answers: a head, the 1xx responses before it, and a body as a list of steps.
public struct MockResponse: Sendable {
    /// The final status: 200.
    public var status: HTTPResponse.Status
    /// The final head's fields.
    public var fields: HTTPFields
    /// 1xx responses that come first.
    public var informational: [HTTPResponse]
    /// What happens after the head, in order.
    public var steps: [Step]
    /// Fields after the body.
    public var trailers: HTTPFields
    /// How long it takes until the head comes, on the mock's clock.
    public var delay: Duration

    /// Something that happens in a body.
    public enum Step: Sendable {
        /// Bytes come, as one chunk.
        case bytes([UInt8])
        /// Nothing comes for so long, on the mock's clock.
        case wait(Duration)
        /// The exchange ends with this error.
        case fail(TransportError)
    }

    /// A response whose body is `steps`.
    public init(
        _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], informational: [HTTPResponse] = [],
        steps: [Step], trailers: HTTPFields = [:], delay: Duration = .zero
    ) {
        self.status = status
        self.fields = fields
        self.informational = informational
        self.steps = steps
        self.trailers = trailers
        self.delay = delay
    }

    /// A response whose body is the UTF-8 of `text`.
    public init(
        _ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], _ text: String = "",
        trailers: HTTPFields = [:], delay: Duration = .zero
    ) {
        self.init(
            status, fields: fields, steps: text.isEmpty ? [] : [.bytes(Array(text.utf8))], trailers: trailers,
            delay: delay)
    }

    /// A response whose body is the UTF-8 of `json`, with its type.
    public static func json(_ json: String, status: HTTPResponse.Status = .ok) -> MockResponse {
        MockResponse(status, fields: [.contentType: "application/json"], json)
    }

    /// A redirect to `location`.
    public static func redirect(_ status: HTTPResponse.Status = .found, to location: String) -> MockResponse {
        MockResponse(status, fields: [.location: location])
    }
}

/// What a ``MockTransport`` was sent.
public struct SentExchange: Sendable {
    /// As it reached the transport.
    public var exchange: Exchange
    /// All bytes of the request body.
    public var body: [UInt8]
    /// The trailers, those that the body's reader found out included.
    public var trailers: HTTPFields
    /// When it came, on the mock's clock.
    public var at: Instant

    /// The request.
    public var request: Request { exchange.request }
    /// The request body as UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
