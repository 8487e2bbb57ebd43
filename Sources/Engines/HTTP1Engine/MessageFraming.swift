package import HTTPTypes
internal import Wire

/// Where a message body ends (RFC 9112 §6.3).
package enum MessageFraming: Equatable, Sendable {
    /// There is no body: the message ends with its head.
    case none
    /// The body has this many bytes, nought or more.
    case length(Int)
    /// The body ends with its last chunk and the trailers behind it.
    case chunked
    /// The body ends when the peer closes the connection (on HTTP/2: the stream). Only a response has this.
    case untilClose
    /// What follows the head is not HTTP: the answer 2xx to CONNECT.
    case tunnel

    /// Where the body of a response to `method` ends. The rules are asked in the order of RFC 9112 §6.3.
    ///
    /// Of a response that has no body (1xx, 204, 304, any to HEAD) the length fields say nothing about this message,
    /// and they are not looked at; nor are they of 2xx to CONNECT. 101 gives `.none`: whether it switches protocols
    /// is for the caller to say, who knows what was asked for.
    ///
    /// Stricter than the RFC asks: a repeated Content-Length is refused even if all its values agree, which RFC 9110
    /// §8.6 leaves open, and a Transfer-Encoding other than `chunked` is refused, since we never ask for one.
    package static func ofResponse(
        status: Int, to method: HTTPRequest.Method, version: HTTPVersion = .http11, fields: HTTPFields
    ) throws(HTTP1Error) -> MessageFraming {
        // RFC 9112 §6.3, rule 1.
        if status < 200 || status == 204 || status == 304 || method == .head { return .none }
        // Rule 2.
        if method == .connect, status < 300 { return .tunnel }
        return try declared(version, fields) ?? .untilClose
    }

    /// Where the body of a request ends: without length fields it has none (RFC 9112 §6.3, rule 7).
    package static func ofRequest(
        version: HTTPVersion = .http11, fields: HTTPFields
    ) throws(HTTP1Error) -> MessageFraming {
        try declared(version, fields) ?? .none
    }

    /// What Transfer-Encoding and Content-Length say; nil without either (RFC 9112 §6.3, rules 3 to 6).
    private static func declared(_ version: HTTPVersion, _ fields: HTTPFields) throws(HTTP1Error) -> MessageFraming? {
        var coding: HTTPField?
        var length: HTTPField?
        for index in fields.indices {
            // Lengths first: most names differ in it, and need no comparison.
            switch fields[index].name.canonicalName.utf8.count {
            case 14 where fields[index].name == .contentLength:
                guard length == nil else {
                    throw HTTP1Error(.repeatedContentLength, "more than one Content-Length field")
                }
                length = fields[index]
            case 17 where fields[index].name == .transferEncoding:
                guard coding == nil else {
                    throw HTTP1Error(.unsupportedTransferCoding, "more than one Transfer-Encoding field")
                }
                coding = fields[index]
            default: continue
            }
        }
        if let coding {
            // RFC 9112 §6.1: the framing may be an attempt at smuggling.
            guard length == nil else {
                throw HTTP1Error(.lengthWithTransferCoding, "both Transfer-Encoding and Content-Length are there")
            }
            guard version == .http11 else {
                throw HTTP1Error(.misplacedTransferCoding, "Transfer-Encoding has no meaning in \(version)")
            }
            let value = coding.value.utf8.span
            guard value.isCaseInsensitively("chunked") else {
                throw HTTP1Error(
                    .unsupportedTransferCoding, "Transfer-Encoding is \"\(String(escaping: value))\", not \"chunked\"")
            }
            return .chunked
        }
        return try length.map { (field) throws(HTTP1Error) in .length(try contentLength(field.value.utf8.span)) }
    }

    /// The value of one Content-Length field: digits and nothing else, at most 2^63 - 1 (RFC 9110 §8.6).
    ///
    /// A list of values is named as repeated, so that `5, 5` gets the same error as two fields.
    static func contentLength(_ value: Span<UInt8>) throws(HTTP1Error) -> Int {
        var length = 0
        for index in value.indices {
            let byte = value[index]
            guard byte.isDigit else {
                let shown = String(escaping: value)
                throw byte == .comma
                    ? HTTP1Error(.repeatedContentLength, "Content-Length has more than one value: \"\(shown)\"")
                    : HTTP1Error(.invalidContentLength, "Content-Length is not a number: \"\(shown)\"")
            }
            let (tens, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(Int(byte &- 0x30))
            guard !overflow, !carried else {
                throw HTTP1Error(.invalidContentLength, "Content-Length is too large: \(String(escaping: value))")
            }
            length = sum
        }
        guard value.count > 0 else { throw HTTP1Error(.invalidContentLength, "Content-Length is empty") }
        return length
    }
}
