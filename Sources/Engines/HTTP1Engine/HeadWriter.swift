internal import HTTPTypes
internal import Wire

/// Writes heads, and refuses what a strict reader would not take: nothing that a caller puts into a value, a name, a
/// target or a reason can begin a line of its own.
enum HeadWriter {
    static func write(_ head: RequestHead, into output: inout [UInt8]) throws(HTTP1Error) {
        try check(head.version)
        guard RequestTarget(head.target.utf8.span, for: head.method) != nil else {
            let shown = String(escaping: head.target.utf8.span)
            throw HTTP1Error(.badTarget, "\(head.method) cannot be sent to the target \"\(shown)\"")
        }
        try head.checkHost()
        var lines: [UInt8] = []
        lines.reserveCapacity(512)
        lines.append(contentsOf: head.method.rawValue.utf8)
        lines.append(.space)
        lines.append(contentsOf: head.target.utf8)
        lines.append(.space)
        lines.append(contentsOf: head.version.rawValue.utf8)
        try finish(&lines, head.fields, into: &output)
    }

    static func write(_ head: ResponseHead, into output: inout [UInt8]) throws(HTTP1Error) {
        try check(head.version)
        guard (100...999).contains(head.status) else {
            throw HTTP1Error(.invalidMessage, "\(head.status) is not a status of three digits")
        }
        guard head.reason.utf8.span.holdsFieldValue else {
            throw HTTP1Error(.invalidMessage, "the reason phrase holds a control character")
        }
        var lines: [UInt8] = []
        lines.reserveCapacity(512)
        lines.append(contentsOf: head.version.rawValue.utf8)
        lines.append(.space)
        lines.append(contentsOf: String(head.status).utf8)
        lines.append(.space)
        lines.append(contentsOf: head.reason.utf8)
        try finish(&lines, head.fields, into: &output)
    }

    /// Writes field lines, each with its line end.
    static func write(_ fields: HTTPFields, into lines: inout [UInt8]) throws(HTTP1Error) {
        for field in fields {
            // HTTPField.Name holds a token, or the name of a pseudo field.
            guard let first = field.name.rawName.utf8.first, first != .colon else {
                throw HTTP1Error(.invalidFieldName, "\"\(field.name.rawName)\" is no name for a field of HTTP/1")
            }
            lines.append(contentsOf: field.name.rawName.utf8)
            lines.append(.colon)
            lines.append(.space)
            guard field.appendValue(to: &lines) else {
                throw HTTP1Error(.invalidFieldValue, "the value of \(field.name.rawName) holds a control character")
            }
            lines.append(.carriageReturn)
            lines.append(.lineFeed)
        }
    }

    private static func finish(
        _ lines: inout [UInt8], _ fields: HTTPFields, into output: inout [UInt8]
    ) throws(HTTP1Error) {
        lines.append(.carriageReturn)
        lines.append(.lineFeed)
        try write(fields, into: &lines)
        lines.append(.carriageReturn)
        lines.append(.lineFeed)
        if output.isEmpty { swap(&output, &lines) } else { output.append(contentsOf: lines) }
    }

    private static func check(_ version: HTTPVersion) throws(HTTP1Error) {
        guard version == .http11 || version == .http10 else {
            throw HTTP1Error(.unsupportedVersion, "a message of \(version) cannot be sent on a connection of HTTP/1")
        }
    }
}
