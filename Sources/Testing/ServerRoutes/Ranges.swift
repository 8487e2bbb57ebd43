import TestServer

/// One range of bytes (RFC 9110 §14). More than one at once are not given: the whole is.
enum Ranges {
    /// The first and the last byte that `value` asks for, of `count`; nil if it is to be left unheeded, and an empty
    /// optional inside if there is no such part.
    static func bounds(_ value: String, of count: Int) -> ClosedRange<Int>?? {
        guard value.hasPrefix("bytes="), !value.contains(",") else { return .none }
        let parts = value.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return .none }
        if parts[0].isEmpty {
            guard let last = Int(parts[1]), last >= 0 else { return .none }
            return last == 0 || count == 0 ? .some(nil) : max(0, count - last)...(count - 1)
        }
        guard let first = Int(parts[0]), first >= 0 else { return .none }
        let end = parts[1].isEmpty ? count - 1 : Int(parts[1])
        guard let end, end >= first || parts[1].isEmpty else { return .none }
        return first < count ? first...min(end, count - 1) : .some(nil)
    }

    /// A part of `bytes`, or all of them.
    static func reply(
        _ bytes: [UInt8], to request: TestServer.RecordedExchange, fields: HTTPFields
    ) -> TestServer.Reply {
        var fields = fields
        fields[.acceptRanges] = "bytes"
        // If-Range asks for the part only if nothing has changed (RFC 9110 §13.1.5).
        let isCurrent = request.fields[.ifRange].map { $0 == fields[.eTag] } ?? true
        guard isCurrent, let value = request.fields[.range], let bounds = bounds(value, of: bytes.count) else {
            return .bytes(bytes, fields: fields)
        }
        guard let bounds else {
            fields[.contentRange] = "bytes */\(bytes.count)"
            return .status(.rangeNotSatisfiable, fields: fields)
        }
        fields[.contentRange] = "bytes \(bounds.lowerBound)-\(bounds.upperBound)/\(bytes.count)"
        return .bytes(Array(bytes[bounds]), .partialContent, fields: fields)
    }
}
