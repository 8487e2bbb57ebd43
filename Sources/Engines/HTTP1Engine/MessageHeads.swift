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

/// Puts the heads of a response together, line by line: each informational one, and the final one.
package struct ResponseHeadLines: Sendable {
    private let limits: HTTP1Limits
    private let synthesised: Bool
    private var lines: HeadLines
    private var head = ResponseHead(status: 0)

    /// `synthesised` also takes the status line `HTTP/2 200`, which libcurl makes up for responses of HTTP/2.
    package init(limits: HTTP1Limits = HTTP1Limits(), synthesised: Bool = false) {
        self.limits = limits
        self.synthesised = synthesised
        lines = HeadLines(.status(synthesised: synthesised), limits: limits)
    }

    /// Reads one line, its line end included; gives the head with the empty line that ends it, nil before.
    ///
    /// The next line may then be the first of another head. After an error the value must not be used again.
    package mutating func read(_ line: Span<UInt8>) throws(HTTP1Error) -> ResponseHead? {
        let place = try lines.place(line)
        let content = line.extracting(0..<(line.count - 2))
        switch place {
        case .start:
            let start = try StatusLine(content, synthesised: synthesised)
            head = ResponseHead(version: start.version, status: start.status, reason: start.reason)
            head.fields.reserveCapacity(16)
            return nil
        case .field:
            head.fields.append(try FieldLine.parse(content))
            return nil
        case .end:
            let complete = head
            self = ResponseHeadLines(limits: limits, synthesised: synthesised)
            return complete
        }
    }
}
