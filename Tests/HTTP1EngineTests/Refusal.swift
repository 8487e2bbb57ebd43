import Fields
import HTTP1Engine
import HTTPTypes
import Testing
import Wire

/// The code of the error that `body` throws; nil if it throws none.
func refusal<Value>(_ body: () throws(HTTP1Error) -> Value) -> HTTP1Error.Code? {
    do throws(HTTP1Error) {
        _ = try body()
        return nil
    } catch { return error.code }
}

/// One byte a character, so that a script can spell any byte up to 0xFF.
func latin(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

/// Reads `lines` as one response head, each with CRLF put behind it, and the empty line at the end.
func responseHead(_ lines: String..., limits: HTTP1Limits = HTTP1Limits(), synthesised: Bool = false)
    throws(HTTP1Error) -> ResponseHead?
{
    var reader = ResponseHeadLines(limits: limits, synthesised: synthesised)
    var cache = FieldCache()
    for line in lines { _ = try reader.read(latin(line + "\r\n").span, &cache) }
    return try reader.read(latin("\r\n").span, &cache)
}

/// Reads one raw field line after a good status line.
func fieldLine(_ raw: [UInt8]) throws(HTTP1Error) -> HTTPField? {
    var lines = HeadLines(.trailers)
    guard case .field(let field) = try lines.read(raw.span) else { return nil }
    return field
}

extension HTTPField {
    /// The bytes of the value, as they were sent.
    var valueBytes: [UInt8] { unsafe withUnsafeBytesOfValue { unsafe Array($0) } }
}
