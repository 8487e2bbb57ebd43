/// What is asked: method, URL, fields, body, trailers. How it travels is the ``Exchange`` around it.
///
/// One copy-on-write reference, so that passing it through a chain costs a retain.
public struct Request: Sendable, CustomStringConvertible {
    private final class Storage: @unchecked Sendable {
        var method: HTTPRequest.Method
        var url: HTTPURL
        var fields: HTTPFields
        var body: RequestBody
        var trailers: HTTPFields
        var target: String?

        init(
            _ method: HTTPRequest.Method, _ url: HTTPURL, _ fields: HTTPFields, _ body: RequestBody,
            _ trailers: HTTPFields, _ target: String?
        ) {
            self.method = method
            self.url = url
            self.fields = fields
            self.body = body
            self.trailers = trailers
            self.target = target
        }
        func copy() -> Storage { Storage(method, url, fields, body, trailers, target) }
    }

    private var storage: Storage

    /// A request for `url`.
    public init(
        method: HTTPRequest.Method = .get, url: HTTPURL, fields: HTTPFields = [:], body: RequestBody = .empty,
        trailers: HTTPFields = [:]
    ) {
        storage = Storage(method, url, fields, body, trailers, nil)
    }

    private mutating func unique() -> Storage {
        if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
        return storage
    }

    /// The method, any token (RFC 9110 §9.1).
    public var method: HTTPRequest.Method {
        get { storage.method }
        set { unique().method = newValue }
    }
    /// The target. Its fragment is not sent (RFC 9110 §7.1).
    public var url: HTTPURL {
        get { storage.url }
        set { unique().url = newValue }
    }
    /// The fields, in the order in which they are sent. What a transport makes of `Host`, `Content-Length`,
    /// `Transfer-Encoding`, `Connection` and `TE` is told at ``RequestFraming``.
    public var fields: HTTPFields {
        get { storage.fields }
        _modify { yield &unique().fields }
    }
    /// The content (RFC 9110 §6.4).
    public var body: RequestBody {
        get { storage.body }
        set { unique().body = newValue }
    }
    /// Fields sent after the body (RFC 9110 §6.5). Those that a ``BodyReader`` finds out while it is read are
    /// added to them.
    public var trailers: HTTPFields {
        get { storage.trailers }
        _modify { yield &unique().trailers }
    }
    /// Sent as the request target in place of the URL's path and query, `*` for `OPTIONS` say; `nil` for those.
    public var targetOverride: String? {
        get { storage.target }
        set { unique().target = newValue }
    }
    /// The request target in origin form (RFC 9112 §3.2.1), or the override.
    public var target: String { storage.target ?? storage.url.target }

    /// Whether it is the very same value: a copy that nobody has changed. Costs one comparison.
    package func isUnchanged(from other: Request) -> Bool { storage === other.storage }

    /// Whether fields follow the body.
    public var hasTrailers: Bool { !storage.trailers.isEmpty || storage.body.announcesTrailers }

    /// Method and URL.
    public var description: String { "\(method.rawValue) \(url)" }
}
