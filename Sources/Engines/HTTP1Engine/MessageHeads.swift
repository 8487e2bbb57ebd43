package import HTTPTypes

/// The head of a response: its status line and its fields, in the order and the spelling they came in.
package struct ResponseHead: Equatable, Sendable {
    package var version: HTTPVersion
    /// 100…999.
    package var status: Int
    package var reason: String
    package var fields: HTTPFields

    package init(version: HTTPVersion = .http11, status: Int, reason: String = "", fields: HTTPFields = [:]) {
        self.version = version
        self.status = status
        self.reason = reason
        self.fields = fields
    }

    /// Whether this is a 1xx response, which a final one follows (RFC 9110 §15.2).
    package var isInformational: Bool { status < 200 }
}

/// The head of a request: its request line and its fields, in the order and the spelling they came in.
package struct RequestHead: Equatable, Sendable {
    package var method: HTTPRequest.Method
    /// The request target as it stands in the request line: a path, a URI, `host:port` or `*` (RFC 9112 §3.2).
    package var target: String
    package var version: HTTPVersion
    package var fields: HTTPFields

    package init(
        method: HTTPRequest.Method, target: String, version: HTTPVersion = .http11, fields: HTTPFields = [:]
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
    }
}
