/// Why an HTTP/1 message was refused, or why a call could not be carried out.
///
/// The message says what was read or tried and what was wrong with it. Field values are never quoted in it, since
/// they may hold credentials; names, start lines and lengths are, escaped and cut short.
package struct HTTP1Error: Error, Equatable, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    package enum Code: String, CaseIterable, Sendable {
        // Lines (RFC 9112 §2.2, §5)
        case bareLineFeed, bareCarriageReturn, foldedLine
        case blankBeforeColon, invalidFieldName, invalidFieldValue, missingColon
        case tooManyFields, headTooLarge
        // Start lines (RFC 9112 §3, §4)
        case badStatusLine, badRequestLine, badTarget, noHTTP, unsupportedVersion, missingHost, badHost
        // Framing (RFC 9112 §6, §7)
        case invalidContentLength, repeatedContentLength, lengthWithTransferCoding
        case misplacedTransferCoding, unsupportedTransferCoding
        case invalidChunk, chunkOverhead, forbiddenTrailer
        // The connection as a whole
        case closedBeforeResponse, truncatedHead, truncatedBody
        case unexpectedSwitch, unexpectedBytes, tooManyInformational, tooMuchPipelined
        // Calls by the owner of the connection
        case invalidMessage, bodyMismatch, outOfOrder
    }

    /// The rule that was broken.
    package let code: Code
    /// What was read or tried, and what was wrong with it.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }

    /// The status with which a server answers a request that was refused for this reason (RFC 9110 §15.5).
    package var status: Int {
        switch code {
        case .headTooLarge, .tooManyFields: 431
        case .unsupportedVersion: 505
        case .unsupportedTransferCoding: 501
        default: 400
        }
    }
}
