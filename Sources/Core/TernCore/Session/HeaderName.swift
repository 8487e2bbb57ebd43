extension Headers {
    /// The name of a field: a string, or one of the names that requests have often.
    public struct Name: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
        /// As it was given.
        public let text: String
        /// The name as a token; `nil` if it is none.
        public let token: HTTPField.Name?

        /// Any text; one that is no token makes the ``Headers`` faulty.
        public init(_ text: String) {
            self.text = text
            token = HTTPField.Name(text)
        }

        /// A name that is known to be a token.
        public init(_ name: HTTPField.Name) {
            text = name.rawName
            token = name
        }

        /// Any text.
        public init(stringLiteral value: String) { self.init(value) }

        /// The text.
        public var description: String { text }

        /// Names are compared as HTTP does: without regard to case.
        public static func == (left: Name, right: Name) -> Bool {
            left.token == right.token && (left.token != nil || left.text == right.text)
        }

        /// Hashes what `==` compares.
        public func hash(into hasher: inout Hasher) {
            if let token { hasher.combine(token) } else { hasher.combine(text) }
        }
    }
}

extension Headers.Name {
    /// `Accept`.
    public static var accept: Headers.Name { Headers.Name(HTTPField.Name.accept) }
    /// `Accept-Encoding`.
    public static var acceptEncoding: Headers.Name { Headers.Name(HTTPField.Name.acceptEncoding) }
    /// `Accept-Language`.
    public static var acceptLanguage: Headers.Name { Headers.Name(HTTPField.Name.acceptLanguage) }
    /// `Authorization`.
    public static var authorization: Headers.Name { Headers.Name(HTTPField.Name.authorization) }
    /// `Cache-Control`.
    public static var cacheControl: Headers.Name { Headers.Name(HTTPField.Name.cacheControl) }
    /// `Connection`.
    public static var connection: Headers.Name { Headers.Name(HTTPField.Name.connection) }
    /// `Content-Disposition`.
    public static var contentDisposition: Headers.Name { Headers.Name(HTTPField.Name.contentDisposition) }
    /// `Content-Encoding`.
    public static var contentEncoding: Headers.Name { Headers.Name(HTTPField.Name.contentEncoding) }
    /// `Content-Language`.
    public static var contentLanguage: Headers.Name { Headers.Name(HTTPField.Name.contentLanguage) }
    /// `Content-Length`.
    public static var contentLength: Headers.Name { Headers.Name(HTTPField.Name.contentLength) }
    /// `Content-Location`.
    public static var contentLocation: Headers.Name { Headers.Name(HTTPField.Name.contentLocation) }
    /// `Content-Range`.
    public static var contentRange: Headers.Name { Headers.Name(HTTPField.Name.contentRange) }
    /// `Content-Type`.
    public static var contentType: Headers.Name { Headers.Name(HTTPField.Name.contentType) }
    /// `Cookie`.
    public static var cookie: Headers.Name { Headers.Name(HTTPField.Name.cookie) }
    /// `Date`.
    public static var date: Headers.Name { Headers.Name(HTTPField.Name.date) }
    /// `Expect`.
    public static var expect: Headers.Name { Headers.Name(HTTPField.Name.expect) }
    /// `From`.
    public static var from: Headers.Name { Headers.Name(HTTPField.Name.from) }
    /// `Host`.
    public static var host: Headers.Name { Headers.Name(HTTPField.Name.hostField) }
    /// `If-Match`.
    public static var ifMatch: Headers.Name { Headers.Name(HTTPField.Name.ifMatch) }
    /// `If-Modified-Since`.
    public static var ifModifiedSince: Headers.Name { Headers.Name(HTTPField.Name.ifModifiedSince) }
    /// `If-None-Match`.
    public static var ifNoneMatch: Headers.Name { Headers.Name(HTTPField.Name.ifNoneMatch) }
    /// `If-Range`.
    public static var ifRange: Headers.Name { Headers.Name(HTTPField.Name.ifRange) }
    /// `If-Unmodified-Since`.
    public static var ifUnmodifiedSince: Headers.Name { Headers.Name(HTTPField.Name.ifUnmodifiedSince) }
    /// `Last-Modified`.
    public static var lastModified: Headers.Name { Headers.Name(HTTPField.Name.lastModified) }
    /// `Max-Forwards`.
    public static var maxForwards: Headers.Name { Headers.Name(HTTPField.Name.maxForwards) }
    /// `Origin`.
    public static var origin: Headers.Name { Headers.Name(HTTPField.Name.origin) }
    /// `Priority`.
    public static var priority: Headers.Name { Headers.Name(HTTPField.Name.priority) }
    /// `Proxy-Authorization`.
    public static var proxyAuthorization: Headers.Name { Headers.Name(HTTPField.Name.proxyAuthorization) }
    /// `Range`.
    public static var range: Headers.Name { Headers.Name(HTTPField.Name.range) }
    /// `Referer`.
    public static var referer: Headers.Name { Headers.Name(HTTPField.Name.referer) }
    /// `TE`.
    public static var te: Headers.Name { Headers.Name(HTTPField.Name.te) }
    /// `Traceparent`.
    public static var traceparent: Headers.Name { Headers.Name(HTTPField.Name.traceparent) }
    /// `Tracestate`.
    public static var tracestate: Headers.Name { Headers.Name(HTTPField.Name.tracestate) }
    /// `Trailer`.
    public static var trailer: Headers.Name { Headers.Name(HTTPField.Name.trailer) }
    /// `Transfer-Encoding`.
    public static var transferEncoding: Headers.Name { Headers.Name(HTTPField.Name.transferEncoding) }
    /// `Upgrade`.
    public static var upgrade: Headers.Name { Headers.Name(HTTPField.Name.upgrade) }
    /// `User-Agent`.
    public static var userAgent: Headers.Name { Headers.Name(HTTPField.Name.userAgent) }
    /// `Via`.
    public static var via: Headers.Name { Headers.Name(HTTPField.Name.via) }
}
